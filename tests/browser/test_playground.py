"""Does the block explorer of the site give Python's numbers, at once, by key, in both languages?"""

import random
import statistics

from d2l_ext import tables
from d2l_ext.figures import explorer

import pytest
from mxnet import npx

from .conftest import BUILD, every_language

npx.set_np()

# set all sliders, as a hand would one after the other; give the table that follows, a row each
MOVE = """places => places.map(values => {
  const host = document.querySelector('block-explorer');
  let input;
  for (const [name, value] of Object.entries(values)) {
    input = host.querySelector(`input[id$="-${name}"]`);
    input.value = value;
  }
  input.dispatchEvent(new Event('input', {bubbles: true}));
  return [...host.querySelectorAll('tbody tr')].map(row =>
    [...row.querySelectorAll('td')].map(cell => cell.textContent));
})"""
# milliseconds from the event to the changed sentence, laid out
TIME = """() => {
  const host = document.querySelector('block-explorer');
  const input = host.querySelector('input'), sentence = host.querySelector('[role=status]');
  return Array.from({length: 20}, (_, i) => {
    const before = sentence.textContent, start = performance.now();
    input.value = 100 + i;
    input.dispatchEvent(new Event('input', {bubbles: true}));
    host.getBoundingClientRect();
    if (sentence.textContent === before) throw new Error('the sentence did not change');
    return performance.now() - start;
  });
}"""


def rows(at):
    """Return the page's table as Python computes it."""
    table = explorer.costs(**at)
    ratios = ['', *table.total[2:]]
    columns = (table.column(name) for name in ('output', 'parameters', 'MACs'))
    return [
        [*map(tables.show, column), ratio] for column, ratio in zip(columns, ratios, strict=True)
    ]


def plain(text):
    """Write a page's number as Python does, with common spaces."""
    return text.replace('\u00a0', ' ')


@pytest.fixture
def playground(open_page, site):
    """Return `playground(folder, …)`: the page of a language, ready."""

    def open_one(folder='', *size, name='playground', **options):
        page = open_page(f'{site}/{folder}{name}.html', *size, **options)
        page.locator('block-explorer svg').first.wait_for()
        return page

    return open_one


@every_language
def test_its_numbers_are_those_of_python(playground, folder):
    draw = random.Random(0)
    sliders = explorer.SLIDERS.values()
    own = [explorer.arguments([draw.randint(1, most) for *_, most in sliders]) for _ in range(50)]
    blocks = [*explorer.presets().values(), *own]
    shown = playground(folder).evaluate(MOVE, [explorer.positions(**at) for at in blocks])
    for at, found in zip(blocks, shown, strict=True):
        assert [[plain(cell) for cell in row] for row in found] == rows(at), at


@every_language
def test_each_preset_moves_every_slider(playground, folder):
    page = playground(folder)
    for name, at in explorer.presets().items():
        page.locator('block-explorer select').select_option(name)
        places = page.locator('block-explorer input').evaluate_all('all => all.map(i => +i.value)')
        assert places == list(explorer.positions(**at).values())
        shape = tables.show(explorer.costs(**at).column('output')[0])
        assert shape in page.locator('block-explorer svg').first.text_content()


@pytest.mark.parametrize(
    ('folder', 'slider', 'own'),
    [
        ('', 'c2[0] reduction before 3×3', 'a block of your own'),
        ('zh/', 'c2[0] 3×3 之前的降维', '你自己的块'),
    ],
    ids=['en', 'zh'],
)
def test_a_key_moves_a_slider_and_the_numbers_are_announced(playground, folder, slider, own):
    page = playground(folder, reduced_motion='reduce')
    told, preset = (
        page.locator('block-explorer [role=status]'),
        page.locator('block-explorer select'),
    )
    before = told.inner_text()
    page.get_by_label(slider).focus()
    page.keyboard.press('ArrowLeft')
    values = explorer.costs(64, (95, 128), (16, 32), 32, c_in=192, size=28)
    for what in ('output', 'parameters', 'MACs'):
        assert tables.show(values.column(what)[0]) in plain(told.inner_text())
    assert page.locator('block-explorer output').nth(1).inner_text() == '95'
    assert '192 → 95' in page.locator('block-explorer svg').first.text_content()
    assert preset.locator('option:checked').inner_text() == own
    assert (
        page.evaluate("document.querySelector('block-explorer').getAnimations({subtree: true})")
        == []
    )
    page.keyboard.press('ArrowRight')
    assert told.inner_text() == before
    assert preset.input_value() == '3a'


def test_the_text_changes_within_50_ms(playground):
    times = playground().evaluate(TIME)
    print(f'median {statistics.median(times):.1f} ms, longest {max(times):.1f} ms')
    assert statistics.median(times) < 50


@every_language
def test_the_widest_block_fits_a_phone(playground, folder):
    page = playground(folder, 390, 844)
    page.evaluate(MOVE, [{name: most for name, (_, _, most) in explorer.SLIDERS.items()}])
    wide = page.evaluate("""() => [document.documentElement.scrollWidth,
      ...[...document.querySelectorAll('block-explorer *')].filter(part => !part.closest('table'))
        .map(part => part.getBoundingClientRect().right)]""")
    assert max(wide) <= 390


@every_language
def test_no_text_of_a_diagram_leaves_its_box(playground, folder):
    page = playground(folder)
    page.evaluate(MOVE, [{name: most for name, (_, _, most) in explorer.SLIDERS.items()}])
    rooms = page.evaluate("""() => [...document.querySelectorAll('block-explorer .label')].map(text => {
      let box = text;
      while (box.tagName !== 'rect') box = box.previousElementSibling;
      return [text.textContent, text.getBBox().width, box.getBBox().width];
    })""")
    assert len(rooms) > 20
    assert [text for text, width, room in rooms if width > room] == []


def test_dark_mode_is_light_on_dark(playground):
    page = playground(color_scheme='dark')
    parts = {'text': 'fill', '[role=status]': 'color', 'select': 'color', 'th': 'color'}
    for part, colour in parts.items():
        found = page.locator(f'block-explorer {part}').first.evaluate(
            '(part, colour) => getComputedStyle(part)[colour]', colour
        )
        assert sum(map(int, found[4:-1].split(','))) > 500, (part, found)
    box = page.locator('block-explorer rect').first
    red, *_ = box.evaluate('part => getComputedStyle(part).fill').split(' ')[1:]
    assert float(red) < 0.4


@pytest.mark.parametrize(
    ('folder', 'sentences'),
    [
        (
            '',
            [
                'sliders need',
                'network needs',
                'feature maps need',
                'occlusion need',
                'switches need',
            ],
        ),
        ('zh/', ['滑动条需要', '网络需要', '特征图需要', '遮挡需要', '开关需要']),
    ],
    ids=['en', 'zh'],
)
def test_without_javascript_a_sentence_says_so(open_page, site, folder, sentences):
    page = open_page(f'{site}/{folder}playground.html', java_script_enabled=False)
    for sentence in sentences:
        assert page.locator('noscript p', has_text=f'{sentence} JavaScript').is_visible()
    page.log.failed.clear()  # the theme's scripts, which were not fetched


def test_a_page_opened_as_a_file_says_what_it_needs(open_page, site):
    page = open_page((BUILD / 'site' / 'playground.html').as_uri())
    for what in (
        'The sliders need',
        'The network needs',
        'The feature maps need',
        'Class map and occlusion need',
        'The switches need',
    ):
        page.get_by_text(f'{what} a web server').wait_for()
    # a browser tells what it refused
    page.log.errors.clear()
    page.log.failed.clear()


@every_language
@pytest.mark.parametrize('name', ['01_inception_block', 'explorer'])
def test_a_lesson_has_it_in_place_of_the_stored_picture(playground, folder, name):
    page = playground(folder, name=name)
    still = page.locator('.cell_output', has=page.locator('block-explorer')).locator('img')
    assert still.count() == 1 and not still.is_visible()
    page.locator('article a[href="playground.html"]').click()
    page.wait_for_url(f'**/{folder}playground.html')
