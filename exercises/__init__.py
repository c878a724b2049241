"""Assignments in nbgrader's format: student versions, grading, and a trial of both.

`source/<name>/<name>.ipynb` holds questions, model answers and tests; `python -m exercises` does the rest.
"""
