"""Are the decks of build/slides readable on a projector of 1280 x 720, and do they turn by key?"""

import subprocess

import pytest

from .conftest import BUILD, ROOT

NAMES = sorted(path.stem for path in (ROOT / 'notebooks').glob('[0-9]*.ipynb'))
# every page in turn: where what it holds ends, in pixels of the slide itself
MEASURE = """() => Reveal.getSlides().map(slide => {
  const at = Reveal.getIndices(slide);
  Reveal.slide(at.h, at.v);
  const frame = document.querySelector('.slides').getBoundingClientRect(), scale = Reveal.getScale();
  const seen = [...slide.querySelectorAll('h1, h2, p, li, pre, td, th, img')]
    .filter(part => part.offsetParent && !part.closest('aside.notes'))
    .map(part => part.getBoundingClientRect());
  return {
    at: `${at.h + 1}.${(at.v || 0) + 1} ${slide.innerText.trim().slice(0, 40)}`,
    right: Math.max(...seen.map(box => (box.right - frame.left) / scale)),
    bottom: Math.max(...seen.map(box => (box.bottom - frame.top) / scale)),
    parts: seen.length,
    images: [...slide.querySelectorAll('img')].map(i => [i.naturalWidth, !!i.alt, i.width]),
    notes: slide.querySelector('aside.notes')?.textContent.trim() || '',
  };
})"""


@pytest.fixture(scope='session')
def slides(serve):
    """The address of build/slides, made as a teacher makes it."""
    subprocess.run(['make', 'slides'], cwd=ROOT, check=True, capture_output=True)
    return serve(BUILD / 'slides')


@pytest.mark.parametrize('language', ['en', 'zh'])
@pytest.mark.parametrize('name', NAMES)
def test_every_page_of_a_deck_fits(open_page, slides, language, name):
    page = open_page(f'{slides}/{language}/{name}.html', 1280, 720)
    page.wait_for_function('() => window.Reveal?.isReady()')
    measured = page.evaluate(MEASURE)
    assert len(measured) > 5
    wrong = {
        m['at']: (round(m['right']), round(m['bottom']))
        for m in measured
        if m['right'] > 1280 or m['bottom'] > 720
    }
    assert wrong == {}, 'these pages run over 1280 x 720'
    for m in measured:
        assert m['parts'] > 1, f'{m["at"]}: a heading and nothing else'
        assert all(width > 100 and alt for width, alt, _ in m['images']), m['at']
        assert all(shown > 250 for *_, shown in m['images']), f'{m["at"]}: too small to read'
        assert ':' in m['notes'][:40], f'{m["at"]}: no time for the speaker'
    assert any(m['images'] for m in measured)
    assert measured[-1]['at'].partition(' ')[2].startswith(('Recap', '回顾'))


def test_pages_turn_by_key_and_by_address(open_page, slides):
    page = open_page(f'{slides}/en/01_inception_block.html', 1280, 720)
    page.wait_for_function('() => window.Reveal?.isReady()')

    def heading():
        return page.evaluate("Reveal.getCurrentSlide().querySelector('h1, h2').innerText")

    assert heading().startswith('01 · One block, four branches')
    page.keyboard.press('ArrowRight')
    assert heading().startswith('Why several kernels')
    page.wait_for_url('**#/1')  # set a moment later
    page.keyboard.press('ArrowLeft')
    page.wait_for_url('**/01_inception_block.html')
    assert heading().startswith('01 ·')
    pages = page.evaluate('Reveal.getTotalSlides()')
    keys = 0
    while not heading().startswith('Recap') and keys < 2 * pages:
        page.keyboard.press('Space')  # pages, and within them what answers a question
        keys += 1
    assert keys > pages
    page.wait_for_url(f'**#/{page.evaluate("Reveal.getIndices().h")}')
    page.wait_for_load_state('networkidle')
    page.reload()
    page.wait_for_function('() => window.Reveal?.isReady()')
    assert heading().startswith('Recap')


def test_the_speaker_sees_notes_and_time(open_page, slides):
    page = open_page(f'{slides}/zh/01_inception_block.html#/1', 1280, 720)
    page.wait_for_function('() => window.Reveal?.isReady()')
    with page.context.expect_page() as opened:
        page.keyboard.press('s')
    speaker = opened.value
    speaker.locator('.speaker-controls-notes .value').wait_for()
    notes = speaker.locator('.speaker-controls-notes .value')
    speaker.wait_for_function("() => document.body.innerText.includes('讲完本页')")
    assert 'GoogLeNet' in notes.inner_text()
    speaker.close()


def test_the_lecture_takes_45_minutes_at_most(open_page, slides):
    page = open_page(f'{slides}/en/05_training.html', 1280, 720)
    page.wait_for_function('() => window.Reveal?.isReady()')
    last = page.evaluate(MEASURE)[-1]['notes']
    so_far, whole = last.split('slide, ')[1].split(' at its end')[0].split(' of ')
    minutes, seconds = map(int, whole.split(':'))
    assert so_far == whole
    assert 35 * 60 < 60 * minutes + seconds <= 45 * 60


def test_the_first_page_leads_to_every_deck_in_both_languages(open_page, slides):
    page = open_page(f'{slides}/index.html')
    for language, link in (('en', '中文'), ('zh', 'English')):
        links = page.locator('li a').evaluate_all('links => links.map(a => a.getAttribute("href"))')
        assert links == [f'{language}/{name}.html' for name in NAMES]
        page.get_by_role('link', name=link).click()
        page.wait_for_load_state()
    page.locator('li a').nth(3).click()
    page.wait_for_function('() => window.Reveal?.isReady()')
    assert page.locator('h1').inner_text().startswith('03 ·')
