"""Give a submission the cells that grading needs: copied, stripped and lost ones are put right."""

import copy
import uuid

import nbformat

from .engine import GradingError


def repair(notebook, blank) -> list:
    """Make `notebook` gradable as an edited copy of the student version `blank`; say what was done.

    Of the copies of a cell the last one counts, the others become plain cells. A cell that lost what
    nbgrader stored in it is known by its own id, by its text, or by the question before it. Lost cells
    are put back. Raises GradingError if no cell of `blank` is left.
    """
    wanted = {grade_id(cell): cell for cell in blank.cells}
    kept, copied = by_grade_id(notebook, wanted)
    restored = by_likeness(notebook, wanted, kept)
    if not kept:
        raise GradingError('no cell of the assignment is in the file')
    lost = [name for name in wanted if name not in kept]
    put_back(notebook, wanted, kept)
    for name, cell in wanted.items():
        make_alike(kept[name], cell)
    give_own_ids(notebook, {cell.id for cell in blank.cells})
    done = []
    if copied:
        names = ', '.join(dict.fromkeys(reversed(copied)))
        done.append(f'copied, the last counts: {names} · 单元格重复，以最后一个为准')
    if restored:
        done.append(f'marks of {len(restored)} cells restored · 已恢复丢失的单元格标记')
    if lost:
        done.append(f'put back: {", ".join(lost)} · 已补回丢失的单元格')
    return done


def grade_id(cell) -> str:
    """Return nbgrader's name of `cell`; '' if it has none."""
    marks = cell.metadata.get('nbgrader')
    return str(marks.get('grade_id', '')) if isinstance(marks, dict) else ''


def by_grade_id(notebook, wanted):
    """Return the last cell of each name in `wanted`, and the names of copies; unmark all others."""
    kept, copied = {}, []
    for cell in reversed(notebook.cells):
        name = grade_id(cell)
        if name in wanted and name not in kept:
            kept[name] = cell
            continue
        cell.metadata.pop('nbgrader', None)
        if name in kept:
            copied.append(name)
    return kept, copied


def by_likeness(notebook, wanted, kept) -> list:
    """Add to `kept` the cells that lost their marks; return their names."""
    before = set(kept)
    for alike in (same_id, same_text):
        for name, cell in wanted.items():
            if name not in kept:
                for one in reversed(free(notebook, kept)):
                    if alike(one, cell):
                        kept[name] = one
                        break
    for question, name in zip(wanted, list(wanted)[1:], strict=False):
        if name not in kept and question in kept and wanted[name].metadata.nbgrader.solution:
            place = position(notebook, kept[question]) + 1
            after = notebook.cells[place : place + 1]
            if after and after[0].cell_type == 'code' and after[0] in free(notebook, kept):
                kept[name] = after[0]
    return [name for name in kept if name not in before]


def free(notebook, kept) -> list:
    """Return the cells of `notebook` that are none of `kept`."""
    taken = set(map(id, kept.values()))
    return [cell for cell in notebook.cells if id(cell) not in taken]


def same_id(one, cell) -> bool:
    return one.get('id') == cell.id


def same_text(one, cell) -> bool:
    return one.source.strip() == cell.source.strip()


def position(notebook, cell) -> int:
    """Return where `cell` itself stands: an equal one may stand before it."""
    return next(i for i, one in enumerate(notebook.cells) if one is cell)


def put_back(notebook, wanted, kept):
    """Insert what is not in `kept`, each after the cell that precedes it in `wanted`."""
    place = 0
    for name, cell in wanted.items():
        if name not in kept:
            kept[name] = copy.deepcopy(cell)
            notebook.cells.insert(place, kept[name])
        place = position(notebook, kept[name]) + 1


def make_alike(cell, original):
    """Give `cell` the kind, the id and the marks of `original`; its text stays."""
    if cell.cell_type != original.cell_type:
        make = {'code': nbformat.v4.new_code_cell, 'markdown': nbformat.v4.new_markdown_cell}
        fresh = make[original.cell_type](cell.source)
        cell.clear()
        cell.update(fresh)
    cell.id = original.id
    cell.metadata.nbgrader = copy.deepcopy(original.metadata.nbgrader)


def give_own_ids(notebook, taken):
    """Give every plain cell an id of its own: one that was copied has its original's."""
    notebook.nbformat_minor = 5
    seen = set(taken)
    for cell in notebook.cells:
        if grade_id(cell):
            continue
        if cell.get('id') in seen | {None}:
            cell.id = uuid.uuid4().hex[:8]
        seen.add(cell.id)
