"""Timings beside those of peers, each a ratio within one run: `make bench`, `make bench-quick`.

    python -m benchmarks [--quick] [--draw] [--suite NAME]

Every contestant runs in a process of its own, in turn, over several rounds; a ratio is taken within a
round, and its median, least and greatest over the rounds are told. A suite's full results go to
`results/` (JSON and figure), those of the quick form to build/bench/.
"""
