"""Made-up submissions, and the scores that grading must give them."""

import shutil
import time
from pathlib import Path

from tools.run_notebooks import say

import nbformat

from . import grading
from . import scores as tables

FOLDER = grading.FOLDER.parent / 'build' / 'exercises-demo'
BEGIN, END = '### BEGIN SOLUTION', '### END SOLUTION'

SMALLER_KERNEL = """\
def inception(c1, c2, c3, c4, pool):
    return Concat(
        branch1x1=conv(c1, kernel=1),
        branch3x3=seq(conv(c2[0], kernel=1), conv(c2[1], kernel=3)),
        branch5x5=seq(conv(c3[0], kernel=1), conv(c3[1], kernel=3)),
        branch_pool=seq(pool, conv(c4, kernel=1)))
"""
# assignment: made-up student: (cell: what it holds in place of the model answer, questions without
# points); a cell of None is left blank, '' removes it, and `...` in place of the cells leaves all blank
MADE_UP = {
    'block': {
        'all_right': ({}, ()),
        'all_blank': (..., ...),
        'wrong_kernel': ({'inception': SMALLER_KERNEL}, ['inception']),
        'endless_loop': (
            {'widest_reduction': 'def widest_reduction(*numbers):\n    while True:\n        pass'},
            ['widest_reduction'],
        ),
        'exception': ({'mended': 'class Mended(nn.HybridBlock):\n    slips = 2 / 0'}, ['mended']),
        'edits_tests': (
            {'same_padding': None, 'test_same_padding': 'assert True', 'test_conv_cost': ''},
            ['same_padding'],
        ),
        'knows_the_numbers': (
            {
                'same_padding': 'def same_padding(kernel):\n    return {3: 1, 5: 2}[kernel]',
                'output_shape': 'def output_shape(*given):\n    return 1, 256, 28, 28',
                'conv_cost': 'def conv_cost(*given):\n    return 110720, 86704128',
                'widest_reduction': 'def widest_reduction(*given):\n    return 82',
            },
            ['same_padding', 'output_shape', 'conv_cost', 'widest_reduction'],
        ),
        'ends_the_kernel': ({'mended': 'import os\nos._exit(1)'}, ...),
    },
    'binding': {
        'all_right': ({}, ()),
        'all_blank': (..., ...),
        'knows_the_numbers': (
            {
                'stage_grids': 'def stage_grids(n):\n    return 24, 12, 6, 3',
                'refusal': 'def refusal(net, shape):\n'
                '    return None if shape[-1] == 64 else ((120, 3136), (120, 14400))',
                'lenet_any': 'def lenet_any():\n    net = lenet()\n'
                '    return seq(*net[:4], nn.GlobalMaxPool2D(), *net[4:])',
            },
            ['stage_grids', 'refusal', 'lenet_any'],
        ),
    },
    'family': {
        'all_right': ({}, ()),
        'all_blank': (..., ...),
        'knows_the_numbers': (
            {
                'chain_field': 'def chain_field(kernels):\n    return (2 * len(kernels) + 1,) * 2'
                ' if kernels[0] == 3 else (7, 7)',
                'share_left': 'def share_left(kernel, chain):\n    return 0.72',
                'train': 'def train(train_iter, classes):\n    net = small_network(classes)\n'
                '    net.initialize()\n    return net',
            },
            ['chain_field', 'share_left', 'train'],
        ),
    },
}  # fmt: skip


def main(names, course=FOLDER) -> int:
    """Run the whole flow for the assignments `names` in `course`; 1 if a score is not as expected."""
    wrong, start = [], time.perf_counter()
    for name in names:
        prepare(name, course)
        scores = grading.grade(name, course)
        print(f'\n{tables.table(scores)}\n')
        wrong += check(name, scores, course)
    say(f'{len(names)} assignments, {time.perf_counter() - start:.0f} s: ')
    print('\n'.join(wrong) if wrong else 'every score is as expected')
    return int(bool(wrong))


def prepare(name, course):
    """Make a course in `course` with nbgrader's settings, the source, and the submissions."""
    for folder in ('source', 'submitted', 'prepared', 'records', 'autograded', 'feedback'):
        for old in [course / folder / name, *course.glob(f'{folder}/*/{name}')]:
            shutil.rmtree(old, ignore_errors=True)
    (course / 'gradebook.db').unlink(missing_ok=True)
    source = Path('source') / name / f'{name}.ipynb'
    (course / source).parent.mkdir(parents=True, exist_ok=True)
    for file in (source, 'nbgrader_config.py'):
        shutil.copy(grading.FOLDER / file, course / file)
    blank, answers = grading.assignment(name, course), model_answers(course / source)
    for student, (cells, _) in MADE_UP[name].items():
        notebook = nbformat.read(blank, as_version=4)
        if cells is not ...:
            fill(notebook, {**answers, **cells})
        path = course / 'submitted' / student / name / f'{name}.ipynb'
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)


def model_answers(path) -> dict:
    """Return the model answers of a source notebook by cell, without the marks around them."""
    cells = nbformat.read(path, as_version=4).cells
    return {
        cell.metadata.nbgrader.grade_id: '\n'.join(
            line for line in cell.source.splitlines() if line.strip() not in (BEGIN, END)
        )
        for cell in cells if BEGIN in cell.source
    }  # fmt: skip


def fill(notebook, sources):
    """Put `sources` into the cells that they name; None leaves a cell as it is, '' removes it."""
    for cell in list(notebook.cells):
        source = sources.get(cell.metadata.nbgrader.grade_id)
        if source == '':
            notebook.cells.remove(cell)
        elif source is not None:
            cell.source = source


def check(name, scores, course) -> list:
    """Compare `scores` with what was expected, and look at the feedback; return what is wrong."""
    wrong = []
    given = {row['student']: row for row in scores}
    points = points_of(course / 'source' / name / f'{name}.ipynb')
    for student, (_, lost) in MADE_UP[name].items():
        row = given[student]
        expected = {q: 0 if lost is ... or q in lost else n for q, n in points.items()}
        if row['points'] != expected:
            wrong.append(f'{name}, {student}: expected {expected}, got {row["points"]}')
        page = course / 'feedback' / student / name / f'{name}.html'
        if page.exists() != row['graded']:
            wrong.append(f'{name}, {student}: remark {row["remark"]!r}, feedback {page.exists()}')
    return wrong


def points_of(path) -> dict:
    """Return the points of each question of a source notebook."""
    return {
        cell.metadata.nbgrader.grade_id.removeprefix('test_'): cell.metadata.nbgrader.points
        for cell in nbformat.read(path, as_version=4).cells if cell.metadata.nbgrader.grade
    }  # fmt: skip
