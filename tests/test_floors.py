"""d2l_ext's files import only from floors below their own, as the table in CONTRIBUTING.md says."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / 'd2l_ext'
ROW = re.compile(r'^\| (\d) \| `(\w+)(?:\.py|/)` \|', re.M)
FLOORS = {name: int(floor) for floor, name in ROW.findall((ROOT / 'CONTRIBUTING.md').read_text())}


def imported(path):
    """Return the names of d2l_ext's files that the one at `path` imports, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            module, named = node.module or '', [alias.name for alias in node.names]
            above = len(path.relative_to(PACKAGE).parts) - node.level
            if node.level and above == 0:
                names |= {module.split('.')[0]} if module else set(named)
            elif module.split('.')[0] == 'd2l_ext' and not node.level:
                names |= set(named) if module == 'd2l_ext' else {module.split('.')[1]}
    return names & set(FLOORS)


def test_every_file_has_a_floor():
    files = {path.stem for path in PACKAGE.glob('*.py')} - {'__init__'}
    folders = {path.parent.name for path in PACKAGE.glob('*/__init__.py')}
    assert set(FLOORS) == files | folders


def test_imports_go_down_the_floors():
    seen = 0
    for path in PACKAGE.rglob('*.py'):
        own = path.relative_to(PACKAGE).parts[0].removesuffix('.py')
        if own in FLOORS:
            below = imported(path) - {own}
            seen += len(below)
            wrong = [name for name in below if FLOORS[name] >= FLOORS[own]]
            assert not wrong, f'{own} (floor {FLOORS[own]}) imports {wrong}'
    assert seen > 20


# it runs before anything is installed, by its path, so that it can import nothing of ours
ALONE = {'bootstrap.py': 340}


def test_no_file_is_longer_than_250_lines():
    lengths = {path.name: len(path.read_text().splitlines()) for path in PACKAGE.rglob('*.py')}

    assert {name: n for name, n in lengths.items() if n > ALONE.get(name, 250)} == {}
