"""Does the site of `make site` work in a real browser, without a network, in both languages?"""

import pytest

from .conftest import ROOT

LESSONS = sorted(path.stem for path in (ROOT / 'notebooks').glob('*.ipynb'))
WIDEST = """() => [document.documentElement.scrollWidth, innerWidth,
  ...[...document.querySelectorAll('article *')].filter(part =>
    part.getBoundingClientRect().right > innerWidth + 1 && !part.closest(
      'pre, table, .math, .cell_output, .highlight')).map(part => part.tagName).slice(0, 5)]"""


@pytest.mark.parametrize(
    ('folder', 'query', 'wanted'),
    [
        ('', 'auxiliary classifier', '07_going_deeper'),
        ('', 'rebind', '04_force_reinit_pitfall'),
        ('zh/', '辅助分类器', '07_going_deeper'),
        ('zh/', '梯度', '15_many_devices'),
        ('zh/', '批量归一化的均值', '08_batch_norm'),
    ],
)
def test_search_finds_it(open_page, site, folder, query, wanted):
    page = open_page(f'{site}/{folder}search.html?q={query}')
    page.locator('#search-results li').first.wait_for()
    page.wait_for_function(
        "() => document.querySelector('#search-results p')?.innerText.length > 20"
    )
    found = page.locator('#search-results li a').evaluate_all('links => links.map(a => a.href)')
    assert any(wanted in link for link in found), found
    assert all(f'/{folder}' in link for link in found)


def test_search_opens_by_its_button(open_page, site):
    page = open_page(f'{site}/index.html')
    page.keyboard.press('Control+k')
    page.locator('.search-button__search-container input:visible, dialog input:visible').fill(
        'LeNet'
    )
    page.keyboard.press('Enter')
    page.wait_for_url('**/search.html?q=LeNet')
    page.locator('#search-results li').first.wait_for()


@pytest.mark.parametrize('name', ['index', '01_inception_block', 'playground', 'benchmarks'])
def test_a_page_leads_to_itself_in_the_other_language(open_page, site, name):
    page = open_page(f'{site}/{name}.html')
    heading = page.locator('h1').first.inner_text()
    for language, button, address in (('zh', '中文', f'/zh/{name}'), ('en', 'English', f'/{name}')):
        page.locator('a.language', has_text=button).click()
        page.wait_for_url(f'{site}{address}.html')
        assert page.locator('html').get_attribute('lang').startswith(language)
    assert page.locator('h1').first.inner_text() == heading


def test_a_page_without_a_twin_leads_to_the_first_one(open_page, site):
    page = open_page(f'{site}/reference/index.html')
    assert 'count_macs' in page.locator('dt.sig').all_inner_texts().__str__()
    page.locator('a.language').click()
    page.wait_for_url(f'{site}/zh/index.html')


@pytest.mark.parametrize('name', ['01_inception_block', '08_batch_norm'])
@pytest.mark.parametrize('folder', ['', 'zh/'])
def test_mathematics_is_rendered(open_page, site, folder, name):
    page = open_page(f'{site}/{folder}{name}.html')
    page.locator('mjx-container[display=true]').first.wait_for()
    assert page.locator('mjx-merror').count() == 0
    assert (
        page.locator('mjx-container[display=true]').first.evaluate('math => math.clientWidth') > 20
    )
    assert '\\cdot' not in page.locator('article').inner_text()


def test_dark_mode_is_dark_and_stays(open_page, site):
    page = open_page(f'{site}/01_inception_block.html', color_scheme='light')
    brightness = """() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g)
      .slice(0, 3).reduce((sum, part) => sum + Number(part), 0)"""
    assert page.evaluate(brightness) > 700
    for _ in range(3):  # the button goes round: as the system has it, light, dark
        page.locator('button.theme-switch-button:visible').first.click()
        if page.locator('html').get_attribute('data-theme') == 'dark':
            break
    assert page.evaluate(brightness) < 150
    page.goto(f'{site}/02_five_stages.html')
    assert page.evaluate(brightness) < 150


@pytest.mark.parametrize('folder', ['', 'zh/'])
@pytest.mark.parametrize('name', ['index', 'benchmarks', 'playground', 'search', *LESSONS])
def test_a_phone_scrolls_down_only(open_page, site, folder, name):
    page = open_page(f'{site}/{folder}{name}.html', 390, 844)
    wide, screen, *parts = page.evaluate(WIDEST)
    assert wide <= screen and not parts, (wide, parts)


@pytest.mark.parametrize('name', LESSONS)
def test_every_figure_is_shown_with_its_words(open_page, site, name):
    page = open_page(f'{site}/{name}.html')
    page.evaluate("document.querySelectorAll('img').forEach(image => image.loading = 'eager')")
    page.wait_for_function('() => [...document.images].every(image => image.complete)')
    images = page.locator('.cell_output img').evaluate_all(
        'images => images.map(image => [image.naturalWidth, image.width, image.alt.length])'
    )
    assert images
    assert all(natural > 100 and shown > 90 and alt > 20 for natural, shown, alt in images), images
