"""Can the course run here, and how fast? The doctor, and R, the seconds of one training step.

Imports `runtime`, `data`, `networks` and `tables`.
"""
