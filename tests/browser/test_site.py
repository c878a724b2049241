"""Does the site of `make site` work in a real browser, without a network, in both languages?"""

import re
from concurrent.futures import ThreadPoolExecutor

from tools import build_pdf, build_site

import pytest

from .conftest import ROOT, english_first

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
        "() => document.querySelector('#search-results li p')?.innerText.length > 20"
    )
    page.locator(f'#search-results li a[href*="{wanted}"]').first.wait_for()
    found = page.locator('#search-results li a').evaluate_all('links => links.map(a => a.href)')
    assert all(f'/{folder}' in link for link in found)


@pytest.mark.parametrize('query', ['1×1', '1x1', '1 × 1'])
@pytest.mark.parametrize('folder', ['', 'zh/'])
def test_one_by_one_finds_lesson_01_first(open_page, site, folder, query):
    page = open_page(f'{site}/{folder}search.html?q={query}')
    first = page.locator('#search-results li a').first
    first.wait_for()
    assert '01_inception_block' in first.get_attribute('href')


@pytest.mark.parametrize(
    ('folder', 'query', 'wanted'),
    [
        ('', 'batch normalization', '08_batch_norm'),
        ('', 'receptive field', '01_inception_block'),
        ('zh/', '批量归一化', '08_batch_norm'),
    ],
)
def test_a_lesson_with_the_words_in_a_heading_comes_before_lists(
    open_page, site, folder, query, wanted
):
    page = open_page(f'{site}/{folder}search.html?q={query}')
    page.wait_for_function("() => document.querySelector('.search-summary')?.innerText")
    found = page.locator('#search-results li.kind-text a').evaluate_all(
        'links => links.map(a => a.href)'
    )
    lists = [
        place for place, link in enumerate(found) if re.search('glossary|changelog|index', link)
    ]
    place = next(place for place, link in enumerate(found) if wanted in link)
    assert all(place < other for other in lists), found


@pytest.mark.parametrize('words', ['梯度', '1x1'])
def test_a_search_in_chinese_answers_in_chinese(open_page, site, words):
    page = open_page(f'{site}/zh/search.html?q={words}')
    page.wait_for_function("() => document.querySelector('.search-summary')?.innerText")
    assert re.fullmatch(r'搜索完成，找到 \d+ 处。', page.locator('.search-summary').inner_text())
    page.locator('#search-results li p').nth(3).wait_for()
    lines = page.locator('#search-results li p').all_inner_texts()
    assert not [line for line in lines if line.startswith(('...目录', '...English'))]
    # a line may come from code, but not the first one
    assert re.search('[\u4e00-\u9fff]', lines[0])


def test_search_opens_by_its_button(open_page, site):
    page = open_page(f'{site}/index.html')
    page.keyboard.press('Control+k')
    page.locator('.search-button__search-container input:visible, dialog input:visible').fill(
        'LeNet'
    )
    page.keyboard.press('Enter')
    page.wait_for_url('**/search.html?q=LeNet')
    page.locator('#search-results li').first.wait_for()


TWINS = ['index', '01_inception_block', 'playground', 'benchmarks',
         'lesson_plan', 'exercises', 'hosting', 'training']  # fmt: skip


@pytest.mark.parametrize('name', TWINS)
def test_a_page_leads_to_itself_in_the_other_language(open_page, site, name):
    page = open_page(f'{site}/{name}.html')
    heading = page.locator('h1').first.inner_text()
    for language, button, address in (('zh', '中文', f'/zh/{name}'), ('en', 'English', f'/{name}')):
        page.locator('a.language', has_text=button).click()
        page.wait_for_url(f'{site}{address}.html')
        assert page.locator('html').get_attribute('lang').startswith(language)
    assert page.locator('h1').first.inner_text() == heading


@pytest.mark.parametrize('name', ['05_training', 'hosting'])
def test_the_other_language_shows_the_same_section(open_page, site, name):
    page = open_page(f'{site}/{name}.html')
    at = """number => { const headings = document.querySelectorAll('article section > :is(h1, h2, h3)');
      return headings[number].getBoundingClientRect().top; }"""
    page.evaluate(
        """number => document.querySelectorAll('article section > :is(h1, h2, h3)')[number]
        .scrollIntoView({behavior: 'instant'})""",
        3,
    )
    for button, address in (('中文', f'/zh/{name}'), ('English', f'/{name}')):
        # Playwright's own click scrolls the page before it clicks
        page.locator('a.language', has_text=button).evaluate('link => link.click()')
        page.wait_for_url(re.compile(f'{site}{address}.html#.+'))
        # until the page has come to rest there: the link goes by what has reached the header
        page.wait_for_function(f'() => {{ const top = ({at})(3); return 0 <= top && top < 100; }}')


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


@english_first
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


WAITS = "parts => parts.filter(part => getComputedStyle(part).display === 'none').length"


@pytest.mark.parametrize('folder', ['', 'zh/'])
def test_answers_wait_until_they_are_asked_for(open_page, site, folder):
    page = open_page(f'{site}/{folder}01_inception_block.html')
    buttons, answers = page.locator('.answer-button'), page.locator('.answer-waits')
    assert buttons.count() == 11
    hidden = answers.count()
    assert hidden > 20 and answers.evaluate_all(WAITS) == hidden
    # 256 channels, in the figure and in the sentence after it
    sentence = page.locator('article p', has_text='64 + 128 + 32 + 32').first
    assert not sentence.is_visible()
    buttons.first.focus()
    page.keyboard.press('Enter')
    assert sentence.is_visible() and buttons.first.get_attribute('aria-expanded') == 'true'
    assert answers.evaluate_all(WAITS) == answers.count() == hidden - 2
    page.keyboard.press('Enter')
    assert not sentence.is_visible()


def test_one_switch_opens_all_answers_on_every_page(open_page, site):
    page = open_page(f'{site}/01_inception_block.html')
    page.locator('.answers-switch').click()
    assert page.locator('.answer-waits').count() == 0
    page.goto(f'{site}/02_five_stages.html')
    assert page.locator('.answers-switch input').is_checked()
    assert page.locator('.answer-waits').count() == 0
    page.locator('.answers-switch').click()
    assert page.locator('.answer-waits').count() > 20


def test_what_one_answers_with_does_not_wait(open_page, site):
    page = open_page(f'{site}/01_inception_block.html')
    assert page.locator('block-explorer').is_visible()


def test_paper_and_a_browser_without_scripts_show_all_answers(open_page, site):
    page = open_page(f'{site}/01_inception_block.html')
    assert page.locator('.answer-waits').evaluate_all(WAITS) > 20
    page.emulate_media(media='print')
    assert page.locator('.answer-waits').evaluate_all(WAITS) == 0
    assert not page.locator('.answer-button').first.is_visible()
    page = open_page(f'{site}/01_inception_block.html', java_script_enabled=False)
    assert page.locator('article p', has_text='64 + 128 + 32 + 32').first.is_visible()


def test_no_element_of_the_playground_is_printed(open_page, site):
    page = open_page(f'{site}/playground.html')
    elements = page.locator('block-explorer, [files]')
    assert all(element.is_visible() for element in elements.all())
    page.emulate_media(media='print')
    assert elements.count() == 5 and not any(element.is_visible() for element in elements.all())


@pytest.mark.parametrize('width', [1440, 390])
def test_a_figure_opens_large(open_page, site, width):
    page = open_page(f'{site}/07_going_deeper.html', width, 844)
    page.locator('.answers-switch').click()
    small = page.locator('.cell_output a.image-reference').first
    small.focus()
    before = small.locator('img').bounding_box()
    page.keyboard.press('Enter')
    large = page.locator('dialog[open] img')
    large.wait_for()
    assert large.bounding_box()['width'] > 1.2 * before['width']
    page.keyboard.press('Escape')
    large.wait_for(state='hidden')
    assert small.evaluate('link => link === document.activeElement')
    small.click()
    large.click()
    large.wait_for(state='hidden')


def test_a_wide_table_is_reached_and_scrolled_by_keys(open_page, site):
    page = open_page(f'{site}/benchmarks.html', 390, 844)
    page.locator('article table[tabindex="0"]').first.wait_for()
    wide = page.locator('article table').evaluate_all(
        'tables => tables.filter(table => (table.scrollWidth > table.clientWidth + 1)'
        ' !== (table.tabIndex === 0)).length'
    )
    assert wide == 0
    table = page.locator('article table[tabindex="0"]').first
    table.focus()
    page.keyboard.press('ArrowRight')
    page.wait_for_function('() => document.activeElement.scrollLeft > 0')


@pytest.mark.parametrize('folder', ['', 'zh/'])
def test_a_lesson_leads_to_its_notebook(open_page, site, folder):
    page = open_page(f'{site}/{folder}05_training.html')
    with page.expect_download() as download:
        page.locator('.lesson-links a[download]').click()
    there = ROOT / 'notebooks' / folder / '05_training.ipynb'
    assert download.value.suggested_filename == there.name
    assert there.read_bytes() == download.value.path().read_bytes()
    assert page.locator('.lesson-links a', has_text='Colab').count() == 0  # no address is set


@pytest.mark.parametrize('folder', ['', 'zh/'])
def test_the_first_page_has_every_lesson_with_its_question(open_page, site, folder):
    page = open_page(f'{site}/{folder}index.html')
    rows = page.locator('.questions tbody tr')
    assert rows.count() == len(LESSONS)
    for name in LESSONS:
        assert page.locator(f'.questions a[href="notebooks/{name}.ipynb"]').count() == 1
    pictures = page.locator('.pictures img').evaluate_all(
        'images => images.map(image => [image.naturalWidth, image.alt.length])'
    )
    assert len(pictures) == 3 and all(wide > 500 and words > 20 for wide, words in pictures)


def test_a_printed_table_is_whole(open_page, site):
    page = open_page(f'{site}/benchmarks.html', 700, 900)
    page.emulate_media(media='print')
    cut = page.locator('article table').evaluate_all(
        'tables => tables.filter(table => table.scrollWidth > table.clientWidth + 1).length'
    )
    assert cut == 0
    # a table, and no box that scrolls: its head is printed again on the next page
    shown = page.locator('article table').first.evaluate('table => getComputedStyle(table).display')
    assert shown == 'table'
    assert (
        page.locator('article table').first.evaluate('table => getComputedStyle(table).breakInside')
        == 'avoid'
    )


def test_a_printed_total_stands_once(open_page, site):
    """A footer would be printed at the end of each page that a table is divided between."""
    page = open_page(f'{site}/00_start_here.html', 700, 900)
    page.emulate_media(media='print')
    totals = page.locator('article tfoot').evaluate_all(
        'feet => feet.map(foot => getComputedStyle(foot).display)'
    )
    assert set(totals) == {'table-row-group'}


BOOK = """<script>window.MathJax = {startup: {promise: Promise.resolve()}}</script>
<section><h1>Book</h1><div class="toctree-wrapper">
<span id="document-a"></span><section id="x"><h2>One<a class="headerlink">#</a></h2></section>
<span id="document-b"></span><section id="y"><h2>Two</h2><a href="#left-out">a page of the site</a>
<details><summary>Show one answer to exercise 1</summary><p>2</p></details></section></div></section>"""


def test_the_pdf_has_a_table_of_contents_and_bookmarks(tmp_path):
    page = tmp_path / 'index.html'
    style = (ROOT / 'docs/site/static/book.css').read_text(encoding='utf-8')
    page.write_text(f'<style>{style}</style>{BOOK}', encoding='utf-8')
    build_pdf.typeset(page, 'en')
    made = page.read_text(encoding='utf-8')
    assert '<a href="#document-a"><span>One</span></a>' in made and '<h2>One</h2>' in made
    assert 'href="#left-out"' not in made and 'a page of the site' in made
    assert '<p class="answer-title">One answer to exercise 1</p><p>2</p>' in made
    with ThreadPoolExecutor(1) as other:  # a thread has one Playwright, and this one has the tests'
        other.submit(build_pdf.print_page, page, tmp_path / 'book.pdf').result()
    pdf = (tmp_path / 'book.pdf').read_bytes()
    assert len(re.findall(rb'/Type /Page\b', pdf)) == 3  # each chapter begins on a page of its own
    assert b'/Outlines' in pdf and b'/Dests' in pdf


@pytest.mark.parametrize(
    'lines, outputs, rows, divided',
    [(3, 1, 12, False), (4, 1, 12, True), (1, 2, 12, True), (1, 1, 13, True)],
)
def test_on_paper_a_long_cell_or_table_may_be_divided(tmp_path, lines, outputs, rows, divided):
    code = '<div class="cell_input"><pre>' + 'a\n' * lines + '</pre></div>'
    table = '<div class="output"><table>' + '<tr><td>1</td></tr>' * rows + '</table></div>'
    cell = f'<div class="cell">{code}<div class="cell_output">{table * outputs}</div></div>'
    page = tmp_path / 'index.html'
    page.write_text(BOOK.replace('<h2>Two</h2>', f'<h2>Two</h2>{cell}'), encoding='utf-8')
    build_pdf.typeset(page, 'en')
    made = page.read_text(encoding='utf-8')
    assert ('class="cell long"' in made) == divided
    assert ('<table class="long">' in made) == (rows > 12)


def test_a_link_of_the_book_leads_to_the_document_that_it_names(tmp_path):
    """Headings of two documents may be alike, and those in Chinese have only numbers as their names."""
    (tmp_path / 'index.md').write_text('# Book\n\n```{toctree}\none\ntwo\n```\n')
    for name, other in (('one', 'two'), ('two', 'one')):
        text = f'# {name}\n\n## 数据\n\n[there]({other}.md#数据)\n\n[here](#数据)\n'
        (tmp_path / f'{name}.md').write_text(text, encoding='utf-8')
    options = ['-Q', '-t', 'book', '-b', 'singlehtml']
    assert build_site.sphinx('zh', tmp_path, tmp_path / 'out', options) == 0
    page = (tmp_path / 'out' / 'index.html').read_text(encoding='utf-8')
    ids = re.findall(r'<section id="([^"]+)">\s*<h3>数据', page)
    assert len(set(ids)) == 2
    assert [ids.index(i) for i in re.findall(r'href="#([^"]+)">(?:<span[^>]*>)?there', page)] == [
        1,
        0,
    ]
    assert [ids.index(i) for i in re.findall(r'href="#([^"]+)">(?:<span[^>]*>)?here', page)] == [
        0,
        1,
    ]
