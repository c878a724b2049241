"""nbgrader's settings for this folder: read by every `nbgrader …` command that runs in it."""

import os

# a cell that takes longer is stopped and its question gets no points
SECONDS = int(os.environ.get('CELL_SECONDS', 60))
LONGER = ('setup', 'test_train')  # five times as long: the import of MXNet, and a training


def seconds(cell):
    """Return the time that nbgrader gives to `cell`."""
    name = cell.metadata.get('nbgrader', {}).get('grade_id')
    return 5 * SECONDS if name in LONGER else SECONDS


c = get_config()  # noqa: F821  nbgrader gives it
c.CourseDirectory.course_id = 'inception'
# `make grade` puts there what lies in submitted/, repaired, under the names that nbgrader knows
c.CourseDirectory.submitted_directory = 'prepared'
c.ClearSolutions.code_stub = {
    'python': "raise NotImplementedError('your answer goes here · 请在这里作答')"
}
c.Execute.timeout_func = seconds
# the kernel says nothing about itself on the teacher's terminal
c.Execute.extra_arguments = ['--IPKernelApp.log_level=40']
# a warning is no failed test
c.IgnorePattern.pattern = r'(?s).*'
# feedback pages load nothing from the network; they hold no formulas
c.HTMLExporter.mathjax_url = ''
