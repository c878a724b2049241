"""Are the decks of build/slides readable on a projector of 1280 x 720, light and dark, on paper too?"""

import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

from tools import build_slides, chromium

import pytest

from .conftest import BUILD, ROOT

NAMES = sorted(path.stem for path in (ROOT / 'notebooks').glob('[0-9]*.ipynb'))
DRAWN = 9  # points: the smallest text of a figure, which tests/figures holds
# every page in turn, with all that it shows in the end
MEASURE = """() => Reveal.getSlides().map(slide => {
  const at = Reveal.getIndices(slide);
  Reveal.slide(at.h, at.v, slide.querySelectorAll('.fragment').length);
  const page = slide.querySelector('.slide').getBoundingClientRect(), scale = Reveal.getScale();
  const boxes = [...slide.querySelectorAll('h1, h2, p, li, dl, pre, table, img, .asked, .name')]
    .filter(part => part.offsetParent && !part.closest('aside.notes'))
    .map(part => [part, part.getBoundingClientRect()]);
  const letters = [];
  const walk = document.createTreeWalker(slide.querySelector('.slide'), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const holder = walk.currentNode.parentElement;
    if (walk.currentNode.data.trim() && holder.getClientRects().length)
      letters.push(parseFloat(getComputedStyle(holder).fontSize));
  }
  const filled = new Set();  // squares of 20 pixels
  for (const [, box] of boxes)
    for (let x = box.left - page.left; x < box.right - page.left; x += 20)
      for (let y = box.top - page.top; y < box.bottom - page.top; y += 20)
        filled.add(`${Math.floor(x / 20)} ${Math.floor(y / 20)}`);
  const body = slide.querySelector('.body')?.getBoundingClientRect() || page;
  const corner = [...document.querySelectorAll('.controls button.enabled, .slide-number')]
    .map(part => part.getBoundingClientRect()).filter(box => box.width);
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const ends = boxes.map(([, box]) => box);
  const inside = [...slide.querySelectorAll('.body *')].filter(part => part.getClientRects().length);
  return {
    at: `${at.h + 1} ${slide.dataset.kind} ${slide.innerText.trim().slice(0, 50)}`,
    kind: slide.dataset.kind,
    title: slide.querySelector('h1, h2').innerText,
    scale,
    over: Math.max(...ends.map(box => Math.max(box.right - page.right, box.bottom - page.bottom,
      page.left - box.left, page.top - box.top)),
      ...inside.map(part => part.getBoundingClientRect())
        .map(box => Math.max(box.bottom - body.bottom, body.top - box.top, box.right - page.right))),
    smallest: Math.min(...letters),
    figures: [...slide.querySelectorAll('img')].map(i => ({alt: i.alt,
      inch: i.getBoundingClientRect().width / parseFloat(i.style.getPropertyValue('--inches'))})),
    empty: 1 - filled.size / (64 * 36),
    covered: ends.some(box => corner.some(other => meet(box, other)))
      || corner.some((a, i) => corner.some((b, k) => i < k && meet(a, b))),
    lines: Math.max(0, ...[...slide.querySelectorAll('.code pre')].map(p => p.childElementCount)),
    notes: slide.querySelector('aside.notes').textContent.trim(),
  };
})"""


@pytest.fixture(scope='session')
def slides(serve):
    """The address of build/slides, made as a teacher makes it."""
    subprocess.run(['make', 'slides'], cwd=ROOT, check=True, capture_output=True)
    return serve(BUILD / 'slides')


@pytest.fixture
def open_deck(open_page, slides):
    """Return `open_deck(path, **options of a context)`: a deck's page when it is ready."""

    def opened(path, **options):
        page = open_page(f'{slides}/{path}', 1280, 720, **options)
        page.wait_for_function('() => window.Reveal?.isReady()')
        return page

    return opened


@pytest.mark.parametrize('language', ['en', 'zh'])
@pytest.mark.parametrize('name', NAMES)
def test_every_page_of_a_deck_is_full_and_readable(open_deck, language, name):
    measured = open_deck(f'{language}/{name}.html').evaluate(MEASURE)
    wrong = []
    for m in measured:
        assert m['scale'] == 1
        found = {
            'runs over by': round(m['over']) if m['over'] > 0.5 else 0,
            'smallest text': round(m['smallest'], 1) if m['smallest'] < 16 else 0,
            'smallest text in the figure': next(
                (
                    round(f['inch'] * DRAWN / 72, 1)
                    for f in m['figures']
                    if f['inch'] * DRAWN / 72 < 16
                ),
                0,
            ),
            'empty': round(m['empty'], 2) if m['empty'] >= 0.6 else 0,
            'lies under the arrows or the number': m['covered'],
            'lines of code': m['lines'] if m['lines'] > 12 else 0,
            'a figure without words': any(not f['alt'] for f in m['figures']),
            'no title': not m['title'],
            'no time for the speaker': not re.search(r'\d:\d\d', m['notes'][:40]),
        }
        wrong += [(m['at'], {what: value for what, value in found.items() if value})]
    assert [each for each in wrong if each[1]] == []
    assert [m['kind'] for m in measured[:2] + measured[-1:]] == ['title', 'list', 'list']
    assert any(m['figures'] for m in measured)
    for m, following in zip(measured, measured[1:], strict=False):
        if m['kind'] == 'question':  # the answer is on the next page
            assert following['kind'] in ('figure', 'text'), m['at']


def test_pages_turn_by_key_and_by_address(open_deck):
    page = open_deck('en/01_inception_block.html')

    def heading():
        return page.evaluate("Reveal.getCurrentSlide().querySelector('h1, h2').innerText")

    assert heading().startswith('01 · One block, four branches')
    page.keyboard.press('ArrowRight')
    assert heading() == 'You will be able to'
    page.wait_for_url('**#/1')  # set a moment later
    page.keyboard.press('ArrowLeft')
    page.wait_for_url('**/01_inception_block.html')
    assert heading().startswith('01 ·')
    pages = page.evaluate('Reveal.getTotalSlides()')
    keys = 0
    while heading() != 'Recap' and keys < 5 * pages:
        page.keyboard.press('ArrowRight')  # pages, and within them steps and conclusions
        keys += 1
    assert keys > pages
    page.wait_for_url(f'**#/{pages - 1}')
    page.wait_for_load_state('networkidle')
    page.reload()
    page.wait_for_function('() => window.Reveal?.isReady()')
    assert heading() == 'Recap'
    page.get_by_role('link', name='02 ·').click()  # on to the next deck
    page.wait_for_url('**/02_five_stages.html')


def test_code_is_discussed_step_by_step(open_deck):
    page = open_deck('en/01_inception_block.html')
    marked = []
    page.evaluate(
        """() => { const at = Reveal.getSlides().findIndex(s => s.querySelectorAll('.step').length === 5);
        Reveal.slide(at) }"""
    )
    for _ in range(5):
        page.keyboard.press('ArrowRight')
        shown = page.evaluate(
            """() => [...Reveal.getCurrentSlide().querySelectorAll('.step.visible')].at(-1)
            .querySelectorAll('.now .number').values().map(n => +n.textContent).toArray()"""
        )
        marked.append(shown)
    assert marked == [[4], [5, 6], [7, 8], [9, 10], [12, 13, 14, 15]]


def test_a_key_changes_between_light_and_dark(open_deck):
    page = open_deck('en/03_shape_priming.html', color_scheme='dark')

    def colours():
        return page.evaluate(
            """() => [getComputedStyle(document.body).backgroundColor,
            getComputedStyle(document.querySelector('h1')).color]"""
        )

    dark = colours()
    page.keyboard.press('d')
    light = colours()
    assert dark == ['rgb(21, 24, 28)', 'rgb(232, 234, 237)']
    assert light == ['rgb(255, 255, 255)', 'rgb(34, 34, 34)']
    page.reload()
    page.wait_for_function('() => window.Reveal?.isReady()')
    assert colours() == light  # the choice stays


def test_the_speaker_sees_notes_and_time(open_deck):
    page = open_deck('zh/01_inception_block.html#/2')
    assert page.locator('html').get_attribute('lang') == 'zh-CN'
    with page.context.expect_page() as opened:
        page.keyboard.press('s')
    speaker = opened.value
    notes = speaker.locator('.speaker-controls-notes .value')
    notes.wait_for()
    speaker.wait_for_function("() => document.body.innerText.includes('讲完本页')")
    assert '整场讲座' in notes.inner_text()
    speaker.locator('.pacing').wait_for()  # ahead or behind, by the slides' own times
    speaker.close()


def test_the_clock_of_the_last_slide_stands_at_the_end(open_deck):
    last = open_deck('en/05_training.html').evaluate(MEASURE)[-1]['notes']
    deck, lecture = re.findall(r'(\d+:\d\d) of (\d+:\d\d)', last)
    assert deck[0] == deck[1] and lecture[0] == lecture[1]


def test_on_paper_every_page_has_margins_and_all_of_its_slide(open_deck):
    page = open_deck('en/01_inception_block.html?print-pdf')
    page.wait_for_selector('.pdf-page')
    found = page.evaluate(
        """() => [...document.querySelectorAll('.pdf-page')].map(page => {
          const paper = page.getBoundingClientRect();
          const parts = [...page.querySelectorAll('h1, h2, p, pre, img, table, li')]
            .filter(part => part.offsetParent && !part.closest('aside, .speaker-notes-pdf'))
            .map(part => part.getBoundingClientRect());
          return [Math.min(...parts.map(box => box.left - paper.left)),
            Math.min(...parts.map(box => paper.right - box.right)),
            Math.min(...parts.map(box => box.top - paper.top)),
            Math.min(...parts.map(box => paper.bottom - box.bottom)),
            [...page.querySelectorAll('.fragment:not(.step)')]
              .every(part => getComputedStyle(part).visibility === 'visible')];
        })"""
    )
    assert len(found) > 20
    for left, right, top, bottom, seen in found:
        assert left >= 18 and right >= 18 and top >= 8 and bottom >= 8, found
        assert seen


def test_a_deck_becomes_a_pdf_of_as_many_pages(open_deck, tmp_path):
    shutil.copytree(BUILD / 'slides', tmp_path / 'slides')
    deck = tmp_path / 'slides' / 'en' / '03_shape_priming.html'
    with ThreadPoolExecutor(1) as other:  # a thread has one Playwright, and this one has the tests'
        other.submit(build_slides.to_pdf, [deck]).result()
    made = deck.with_suffix('.pdf').read_bytes()
    pages = open_deck('en/03_shape_priming.html').evaluate('Reveal.getTotalSlides()')
    assert len(re.findall(rb'/Type /Page\b', made)) == pages
    assert re.search(rb'/MediaBox \[0 0 960 540\]', made)  # 1280 x 720 pixels, in points


def test_a_page_that_was_printed_empty_is_printed_again(tmp_path):
    page, made = tmp_path / 'page.html', tmp_path / 'page.pdf'
    page.write_text(
        '<body><script>if (sessionStorage.seen) document.body.append("text");'
        'sessionStorage.seen = 1</script>'
    )
    with ThreadPoolExecutor(1) as other:
        other.submit(chromium.print_pdf, {page.as_uri(): made}, '() => true').result()
        assert b'/Font' in made.read_bytes()
        page.write_text('<body></body>')
        made.unlink()
        with pytest.raises(SystemExit, match='page.html without any text, 3 times'):
            other.submit(chromium.print_pdf, {page.as_uri(): made}, '() => true').result()
    assert not made.exists()


def test_without_a_browser_one_line_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(chromium, 'NAMES', ())
    monkeypatch.setenv('PLAYWRIGHT_BROWSERS_PATH', str(tmp_path))
    with (
        ThreadPoolExecutor(1) as other,
        pytest.raises(SystemExit, match='apt-get install chromium') as told,
    ):
        other.submit(build_slides.to_pdf, [tmp_path / 'deck.html']).result()
    assert len(str(told.value).splitlines()) == 1


def test_the_first_page_leads_to_every_deck_in_both_languages(open_page, slides):
    page = open_page(f'{slides}/index.html')
    for language, link in (('en', '中文'), ('zh', 'English')):
        links = page.locator('td a').evaluate_all('links => links.map(a => a.getAttribute("href"))')
        assert links == [f'{language}/{name}.html' for name in NAMES]
        page.get_by_role('link', name=link).click()
        page.wait_for_load_state()
    page.locator('td a').nth(3).click()
    page.wait_for_function('() => window.Reveal?.isReady()')
    assert page.locator('h1').inner_text().startswith('03 ·')
