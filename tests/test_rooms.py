"""Does each room of d2l_ext import only what CONTRIBUTING.md's table says, and has it its tests?"""

import ast
import importlib
import pkgutil
import re
from graphlib import TopologicalSorter

import d2l_ext
from tools.draw_rooms import PACKAGE, imports, rooms, table

import pytest

TABLE = table()
TESTS = PACKAGE.parent / 'tests'


def test_the_table_has_every_room_and_what_it_imports():
    assert TABLE == rooms()


def test_no_room_imports_in_a_circle():
    order = list(TopologicalSorter(rooms()).static_order())  # raises CycleError
    assert order[-1] == '__main__'


def test_every_form_of_import_is_seen(tmp_path):
    source = (
        'import d2l_ext.data.audit as audit\nfrom d2l_ext import tables\nfrom ..weights import x\n'
    )
    source += (
        'def later():\n    from .. import figures\n    from d2l_ext.networks.blocks import seq\n'
    )
    assert imports(ast.parse(source), 'training') == {
        'data', 'figures', 'networks', 'tables', 'weights'
    }  # fmt: skip


def test_a_newcomer_sees_few_entries():
    assert len([path for path in PACKAGE.iterdir() if path.name != '__pycache__']) <= 12


def test_no_function_hides_a_file():
    """`import d2l_ext.networks.googlenet as file` must give the file."""
    hidden = []
    for found in pkgutil.walk_packages(d2l_ext.__path__, 'd2l_ext.'):
        if found.name.endswith(('__main__', 'torch_learner')):  # the second needs PyTorch
            continue
        module = importlib.import_module(found.name)
        above, _, name = found.name.rpartition('.')
        if getattr(importlib.import_module(above), name) is not module:
            hidden.append(found.name)
    assert hidden == []


def test_every_room_says_what_lives_there():
    for path in PACKAGE.rglob('*.py'):
        assert ast.get_docstring(ast.parse(path.read_text())), path


@pytest.mark.parametrize('path', sorted(PACKAGE.glob('*/__init__.py')), ids=lambda p: p.parent.name)
def test_every_room_says_what_it_imports(path):
    words = ast.get_docstring(ast.parse(path.read_text()))
    assert set(re.findall(r'`(\w+)`', words.partition('Imports')[2])) == TABLE[path.parent.name]


@pytest.mark.parametrize('room', TABLE)
def test_every_room_has_its_tests(room):
    if (PACKAGE / room).is_dir():
        assert [*(TESTS / room).glob('test_*.py')]
    else:
        assert (TESTS / f'test_{"command_line" if room == "__main__" else room}.py').is_file()


def test_every_test_file_says_which_question_it_answers():
    for path in TESTS.rglob('test_*.py'):
        words = ast.get_docstring(ast.parse(path.read_text())) or ''
        assert words.partition('\n\n')[0].endswith('?'), path
