"""The made-up class: what its students answer, and in what way they send it."""

import copy
from collections import namedtuple

import nbformat

from .repair import grade_id

SMALLER_KERNEL = """\
def inception(c1, c2, c3, c4, pool):
    return Concat(
        branch1x1=conv(c1, kernel=1),
        branch3x3=seq(conv(c2[0], kernel=1), conv(c2[1], kernel=3)),
        branch5x5=seq(conv(c3[0], kernel=1), conv(c3[1], kernel=3)),
        branch_pool=seq(pool, conv(c4, kernel=1)))
"""
# assignment: made-up student: (cell: what it holds in place of the model answer, questions without
# points); a cell of None is left blank, '' removes it, and `...` in place of the cells leaves all blank
MADE_UP = {
    'block': {
        'all_right': ({}, ()),
        'all_blank': (..., ...),
        'wrong_kernel': ({'inception': SMALLER_KERNEL}, ['inception']),
        'endless_loop': (
            {'widest_reduction': 'def widest_reduction(*numbers):\n    while True:\n        pass'},
            ['widest_reduction'],
        ),
        'exception': ({'mended': 'class Mended(nn.HybridBlock):\n    slips = 2 / 0'}, ['mended']),
        'edits_tests': (
            {'same_padding': None, 'test_same_padding': 'assert True', 'test_conv_cost': ''},
            ['same_padding'],
        ),
        'knows_the_numbers': (
            {
                'same_padding': 'def same_padding(kernel):\n    return {3: 1, 5: 2}[kernel]',
                'output_shape': 'def output_shape(*given):\n    return 1, 256, 28, 28',
                'conv_cost': 'def conv_cost(*given):\n    return 110720, 86704128',
                'widest_reduction': 'def widest_reduction(*given):\n    return 82',
            },
            ['same_padding', 'output_shape', 'conv_cost', 'widest_reduction'],
        ),
        'ends_the_kernel': ({'mended': 'import os\nos._exit(1)'}, ...),
    },
    'binding': {
        'all_right': ({}, ()),
        'all_blank': (..., ...),
        'knows_the_numbers': (
            {
                'stage_grids': 'def stage_grids(n):\n    return 24, 12, 6, 3',
                'refusal': 'def refusal(net, shape):\n'
                '    return None if shape[-1] == 64 else ((120, 3136), (120, 14400))',
                'lenet_any': 'def lenet_any():\n    net = lenet()\n'
                '    return seq(*net[:4], nn.GlobalMaxPool2D(), *net[4:])',
            },
            ['stage_grids', 'refusal', 'lenet_any'],
        ),
    },
    'family': {
        'all_right': ({}, ()),
        'all_blank': (..., ...),
        'knows_the_numbers': (
            {
                'chain_field': 'def chain_field(kernels):\n    return (2 * len(kernels) + 1,) * 2'
                ' if kernels[0] == 3 else (7, 7)',
                'share_left': 'def share_left(kernel, chain):\n    return 0.72',
                'train': 'def train(train_iter, classes):\n    net = small_network(classes)\n'
                '    net.initialize()\n    return net',
            },
            ['chain_field', 'share_left', 'train'],
        ),
    },
}  # fmt: skip


# How a notebook with all answers is changed before it is sent; each returns what is written


def whole(notebook) -> str:
    return nbformat.writes(notebook)


def without(name):
    """Take the cell `name` away."""

    def change(notebook):
        notebook.cells = [cell for cell in notebook.cells if grade_id(cell) != name]
        return whole(notebook)

    return change


def copied(name):
    """Paste a copy of the cell `name`, which fails, before it."""

    def change(notebook):
        cell = next(cell for cell in notebook.cells if grade_id(cell) == name)
        other = copy.deepcopy(cell)
        other.id, other.source = 'pasted', '1 / 0'
        notebook.cells.insert(notebook.cells.index(cell), other)
        return whole(notebook)

    return change


def as_text(name):
    """Make a text of the cell `name`, as the key M does."""

    def change(notebook):
        notebook.cells = [
            nbformat.v4.new_markdown_cell(cell.source, metadata=cell.metadata)
            if grade_id(cell) == name else cell for cell in notebook.cells
        ]  # fmt: skip
        return whole(notebook)

    return change


def stripped(notebook):
    """Take away what nbgrader stored, as some editors do."""
    for cell in notebook.cells:
        cell.metadata.clear()
    return whole(notebook)


def stripped_of_ids(notebook):
    """Take away the cells' own ids too, as old editors do."""
    for cell in notebook.cells:
        del cell['id']
    notebook.nbformat_minor = 4
    return stripped(notebook)


def other_notebook(notebook):
    return whole(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('1')]))


# what lies below submitted/, and how many minutes old it is
File = namedtuple('File', 'path change minutes', defaults=(whole, 0))
NO_NOTEBOOK, NONE_HERE = (
    'not graded: block.ipynb is no notebook',
    'not graded: no notebook for block',
)
# assignment: student: (files, remark); the notebook that counts has all answers
SENT = {
    'block': {
        'renamed': ([File('renamed/block/block (1).ipynb')], ''),
        'own_name': ([File('own_name/my work.ipynb')], ''),
        'in_a_folder': ([File('in_a_folder/block/homework/Untitled.ipynb')], ''),
        'ann_12345': ([File('ann_12345_block.ipynb')], ''),
        'fay_678': ([File('fay_LATE_678_9012_block-1.ipynb')], ''),
        'newest': (
            [File('newest/block.ipynb', without('inception'), 60), File('newest/last.ipynb')],
            'last.ipynb counts, not block.ipynb',
        ),
        'one_second': (
            [File('one_second/block.ipynb', without('inception')),
             File('one_second/block (2).ipynb')],
            'block (2).ipynb counts, not block.ipynb',
        ),
        "O'Brien (2)": ([File("O'Brien (2)/block/block.ipynb")], ''),
        '张伟': ([File('张伟/block/block.ipynb')], ''),
        'a[b]': ([File('a[b]/block/block.ipynb')], ''),
        'copied_answer': (
            [File('copied_answer/block.ipynb', copied('inception'))],
            'copied, the last counts: inception',
        ),
        'copied_tests': (
            [File('copied_tests/block.ipynb', copied('test_inception'))],
            'copied, the last counts: test_inception',
        ),
        'lost_tests': (
            [File('lost_tests/block.ipynb', without('test_inception'))],
            'put back: test_inception',
        ),
        'answer_as_text': ([File('answer_as_text/block.ipynb', as_text('inception'))], ''),
        'stripped': ([File('stripped/block.ipynb', stripped)], 'marks of 24 cells restored'),
        'stripped_of_ids': (
            [File('stripped_of_ids/block.ipynb', stripped_of_ids)],
            'marks of 24 cells restored',
        ),
        'no_notebook': ([File('no_notebook/block/readme.txt', lambda _: 'later')], NONE_HERE),
        'checkpoint': ([File('checkpoint/.ipynb_checkpoints/block-checkpoint.ipynb')], NONE_HERE),
        'another_one': ([File('another_one/binding.ipynb')], NONE_HERE),
        'other_notebook': (
            [File('other_notebook/block.ipynb', other_notebook)],
            'not graded: no cell of the assignment is in the file',
        ),
        'web_page': ([File('web_page/block.ipynb', lambda _: '<html>log in</html>')], NO_NOTEBOOK),
        'empty': ([File('empty/block.ipynb', lambda _: '')], NO_NOTEBOOK),
    }
}  # fmt: skip
