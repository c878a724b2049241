"""Does the code of every answer print what its page shows below it, and do the sentences say so?"""

import contextlib
import io
import re

from d2l_ext import data

import pytest
from matplotlib import pyplot
from mxnet import npx
from pages import ENGLISH, FENCED, answers, read

# What is printed by training or timing differs between machines: such an output is "recorded". Its code
# runs here on two batches of at most 8 images, with the constants in capitals that count cut to these.
RECORDED, BATCHES, BATCH = '```text recorded\n', 2, 8
AT_MOST = {'STEPS': 10, 'IMAGES': 2, 'SIDE': 75}
# more than 1.2 s each, on one thread
SLOW = {
    '05-1',
    '05-2',
    '06-1',
    '06-2',
    '06-3',
    '06-5',
    '07-3',
    '07-4',
    '08-1',
    '08-4',
    '08-5',
    '10-4',
    '11-4',
    '11-5',
    '12-1',
    '13-1',
    '14-2',
    '15-2',
    '15-3',
    '15-5',
    '16-1',
    '16-2',
    '16-3',
    '16-4',
}
ALL = [
    pytest.param(
        path,
        number,
        text,
        id=(name := f'{path.stem[:2]}-{number}'),
        marks=[pytest.mark.slow] * (name in SLOW),
    )  # fmt: skip
    for path in ENGLISH
    for number, text in answers(path).items()
]


@pytest.fixture
def fresh():
    """The state of a new kernel after `import d2l_ext`."""
    npx.reset_np()
    yield
    npx.set_np()
    pyplot.close('all')


def two_batches(*arguments, **options):
    """Load Fashion-MNIST as `load_data_fashion_mnist` does, and keep two small batches."""
    pair = load(*arguments, **options)
    for images in pair:
        images.batch_size = min(images.batch_size, BATCH)
        count = BATCHES * images.batch_size
        images.images, images.labels = images.images[:count], images.labels[:count]
    return pair


load = data.load_data_fashion_mnist


def cut(found):
    """Write the assignment of a constant with the smaller of its number and AT_MOST's."""
    return f'{found[1]} = {min(int(found[2]), AT_MOST[found[1]])}'


@pytest.mark.parametrize('path, number, text', ALL)
def test_an_answer_prints_what_the_page_shows(path, number, text, fresh, monkeypatch, request):
    (language, code), *shown = FENCED.findall(text)
    assert language == 'python'
    if 'torch' in code:
        request.getfixturevalue('pytorch')
    recorded = RECORDED in text
    if recorded:
        monkeypatch.setattr(data, 'load_data_fashion_mnist', two_batches)
        code = re.sub(r'^(STEPS|IMAGES|SIDE) = (\d+)', cut, code, flags=re.M)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, f'{path.stem}, answer {number}', 'exec'), {'__name__': '__main__'})
    lines = [line.rstrip() for line in printed.getvalue().strip().splitlines()]
    ((_, expected),) = shown
    if recorded:
        assert len(lines) == len(expected.splitlines())
    else:
        assert lines == expected.splitlines()


def numbers(text):
    """Return the numbers of a text, 12 345 written as 12345."""
    return set(re.findall(r'\d+(?:\.\d+)?', re.sub(r'(?<=\d)[ \xa0,_](?=\d{3}\b)', '', text)))


@pytest.mark.parametrize('path, number, text', ALL)
def test_an_answer_says_what_it_printed(path, number, text):
    (_, code), (_, shown) = FENCED.findall(text)
    prose = FENCED.sub('', text)
    if numbers(shown):
        assert numbers(shown) & numbers(prose), 'the sentences hold no number of the output'
    # a decimal in a sentence was measured: by this answer, or on the page
    cells = read(path).cells
    page = ' '.join(
        c.source + str(c.get('outputs', '')) for c in cells if '<details>' not in c.source
    )
    decimals = {found for found in numbers(prose) if '.' in found}
    assert decimals - numbers(code + shown) - numbers(page) == set()
