"""The questions of every lesson, and their answers, computed by each question's check.

A check is a Python expression over `names`. It may also read its page as it is stored: `output(cell)`,
`numbers(cell)`, and `says(words)`, whether the English text holds these words. What it must be:

- a number asked for: the number itself, as an integer or with a `tolerance`;
- a choice: True, or what the right option says, which is the first in the file.
"""

import functools
import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import d2l_ext  # noqa: F401  before mxnet

import yaml
from mxnet.util import use_np

from . import names

FOLDER = Path(__file__).parent
NOTEBOOKS = {
    'en': FOLDER.parents[1] / 'notebooks',
    'zh': FOLDER.parents[1] / 'notebooks' / 'zh',
}
LANGUAGES = tuple(NOTEBOOKS)
NUMBER = re.compile(r'(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?!\w)')
GROUPS = re.compile(r'(?<=\d) (?=\d{3}(?!\d))')  # 12 345 is one number


@dataclass(frozen=True)
class Question:
    """One question; texts are {language: words}, in which `name` is code and **this** is bold."""

    lesson: str  # 01_inception_block
    number: int  # in its lesson, from 1
    cell: str  # of the page, where the answer stands
    text: Mapping
    why: Mapping  # shown after the answer
    check: str
    options: tuple = ()  # of {language: words}, the right one first; none where a number is asked for
    tolerance: float = 0  # of that number

    @property
    def name(self) -> str:
        return f'{self.lesson[:2]}-{self.number}'

    def mixed(self) -> list:
        """Return the options in an order of their own, the same in both languages."""
        options = list(self.options)
        random.Random(self.name).shuffle(options)
        return options

    @use_np
    def answer(self):
        """Compute what the check says."""
        page = functools.partial(stored, self.lesson)
        return eval(
            self.check,
            {
                **vars(names),
                'output': page,
                'numbers': lambda cell: numbers(page(cell)),
                'says': lambda words: words in text(self.lesson),
            },
        )


def read() -> dict:
    """Return {lesson: its questions}, in the order of the lessons."""
    return {path.stem: lesson(path) for path in sorted(FOLDER.glob('*.yaml'))}


def lesson(path) -> list:
    """Return the questions of one file."""
    told = yaml.safe_load(path.read_text(encoding='utf-8'))
    return [
        Question(
            path.stem,
            number,
            one['cell'],
            {language: one[language] for language in LANGUAGES},
            one['why'],
            str(one['check']),
            tuple(map(in_both, one.get('options', ()))),
            one.get('tolerance', 0),
        )
        for number, one in enumerate(told, 1)
    ]


def in_both(option) -> dict:
    """Return an option by language: one without words, such as a shape, is the same in both."""
    return option if isinstance(option, dict) else dict.fromkeys(LANGUAGES, option)


def said(value) -> str:
    """Write a value as the pages do: 12 345, −0.4, 64 × 28 × 28."""
    if isinstance(value, tuple):
        return ' × '.join(map(str, value))
    told = f'{value:,}' if isinstance(value, int) else f'{value:.4g}'
    return told.replace(',', ' ').replace('-', '−')


def html(words) -> str:
    """Turn the words of a question into HTML."""
    words = re.sub('`(.*?)`', r'<code>\1</code>', escape(words, quote=False))
    words = re.sub(r'\*\*(.*?)\*\*|(?<!\w)\*(\w.*?)\*', r'<strong>\1\2</strong>', words)
    return GROUPS.sub('\N{NO-BREAK SPACE}', words)


@functools.cache
def cells(name, language='en') -> list:
    """Return the cells of a lesson's page."""
    return json.loads((NOTEBOOKS[language] / f'{name}.ipynb').read_text(encoding='utf-8'))['cells']


def headings(name, language) -> dict:
    """Return {cell: the heading that it stands under, without its marks}."""
    found, heading = {}, ''
    for cell in cells(name, language):
        if cell['cell_type'] == 'markdown':
            for line in re.findall('^#{1,3} (.+)$', ''.join(cell['source']), re.M):
                heading = line
        found[cell['id']] = heading
    return found


def title(name, language) -> str:
    """Return the title of a lesson's page: 01 · One block, four branches, one output."""
    return next(iter(headings(name, language).values()))


def text(name) -> str:
    """Return the words of the English page, each cell's lines joined."""
    found = [cell['source'] for cell in cells(name) if cell['cell_type'] == 'markdown']
    return '\n'.join(''.join(source).replace('\n', ' ') for source in found)


def stored(name, cell) -> str:
    """Return what a code cell of a page printed or showed as text, or how it failed."""
    parts = []
    for output in next(one for one in cells(name) if one['id'] == cell)['outputs']:
        parts += output.get('text', []), output.get('data', {}).get('text/plain', [])
        parts.append(': '.join(filter(None, (output.get('ename'), output.get('evalue')))))
    return '\n'.join(filter(None, map(''.join, parts)))


def numbers(output) -> list:
    """Return the numbers of a text, in its order."""
    return [float(number) for number in NUMBER.findall(GROUPS.sub('', output.replace('−', '-')))]
