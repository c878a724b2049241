"""Does the reference page hold every public name of d2l_ext, with a docstring that says what it does?"""

import ast

from tools import build_site

ROOT = build_site.ROOT


def test_every_file_is_in_the_reference():
    listed = {name for names in build_site.public().values() for name in names}
    files = {
        '.'.join(path.relative_to(ROOT).with_suffix('').parts)
        for path in (ROOT / 'd2l_ext').rglob('*.py')
        if not path.stem.startswith('__')
    }
    assert listed == files


def test_every_public_name_says_what_it_does():
    silent = []
    for path in (ROOT / 'd2l_ext').rglob('*.py'):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith('_'):
                if not ast.get_docstring(node) and path.stem != '__main__':
                    silent.append(f'{path.name}: {node.name}')
    assert silent == []


def test_the_page_has_every_file(tmp_path):
    build_site.reference(tmp_path / 'reference')
    page = (tmp_path / 'reference' / 'index.md').read_text()

    names = [name for files in build_site.public().values() for name in files]
    assert len(names) > 50
    assert [name for name in names if f'.. automodule:: {name}\n   :members:' not in page] == []
