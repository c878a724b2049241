"""Does each row of docs/reports.md have a result, and does each test that it names exist?"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_each_row_has_a_result_and_its_test_exists():
    lines = (ROOT / 'docs' / 'reports.md').read_text(encoding='utf-8').splitlines()
    rows = [re.split(r'(?<!\\)\|', line)[1:-1] for line in lines if line.startswith('| ')][1:]
    tests = ''.join(path.read_text(encoding='utf-8') for path in ROOT.glob('tests/**/*.py'))

    assert all(len(row) == 3 and all(cell.strip() for cell in row) for row in rows)
    for row in rows:
        assert re.search('works|refused|mended|left', row[2]), row
        assert all(f'def {name}(' in tests for name in re.findall(r'`(test_\w+)`', row[2])), row
