"""Do the explorer's sliders, its numbers and its pictures belong together?"""

import threading

from d2l_ext import networks
from d2l_ext.analysis import anatomy
from d2l_ext.figures import explorer
from tools import execution, run_notebooks

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook


@pytest.fixture
def page():
    return explorer.Explorer('3a')


def test_the_nine_presets_follow_on_each_other():
    blocks = list(explorer.presets().values())
    assert len(blocks) == 9
    assert [block['size'] for block in blocks] == [28] * 2 + [14] * 5 + [7] * 2
    for before, after in zip(blocks, blocks[1:], strict=False):
        leaves = before['c1'] + before['c2'][1] + before['c3'][1] + before['c4']
        assert after['c_in'] == leaves


def test_costs_are_those_of_the_network_itself():
    net, shape = networks.GoogLeNet(), (1, 3, 224, 224)
    calls = anatomy.trace(net, shape)
    for name, block in explorer.presets().items():
        path = f'stage{name[0]}.inception_{name}'
        macs = sum(call.macs for call in calls if call.path.startswith(f'{path}.'))
        output = next(call.out_shape[1:] for call in calls if call.path == path)
        row, _ = explorer.costs(**block).rows
        assert (row[1], row[3]) == (output, macs), name


def test_the_naive_block_hands_on_its_input():
    table = explorer.costs(64, (96, 128), (16, 32), 32, c_in=192, size=28)
    assert table.column('output') == [(256, 28, 28), (192 + 64 + 128 + 32, 28, 28)]
    kernels = 192 * (64 + 9 * 128 + 25 * 32)
    assert table.column('parameters')[1] == kernels + 64 + 128 + 32
    assert table.column('MACs')[1] == kernels * 28 * 28
    assert table.total[-1] == '2.37'


@pytest.mark.parametrize('name', explorer.SLIDERS)
def test_a_slider_changes_numbers_and_picture(page, name):
    numbers, (block, naive) = page.numbers.value, [shown.value for shown in page.pictures]
    page.sliders[name].value += 8
    assert page.numbers.value != numbers
    assert page.pictures[0].value != block
    # what the naive block does not have does not move it
    assert (page.pictures[1].value != naive) == (name not in ('c2_reduce', 'c3_reduce', 'c4'))


def test_a_slider_works_in_another_thread(page):
    # as JupyterLab moves it; NumPy's semantics of MXNet hold in the thread that asked for them only
    thread = threading.Thread(target=setattr, args=(page.sliders['c2_reduce'], 'value', 48))
    thread.start()
    thread.join()
    assert page.numbers.value == explorer.costs(**page.values())._repr_html_()
    assert page.values()['c2'] == (48, 128)


def test_leaving_a_preset_is_told_and_coming_back_too(page):
    page.sliders['c2'].value += 1
    assert (page.preset.value, page.preset.label) == ('', explorer.OWN)
    page.sliders['c2'].value -= 1
    assert page.preset.value == '3a'


def test_a_preset_moves_every_slider_and_draws_once(page, monkeypatch):
    drawn = []
    monkeypatch.setattr(page, 'redraw', lambda: drawn.append(page.values()))
    page.preset.value = '5b'
    assert drawn == [explorer.presets()['5b']]


def test_the_sliders_reach_every_preset(page):
    for name, block in page.presets.items():
        page.preset.value = name
        assert page.values() == block


@pytest.mark.parametrize('end', ['min', 'max'])
def test_the_ends_of_the_sliders_can_be_drawn(page, end):
    for slider in page.sliders.values():
        slider.value = getattr(slider, end)
    assert page.pictures[0].value.startswith('<img alt="Diagram of Inception. input: ')


def test_an_unknown_preset_is_refused_by_name():
    with pytest.raises(ValueError, match="preset must be one of 3a, .*5b, got '6a'"):
        explorer.Explorer('6a')


def test_it_shows_a_picture_where_no_kernel_runs(page):
    data, metadata = page._repr_mimebundle_()
    assert set(data) == {'image/png', 'text/plain', explorer.VIEW}
    assert data['text/plain'] == metadata['image/png']['alt']
    assert '163 696 parameters, 128 049 152 MACs' in data['text/plain'].replace('\u2009', ' ')


def test_a_stored_page_keeps_the_picture_alone(tmp_path):
    source = 'from mxnet import npx\nfrom d2l_ext.figures import explorer\nnpx.set_np()\nexplorer.Explorer()'
    cells = [new_code_cell(f'import d2l_ext\n{source}')]
    nbformat.write(new_notebook(cells=cells, metadata=run_notebooks.METADATA), tmp_path / 'a.ipynb')
    problem, notebook = execution.run(tmp_path / 'a.ipynb', timeout=60)
    assert not problem
    assert [set(output.data) for output in notebook.cells[0].outputs] == [
        {'image/png', 'text/plain'}
    ]
