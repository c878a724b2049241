"""The page about a class: how the scores are spread, and which questions were hard."""

import statistics
from html import escape

from d2l_ext.runtime import files

from . import pages

STEPS = 10  # bars of the distribution


def write(name, course, rows):
    """Write scores/NAME.html about the students of `rows` who could be graded."""
    files.replace(course / 'scores' / f'{name}.html', page(name, rows))


def page(name, rows) -> str:
    """Return the page about the scores `rows` of the assignment `name`; it names no student."""
    graded = [row for row in rows if row['graded']]
    totals = [row['total'] for row in graded]
    said = f'{len(graded)} of {len(rows)} students were graded.'
    parts = [f'<h1>Scores · 成绩: {escape(name)}</h1><p>{said}</p>']
    if graded:
        most = graded[0]['out of']
        parts += [
            f'<p>Mean · 平均分 <strong>{statistics.mean(totals):.1f}</strong>, median · 中位数 '
            f'<strong>{statistics.median(totals):.1f}</strong>, from · 最低 {min(totals):g} '
            f'to · 最高 {max(totals):g}, of · 满分 {most:g}.</p>',
            '<h2>Distribution · 分布</h2>', distribution(totals, most),
            '<h2>Questions · 各题</h2>', questions(graded),
        ]  # fmt: skip
    return pages.page(f'Scores: {name}', '\n'.join(parts))


def counts(totals, most) -> list:
    """Return how many of `totals` lie in each of the `STEPS` equal parts of 0 to `most`."""
    found = [0] * STEPS
    for total in totals:
        found[min(STEPS - 1, int(STEPS * total / most))] += 1
    return found


def distribution(totals, most) -> str:
    """Return a bar for each part of the scale, with its number of students."""
    found = counts(totals, most)
    lines = [
        f'<tr><td class="number">{most * i / STEPS:g}–{most * (i + 1) / STEPS:g}</td>'
        f'<td>{bar(number / max(found))} {number}</td></tr>'
        for i, number in enumerate(found)
    ]
    return table(['Points · 得分', 'Students · 人数'], lines)


def questions(graded) -> str:
    """Return a line for each question: its mean, who has all its points, and who has none."""
    lines = []
    for name, most in graded[0]['max'].items():
        points = [row['points'][name] for row in graded]
        mean = statistics.mean(points)
        lines.append(
            f'<tr><td>{escape(name)}</td><td>{bar(mean / most)} {mean:.1f} / {most:g}</td>'
            f'<td class="number">{sum(n >= most for n in points)}</td>'
            f'<td class="number">{sum(n == 0 for n in points)}</td></tr>'
        )
    return table(['Question · 题目', 'Mean · 平均分', 'Full · 满分人数', 'None · 零分人数'], lines)


def bar(share) -> str:
    return f'<span class="bar" style="width: {12 * share:.2f}rem"></span>'


def table(columns, lines) -> str:
    head = ''.join(f'<th>{column}</th>' for column in columns)
    return f'<table><tr>{head}</tr>\n' + '\n'.join(lines) + '</table>'
