"""The page that a student gets back: points by question, what each test expected, the notebook."""

import re
import shutil
from html import escape

from d2l_ext.runtime import files

import nbformat

from . import pages
from .repair import grade_id

BEGIN, END = '### BEGIN HIDDEN TESTS', '### END HIDDEN TESTS'
COLOURS = re.compile(r'\x1b\[[0-9;]*m')
WITHHELD = (
    'A hidden test failed: the answer does not hold for other values.'
    ' · 隐藏测试未通过：换用别的数值时答案不成立。'
)
NO_ANSWER = 'No answer. · 没有作答。'


def write(name, course, rows, hidden):
    """Write feedback/STUDENT/NAME/NAME.html for each graded student; remove that of the others.

    Without `hidden` the pages hold neither the hidden tests nor what these said.
    """
    for row in rows:
        folder = course / 'feedback' / row['key'] / name
        if row['graded']:
            path = course / 'autograded' / row['key'] / name / f'{name}.ipynb'
            notebook = nbformat.read(path, as_version=4)
            files.replace(folder / f'{name}.html', page(notebook, row, hidden))
        else:
            shutil.rmtree(folder, ignore_errors=True)


def page(notebook, row, hidden=True) -> str:
    """Return the page of the graded `notebook` of the student of `row`, a score of `scores.read`."""
    from pygments.formatters import HtmlFormatter

    title = next((heading(cell) for cell in notebook.cells if heading(cell)), 'Feedback')
    parts = [
        f'<h1>Feedback · 反馈</h1>\n<p>Student · 学生: <strong>{escape(row["student"])}</strong></p>',
        overview(notebook, row),
    ]
    if row['remark']:
        parts.append(f'<p>Remark · 备注: {escape(row["remark"])}</p>')
    parts += [shown(cell, row, hidden) for cell in notebook.cells]
    style = HtmlFormatter().get_style_defs('pre')
    return pages.page(f'{row["student"]} · {title}', '\n'.join(parts), style)


def overview(notebook, row) -> str:
    """Return the table of questions with their points."""
    titles = {
        grade_id(cell).removeprefix('question_'): heading(cell)
        for cell in notebook.cells if heading(cell)
    }  # fmt: skip
    lines = [
        f'<tr><td><a href="#{escape(name)}">{escape(titles.get(name, name))}</a></td>'
        f'<td class="number {kind(points, row["max"][name])}">'
        f'{sign(points, row["max"][name])} {points:g} / {row["max"][name]:g}</td></tr>'
        for name, points in row['points'].items()
    ]
    return (
        '<table><tr><th>Question · 题目</th><th>Points · 得分</th></tr>\n'
        + '\n'.join(lines)
        + f'\n<tr><th>Total · 总分</th><td class="number"><strong>{row["total"]:g} / '
        f'{row["out of"]:g}</strong></td></tr></table>'
    )


def kind(points, most) -> str:
    return 'right' if points >= most else 'partly' if points > 0 else 'wrong'


def sign(points, most) -> str:
    """Return what says without colour how an answer was."""
    return {'right': '✓', 'partly': '◐', 'wrong': '✗'}[kind(points, most)]


def heading(cell) -> str:
    """Return the first heading of a text; '' if there is none."""
    found = re.search(r'^#+ +(.+)$', cell.source, re.M) if cell.cell_type == 'markdown' else None
    return found[1].strip() if found else ''


def shown(cell, row, hidden) -> str:
    """Return a cell of the notebook as HTML; tests are folded, and their result stands first."""
    if cell.cell_type == 'markdown':
        return text(cell.source)
    if cell.cell_type != 'code':
        return f'<pre>{escape(cell.source)}</pre>'
    name = grade_id(cell).removeprefix('test_')
    if cell.metadata.get('nbgrader', {}).get('grade') and name in row['points']:
        return result(cell, name, row, hidden)
    comment = row['comments'].get(grade_id(cell))
    comment = NO_ANSWER if comment == 'No response.' else comment  # nbgrader's word for it
    said = f'<p class="comment">{escape(comment)}</p>' if comment else ''
    return f'{code(cell.source)}{outputs(cell)}{said}'


def result(cell, name, row, hidden) -> str:
    """Return what the tests of the question `name` said."""
    points, most = row['points'][name], row['max'][name]
    error = next((output for output in cell.outputs if output.output_type == 'error'), None)
    withheld = error and not hidden and in_hidden_test(cell, error)
    said = WITHHELD if withheld else message(error) if error else ''
    details = code(cell.source if hidden else visible(cell.source))
    if not withheld:
        details = outputs(cell, [] if hidden else hidden_lines(cell.source)) + details
    return (
        f'<div class="result {kind(points, most)}" id="{escape(name)}">'
        f'<p><strong>{sign(points, most)} {points:g} / {most:g}</strong> {escape(said)}</p>\n'
        f'<details><summary>Traceback and tests · 错误详情与测试</summary>{details}</details></div>'
    )


def message(error) -> str:
    """Return the words of a failed assertion, or the kind of any other error before its words."""
    if error.ename == 'CellTimeoutError':
        return 'stopped: the cell took too long · 运行超时，已停止'
    return error.evalue if error.ename == 'AssertionError' else f'{error.ename}: {error.evalue}'


def in_hidden_test(cell, error) -> bool:
    """Say if the hidden part of the tests raised `error`, or if that cannot be known."""
    lines = cell.source.splitlines()
    if BEGIN not in lines:
        return False
    # a traceback begins with the answer's cell if the answer raised one error after another
    here = rf'Cell In\[{cell.execution_count or "[0-9]+"}\], line (\d+)'
    raised = re.findall(here, plain('\n'.join(error.traceback)))
    end = lines.index(END) if END in lines else len(lines)
    return not raised or any(lines.index(BEGIN) < int(line) <= end + 1 for line in raised)


def visible(source) -> str:
    """Return the tests without the hidden ones."""
    return re.sub(rf'\n?{BEGIN}.*?({END}|\Z)', '', source, flags=re.S)


def hidden_lines(source) -> list:
    """Return the lines that `visible` leaves out."""
    seen = visible(source).splitlines()
    return [line.strip() for line in source.splitlines() if line not in seen]


def outputs(cell, secret=()) -> str:
    """Return what a cell printed, returned and raised; a traceback without the lines `secret`."""
    parts = []
    for output in cell.outputs:
        if output.output_type == 'stream':
            parts.append(output.text)
        elif output.output_type == 'error':
            lines = plain('\n'.join(output.traceback)).splitlines()
            # a traceback shows the lines around the one that failed, each after its number
            own = [re.sub(r'^[ >-]*\d+ ', '', line).strip() for line in lines]
            parts.append('\n'.join(
                line for line, said in zip(lines, own, strict=True) if said not in secret
            ))  # fmt: skip
        elif 'text/plain' in output.get('data', {}):
            parts.append(output.data['text/plain'])
    return ''.join(f'<pre>{escape(plain(part))}</pre>' for part in parts)


def plain(terminal) -> str:
    return COLOURS.sub('', terminal)


def text(markdown) -> str:
    """Return a text as HTML; HTML in it is shown, not obeyed."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    return MarkdownWithMath(
        renderer=IPythonRenderer(escape=True, exclude_anchor_links=True)
    ).render(markdown)


def code(source) -> str:
    """Return code with its syntax in colours."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return f'<pre>{highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))}</pre>'
