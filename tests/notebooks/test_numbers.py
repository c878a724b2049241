"""Is each number in a page's sentences printed on the page, worked out in the sentence, or cited?

A sentence may round a number, give a share in percent, or work one out: the right side of `=` or "is", what
a bracket such as (854 − 304) gives, the quotient before "times" and the share before "%" are computed here
again. What one sentence works out, another may repeat. What no cell prints is in CITED, with the source.
Answers have a test of their own; options of a Predict, exercises and the list of sources are left out.
The Chinese pages hold the same numerals: test_translation.py.
"""

import math
import re
import unicodedata

import nbformat
import pytest
from pages import ENGLISH, read

NUMBER = re.compile(r'(?<![\w.])\d+(?:\.\d+)?(?!\w)')
# 12 345 is 12345, but bfloat16 204 is a name and a number
GROUPS = re.compile(r'(?<![\w.])\d{1,3}(?:[ \xa0,_]\d{3})+(?!\d)')
LEFT_OUT = re.compile(
    r'^>.*$|'  # a Predict
    r'`[^`]*`|'  # code
    r'\]\([^)]*\)|'  # the target of a link
    r'[Ll]essons? \d\d(?:(?:, \d\d)* and \d\d| to \d\d)?|^# \d\d|'
    r'^(?:Nearer to|Nearest to|Near|About|Closest to) [\d\xa0.]*\d|'  # an option of the Predict before
    r'^About [\w ]+ on (?:a CPU|two CPU cores)|'  # the time of a page: the record of the benchmark
    r'AVX-\d+|MXNet \d\S*|PyTorch \d\S*|STAT \d+|arXiv \S+|'
    r'(?:section|issue|equations?|Tables?|Figures?) [\d.]+(?: (?:and|to) [\d.]+)?|'
    r'\b(?:19|20)\d\d\b',
    re.M,
)
WORKED_OUT = re.compile(
    r'((?:log\(|ln )?[\d.(][\d.·×+−/() ⁰¹²³⁴⁵⁶⁷⁸⁹]*?)\)? (?:=|is) (\d[\d.]*\d|\d)'
)
POWER = re.compile('[⁰¹²³⁴⁵⁶⁷⁸⁹]+')
BRACKET = re.compile(r'\((\d[\d.]*(?: [·×+−/] \d[\d.]*)+)\)')
TABLE = re.compile(r'^\|[-:| ]+\|$', re.M)
TEXTS = ('text/plain', 'text/html')
EVERYWHERE = {  # what a reader has on every page
    '60000': 'the images of Fashion-MNIST (Xiao et al. 2017, section 2)',
    '28': 'the pixels of their sides',
    '3000': 'the training images of the sample: lesson 00',
    '1024': 'the channels after (5b): Table 1 of the first paper',
}
# page: {number: where it is from}
CITED = {
    '00_start_here': {'255': 'the largest value of a byte'},
    '01_inception_block': {
        '6.67': 'Szegedy et al. 2015, Table 2', '7.32': 'Szegedy et al. 2015, Table 2',
        '11': 'lesson 07', '25': 'the weights of a 5×5',
    },
    '02_five_stages': {'40': 'Szegedy et al. 2015, section 5', '23.9': 'the bar above'},
    '05_training': {
        '1.1': 'the figure above', '40': 'the last cell asserts the steps 37 to 46',
        '26': 'the matrix above', '0.772': 'LeNet, another seed', '0.782': 'LeNet, another seed',
        '0.806': 'LeNet at 0.003, seed 0', '0.824': 'LeNet at 0.003, seed 1',
    },
    '06_faster_training': {
        '1.6': 'the bars of the figure above', '47': '1500 images in batches of 32',
    },
    '07_going_deeper': {
        '15.3': 'He et al. 2015, Table 1: VGG-16',
        '1502': 'Szegedy et al. 2015, Table 1: the sum of its column',
        '34': 'Szegedy et al. 2015, Table 1', '6.91': 'log(1000)',
        '75': 'the recipe of the benchmark family', '1.53': 'seed 1', '3.35': 'seed 2',
    },
    '08_batch_norm': {
        '31.0': 'Ioffe and Szegedy 2015, Figure 3', '13.3': 'Ioffe and Szegedy 2015, Figure 3',
        '19': 'another seed', '27': 'another seed', '0.48': 'other seeds', '0.89': 'other seeds',
        '0.99': 'other seeds', '1.13': 'other seeds', '2.24': 'other seeds',
    },
    '09_factorized_convolutions': {
        '12': 'Szegedy et al. 2016, section 3.2', '20': 'Szegedy et al. 2016, section 3.2',
        '18': 'one for each 3×3 and 5×5 of nine blocks',
        '76.2': 'Szegedy et al. 2016, section 3.1', '77.2': 'Szegedy et al. 2016, section 3.1',
        '22855952': 'Chollet 2017, Table 3', '23626728': 'Chollet 2017, Table 3',
        '0.790': 'Chollet 2017, Table 1', '0.782': 'Chollet 2017, Table 1',
    },
    '10_inception_v3': {
        '48238': 'Szegedy et al. 2016, section 10', '50000': "ImageNet's validation images",
        '37': '(35 + 2 · 2 − 3) / 1 + 1', '63': '2000 images in batches of 32',
        '0.623': 'seed 1', '0.626': 'seed 2',
        '0.42': 'three seeds', '0.689': 'the table of lesson 11',
    },
    '11_v4_and_residuals': {
        '1762': '50000 − 48238: Szegedy et al. 2016, section 10',
        '50000': "ImageNet's validation images",
        '40': '10 + 20 + 10 blocks', '7.7': 'the cell above, on another CPU',
        '27': 'the cell above, on one thread, step by step',
    },
    '12_pytorch_twin': {
        '100000': 'the axis of the figure above', '22': 'Szegedy et al. 2015, section 5',
        '0.07': 'the default of Gluon: mxnet.init.Uniform',
    },
    '13_inspect_the_data': {'0.0089': '89 of 10000 images', '784': '28²'},
    '14_seeing_inside': {
        '15.2': 'the map above', '8.2': 'the map above', '12.0': 'the map above',
        '0.32': 'the map above', '0.57': 'the map above', '0.73': 'the map above',
        '25': 'the weights of a 5×5', '256': 'the channels of (3a)', '2.2': '107 / 48',
        '7.8': 'the map above', '1.2': 'the map above', '0.55': 'the map above',
    },
    'explorer': {'24': '159 358 976 / 128 049 152 − 1'},
    '15_many_devices': {
        '8192': 'Goyal et al. 2017', '18': 'the first map', '2.4': 'the first map',
        '51': 'the first map', '0.025': 'the second map', '0.48': 'on another CPU',
        '0.58': 'on another CPU', '0.21': 'on another CPU',
    },
    '16_ship_it': {'25': '5 rounds of 5 calls', '138': '57 + 57 + 24', '256': 'the integers of 8 bits'},
}  # fmt: skip


def plain(text):
    """Write numbers without groups: 12 345 as 12345."""
    return GROUPS.sub(lambda found: re.sub(r'\D', '', found[0]), text)


def printed(page):
    """Return the numbers of a page's outputs, code and tables."""
    parts = []
    for cell in page.cells:
        if cell.cell_type == 'code':
            parts.append(cell.source)
            for output in cell.outputs:
                # of a picture its alt text, which is its text/plain: the bytes hold every numeral
                shown = [text for mime, text in output.get('data', {}).items() if mime in TEXTS]
                parts += [re.sub(r'<[^>]+>', ' ', t) for t in [output.get('text', ''), *shown]]
        elif TABLE.search(cell.source):
            parts.append(cell.source)
    return {float(n) for part in parts for n in re.findall(r'\d+(?:\.\d+)?', plain(part))}


def sentences(page):
    """Return the paragraphs of a page, without what this test leaves out."""
    for cell in page.cells:
        source = cell.source
        if cell.cell_type == 'markdown' and not re.search(
            '<details>|## Exercises|## Sources', source
        ):
            for paragraph in source.split('\n\n'):
                if not TABLE.search(paragraph):
                    yield plain(LEFT_OUT.sub(' ', paragraph))


def computed(text):
    """Return what the text itself works out: each value on the right of `=`, in brackets, and quotients."""
    for sum_, said in WORKED_OUT.findall(text):
        if (value := evaluate(sum_)) is not None:
            yield value, said
    for sum_ in BRACKET.findall(text):
        yield evaluate(sum_), None
    numbers = [float(n) for n in NUMBER.findall(text)]
    for said in re.findall(r'(\d[\d.]*)[ \xa0]%', text):  # of another number, left, saved or gained
        yield from (
            (v, said) for a in numbers for b in numbers if b for v in (a / b, abs(1 - a / b))
        )
    for said in re.findall(r'(\d[\d.]*) (?:times|points)|factor of (?:only )?([\d.]*\d)', text):
        said = said[0] or said[1]
        yield from ((a / b, said) for a in numbers for b in numbers if b)
        yield from (
            (abs(a - b) * scale, said) for a in numbers for b in numbers for scale in (1, 100)
        )


def evaluate(text):
    """Compute a sum in the page's signs, such as 2 · 64 · 7²; None where it is none."""
    for sign, operator in {'·': '*', '×': '*', '−': '-', 'ln ': 'log '}.items():
        text = text.replace(sign, operator)
    text = POWER.sub(lambda found: f'**{unicodedata.normalize("NFKC", found[0])}', text)
    text = re.sub(r'log[( ]([\d.]+)\)?', r'log(\1)', text)
    text += ')' * (text.count('(') - text.count(')'))
    try:
        return float(eval(text, {'__builtins__': {}, 'log': math.log}))
    except (SyntaxError, TypeError, NameError):
        return None


def is_rounded(value, said):
    """Tell whether `said`, the numeral, is `value` as a page writes it: rounded, or in percent."""
    digits = len(said.partition('.')[2])
    unit = 10**-digits
    return any(
        abs(value * scale - float(said)) <= unit * 0.501 for scale in (1, 100, 1e-3, 1e-6, 1e-9)
    )


def unknown(page, cited=()):
    """Return (numeral, paragraph) of what is neither printed nor cited, nor worked out anywhere on `page`."""
    known = printed(page) | {float(said) for said in cited}
    found, worked_out = [], set()
    for text in sentences(page):
        own = list(computed(text))
        for said in NUMBER.findall(text):
            if len(said) < 2 or any(is_rounded(value, said) for value in known):
                continue
            if any(is_rounded(value, said) for value, of in own if of in (None, said)):
                worked_out.add(said)  # which the recap may say again
            else:
                found.append((said, text))
    return [(said, text) for said, text in found if said not in worked_out]


@pytest.mark.parametrize('path', ENGLISH, ids=lambda path: path.stem)
def test_each_number_is_printed_worked_out_or_cited(path):
    found = list(unknown(read(path), EVERYWHERE | CITED.get(path.stem, {})))
    assert not found, '\n'.join(f'{said}: {text[:300]}' for said, text in found)


def test_what_is_cited_is_still_said():
    for path in ENGLISH:
        said = {n for text in sentences(read(path)) for n in NUMBER.findall(text)}
        assert set(CITED.get(path.stem, ())) <= said, path.stem


@pytest.mark.parametrize(
    'text, found',
    [
        ('It has 64 channels, 1 234 pixels and 0.75 of the images.', []),
        ('It has 65 channels, 1 235 pixels and 0.76 of the images.', ['65', '1235', '0.76']),
        ('That is 75 %, 3 · 64 = 192, (64 − 50), 64 against 32: 2.0 times.', ['50', '32']),
        ('That is 2 · (64 − 1) = 126, (0.5⁴ = 0.0625), 3 · 64 is 192.', []),
        ('From 64 to 48, 25 % fewer; of 48 to 64, a factor of 1.3.', ['48', '48']),
        ('As said, 192. It is 3 · 64 = 192.', []),
        ('That is 74 %, 3 · 64 = 193, and 2.1 times.', ['74', '193', '2.1']),
        ('The values: name 64, type16 1234 and type16: 1234.', []),
        ('> **Predict.** 10, 20 or 30?\n\nSection 12 of 2015, `x[77]`.', ['12']),
    ],
)
def test_a_number_that_no_cell_prints_is_found(text, found):
    code = nbformat.v4.new_code_cell('print(64, 1234, 0.7512)')
    picture = {'image/png': '65/1235+0.76+50+32', 'text/plain': 'A picture of 64.'}
    code.outputs = [nbformat.v4.new_output('display_data', picture)]
    page = nbformat.v4.new_notebook(cells=[code, nbformat.v4.new_markdown_cell(text)])
    assert [said for said, _ in unknown(page)] == found
