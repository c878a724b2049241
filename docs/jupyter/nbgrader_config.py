"""nbgrader's settings in JupyterLab: the course that its formgrader shows is exercises/."""

import os

HERE = os.path.dirname(os.path.abspath(__file__))
COURSE = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'exercises')

load_subconfig('nbgrader_config.py', COURSE)  # noqa: F821  traitlets gives it
c = get_config()  # noqa: F821
c.CourseDirectory.root = COURSE
