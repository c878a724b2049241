"""Does sync-zh carry code over, keep the Chinese, and list what must be looked at?"""

from tools import sync_translation

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook


@pytest.fixture
def folder(tmp_path):
    page(tmp_path, 'A page.', 'x = 1')
    page(tmp_path / 'zh', '一页。', 'x = 0')
    assert sync_translation.sync(tmp_path) == 0
    return tmp_path


def page(folder, text, code):
    folder.mkdir(exist_ok=True)
    cells = [new_markdown_cell(text, id='00-00'), new_code_cell(code, id='00-01')]
    nbformat.write(new_notebook(cells=cells), folder / '00_a.ipynb')


def chinese(folder):
    return [cell.source for cell in nbformat.read(folder / 'zh/00_a.ipynb', 4).cells]


def test_code_is_carried_over_and_chinese_kept(folder):
    assert chinese(folder) == ['一页。', 'x = 1']


def test_outputs_are_carried_over(folder):
    english = nbformat.read(folder / '00_a.ipynb', 4)
    english.cells[1].outputs = [nbformat.v4.new_output('stream', text='1\n')]
    nbformat.write(english, folder / '00_a.ipynb')
    sync_translation.sync(folder)

    assert nbformat.read(folder / 'zh/00_a.ipynb', 4).cells[1].outputs[0].text == '1\n'


def test_changed_english_is_listed_until_the_chinese_changes_too(folder, capsys):
    page(folder, 'Another page.', 'x = 2')
    for _ in range(2):  # it is not forgotten
        assert sync_translation.sync(folder) == 1
        assert '00_a 00-00: its English changed, its Chinese did not' in capsys.readouterr().out
    page(folder / 'zh', '另一页。', '')
    assert sync_translation.sync(folder) == 0
    assert '1 lessons, 1 texts: all in step' in capsys.readouterr().out
    assert chinese(folder) == ['另一页。', 'x = 2']


def test_changed_chinese_alone_needs_nothing(folder):
    page(folder / 'zh', '这一页。', '')

    assert sync_translation.sync(folder) == 0
    assert chinese(folder) == ['这一页。', 'x = 1']


def test_a_new_lesson_stands_in_english_and_is_listed(folder, capsys):
    (folder / '00_a.ipynb').rename(folder / '01_b.ipynb')
    assert sync_translation.sync(folder) == 1

    told = capsys.readouterr().out
    assert '01_b 00-00: has no Chinese yet' in told
    assert 'zh/00_a.ipynb: there is no such English lesson, remove it' in told
