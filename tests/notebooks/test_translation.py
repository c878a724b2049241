"""Is each Chinese page the English one in other words: the same cells, code, outputs and numerals?"""

import re
from decimal import Decimal
from pathlib import Path

from pages import FENCED, NOTEBOOKS, code_cells, every_twin, markdown_cells, read, tags

ZEROS = {'billion': 9, 'million': 6, '亿': 8, '万': 4}
LARGE = re.compile(rf'(\d+(?:\.\d+)?)\s?({"|".join(ZEROS)})')


def in_full(text):
    """Write a large number in digits: 1.1 billion and 11 亿 are 1100000000."""
    return LARGE.sub(lambda found: f'{Decimal(found[1]).scaleb(ZEROS[found[2]]):f}', text)


def features(text):
    """Return what a translation keeps: code, heading levels, formulas, link targets, numerals."""
    fenced = FENCED.findall(text)
    text = FENCED.sub('', text)
    return {
        'fenced': fenced,
        'headings': re.findall(r'^#+(?= )', text, re.M),
        'code': sorted(re.findall(r'`[^`]+`', text)),
        'formulas': sorted(re.findall(r'(\$\$?)([^$]+)\1', text)),
        'targets': sorted(
            Path(t).name.replace('.zh.md', '.md') for t in re.findall(r'\]\((\S+?)\)', text)
        ),
        'numerals': sorted(re.findall(r'\d+', re.sub(r'`[^`]+`|\]\(\S+?\)', '', text))),
    }


@every_twin
def test_a_twin_has_the_same_cells(path):
    def outline(path):
        return [(cell.id, cell.cell_type, sorted(tags(cell))) for cell in read(path).cells]

    assert outline(path) == outline(NOTEBOOKS / path.name)


@every_twin
def test_a_twin_has_the_same_code_and_outputs(path):
    assert code_cells(path) == code_cells(NOTEBOOKS / path.name)


@every_twin
def test_a_twin_says_the_same(path):
    pairs = zip(markdown_cells(path), markdown_cells(NOTEBOOKS / path.name), strict=True)
    differing = [
        cell.id for cell, twin in pairs
        if features(cell.source) != features(twin.source)
        and features(in_full(cell.source)) != features(in_full(twin.source))
    ]  # fmt: skip
    assert differing == []


def test_large_numbers_are_the_same_in_both_ways_of_counting():
    assert in_full('1.1 billion of 31.0 million') == in_full('11 亿，3100 万').replace('，', ' of ')
    assert in_full('5 977 530 parameters') == '5 977 530 parameters'
