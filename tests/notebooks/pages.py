"""The pages of the course and their cells, for the tests of pages."""

import functools
import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).parents[2] / 'notebooks'
ENGLISH = sorted(NOTEBOOKS.glob('*.ipynb'))
CHINESE = sorted(NOTEBOOKS.glob('zh/*.ipynb'))
# a Markdown cell for each exercise: folded, with code that test_answers.py runs
ANSWER = {
    '': re.compile(
        r'<details><summary>Show one answer to exercise (\d)</summary>\n\n(.+)\n\n</details>', re.S
    ),
    'zh': re.compile(
        r'<details><summary>显示练习 (\d) 的一种答案</summary>\n\n(.+)\n\n</details>', re.S
    ),
}
FENCED = re.compile(r'^```(\w+).*\n((?:.*\n)*?)```$', re.M)


def named(paths):
    return pytest.mark.parametrize(
        'path', paths, ids=[str(path.relative_to(NOTEBOOKS).with_suffix('')) for path in paths]
    )


every_lesson, every_english, every_twin = named(ENGLISH + CHINESE), named(ENGLISH), named(CHINESE)


@functools.cache  # every page is asked two dozen times
def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == 'code']


def markdown_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == 'markdown']


def answers(path):
    """Return the text of each answer of a page, in the order of its cells, by its exercise's number."""
    pattern = ANSWER['zh' if path.parent.name == 'zh' else '']
    found = [pattern.fullmatch(cell.source) for cell in markdown_cells(path)]
    return {int(match[1]): match[2] for match in found if match}


def tags(cell):
    return set(cell.metadata.get('tags', ()))


def texts(cell):
    """Yield everything a code cell printed or showed as text, error messages included."""
    for output in cell.outputs:
        yield output.get('text', '') or output.get('evalue', '')
        yield '\n'.join(output.get('traceback', ()))
        yield from (
            text for kind, text in output.get('data', {}).items() if kind.startswith('text/')
        )
