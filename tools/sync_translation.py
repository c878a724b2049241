"""Keep the Chinese edition in step: same cells, code and outputs; its Markdown is written by people.

python -m tools.sync_translation
"""

import json
import sys

from d2l_ext.runtime.files import replace, sha256
from tools.run_notebooks import NOTEBOOKS

import nbformat

RECORD = 'translated.json'  # cell -> the English and the Chinese as they were when both agreed


def sync(notebooks=NOTEBOOKS) -> int:
    """Carry code cells and outputs over to `notebooks`/zh; list the Markdown that must be looked at.

    Listed is a Markdown cell whose English changed while its Chinese did not, and one without Chinese,
    where the English then stands. Returns 1 if any is listed.
    """
    folder = notebooks / 'zh'
    path = folder / RECORD
    record = json.loads(path.read_text(encoding='utf-8')) if path.exists() else {}
    english = sorted(notebooks.glob('*.ipynb'))
    listed, kept = [], {}
    for path in english:
        for cell, text in carry(path, folder / path.name):
            now, then = [digest(cell.source), digest(text)], record.get(cell.id)
            if cell.source == text:
                listed.append(f'{path.stem} {cell.id}: has no Chinese yet')
            elif then and then[0] != now[0] and then[1] == now[1]:
                listed.append(f'{path.stem} {cell.id}: its English changed, its Chinese did not')
                kept[cell.id] = then
            else:
                kept[cell.id] = now
    for path in {*folder.glob('*.ipynb')} - {folder / path.name for path in english}:
        listed.append(f'zh/{path.name}: there is no such English lesson, remove it')
    replace(folder / RECORD, json.dumps(kept, indent=0, sort_keys=True) + '\n')
    print('\n'.join(listed) or f'{len(english)} lessons, {len(kept)} texts: all in step')
    return int(bool(listed))


def carry(path, twin) -> list:
    """Write `twin` with the cells of `path` and its own Markdown; return [(English cell, Chinese)]."""
    notebook = nbformat.read(path, as_version=4)
    texts = {}
    if twin.exists():
        texts = {cell.id: cell.source for cell in nbformat.read(twin, as_version=4).cells}
    pairs = []
    for cell in notebook.cells:
        if cell.cell_type == 'markdown':
            pairs.append((cell.copy(), texts.get(cell.id, cell.source)))
            cell.source = pairs[-1][1]
    replace(twin, nbformat.writes(notebook) + '\n')
    return pairs


def digest(text) -> str:
    """Return what tells one text from another."""
    return sha256(text)[:12]


if __name__ == '__main__':
    sys.exit(sync())
