"""Timings beside those of peers, each a ratio within one run: `make bench`, `make bench-quick`.

    python -m benchmarks [--quick] [--draw] [--suite NAME [--rounds N] [--only CONTESTANT ...] [--resume]]

Every contestant runs in a process of its own, in turn, over several rounds; a ratio is taken within a
round, and its median, least and greatest over the rounds are told. A suite's full results go to
`results/` (JSON and figure), those of the quick form to build/bench/. What was run is kept there as
well after each contestant, so that --resume goes on after an interruption; a suite may be recorded in
pieces that way (--rounds 1, --only fast), and is written to `results/` when its last piece is there.
"""
