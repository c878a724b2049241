"""The lessons as slides: one reveal.js deck each, in English and Chinese; `make slides` runs it.

A deck is made of the notebook's own cells: those that their metadata chooses (CONTRIBUTING.md says how),
the questions before them, the first sentences after them. All text becomes the speaker's notes, with
a clock. `make slides-pdf` prints the decks too.
"""

import argparse
import re
import shutil
import sys
from math import ceil
from pathlib import Path

from tools import chromium, site_assets
from tools.slides import lesson, page
from tools.slides.words import WORDS

import yaml
from jinja2 import Environment, FileSystemLoader
from pygments.formatters import HtmlFormatter

ROOT = Path(__file__).resolve().parent.parent
HERE, BUILD = ROOT / 'tools' / 'slides', ROOT / 'build' / 'slides'
LECTURE = ('00', '01', '02', '03', '04', '05')  # one clock runs through these decks
PAGES = {'en': 'index.html', 'zh': 'zh.html'}
COLOURS = {'light': 'default', 'dark': 'github-dark'}  # Pygments' styles for code
# before reveal.js has laid it out, a deck is one empty page
LAID_OUT = """() => window.Reveal?.isReady()
  && document.querySelectorAll('.pdf-page').length === Reveal.getTotalSlides()"""
TEMPLATES = Environment(loader=FileSystemLoader(HERE), trim_blocks=True)


def main() -> int:
    """Write build/slides: a page of decks for each language, the decks, and what they need."""
    parser = argparse.ArgumentParser(
        prog='python -m tools.build_slides',
        description=main.__doc__,
        epilog='example: … 03 05 --pdf',
    )
    parser.add_argument('names', nargs='*', help='which lessons, by number or name; all by default')
    parser.add_argument('--pdf', action='store_true', help='print every deck to a PDF file')
    parser.add_argument('--by', help='who teaches, for the title slide; the authors by default')
    told = parser.parse_args()
    try:
        lessons = {
            language: [lesson.read(folder / name, language) for name in chosen(told.names)]
            for language, folder in lesson.LANGUAGES.items()
        }
    except ValueError as error:
        sys.exit(error.args[0])
    vendor()
    for language, read in lessons.items():
        write(language, read, told)
    # of a few decks, some links lead to the others
    if problems := broken_links() if not told.names else []:
        print('\n'.join(problems))
        return 1
    if told.pdf:
        to_pdf(sorted(BUILD.glob('??/*.html')))
    print(f'\nopen {(BUILD / PAGES["en"]).relative_to(ROOT)}')
    return 0


def chosen(names) -> list:
    """Return the files of the lessons that begin with `names`, all if there are none; else ValueError."""
    known = sorted(path.name for path in lesson.NOTEBOOKS.glob('[0-9]*.ipynb'))
    for name in names:
        if not any(each.startswith(name) for each in known):
            raise ValueError(f'no lesson begins with {name!r}: there are {", ".join(known)}')
    return [each for each in known if each.startswith(tuple(names or ['']))]


def vendor():
    """Put in place what all decks share."""
    shutil.rmtree(BUILD, ignore_errors=True)
    shared = BUILD / 'vendor'
    shutil.copytree(site_assets.fetch('reveal.js'), shared / 'reveal.js')
    for path in (ROOT / 'docs' / 'icon.png', HERE / 'theme.js', HERE / 'index.css'):
        shutil.copy(path, shared)
    code = [
        HtmlFormatter(style=style).get_style_defs(f'[data-theme={theme}] .code')
        for theme, style in COLOURS.items()
    ]
    # the background is the slide's own
    rules = [line for line in '\n'.join(code).splitlines() if 'background' not in line]
    style = (HERE / 'deck.css').read_text(encoding='utf-8') + '\n'.join(rules) + '\n'
    (shared / 'deck.css').write_text(style, encoding='utf-8')


def write(language, lessons, told):
    """Write the decks of a language, and the page that lists them."""
    (BUILD / language).mkdir()
    authors = (
        told.by
        or yaml.safe_load((ROOT / 'CITATION.cff').read_text(encoding='utf-8'))['authors'][0]['name']
    )
    lecture = [each for each in lessons if each.name.startswith(LECTURE)]
    whole, passed, listed = sum(each.seconds for each in lecture), 0, []
    for each, following in zip(lessons, [*lessons[1:], None], strict=True):
        pages = page.pages(each, authors, following)
        own = 0
        for shown in pages:
            own += shown.seconds
            clocks = {'own': shown.seconds, 'deck': own, 'deck_all': each.seconds}
            clocks |= {'lecture': passed + own, 'lecture_all': whole}
            said = WORDS[language]['clock'] + WORDS[language]['lecture'] * (each in lecture)
            shown.clock = said.format(**{name: clock(value) for name, value in clocks.items()})
            shown.notes = page.markdown(shown.notes)
        passed += each.seconds
        title = page.inline(each.title)
        deck = TEMPLATES.get_template('deck.html').render(
            lesson=each, pages=pages, title_text=title.striptags()
        )
        (BUILD / language / f'{each.name}.html').write_text(deck, encoding='utf-8')
        if language == 'en':
            print(f'{each.name:28} {len(pages):3} pages {clock(each.seconds):>6}')
        minutes = ceil(each.seconds / 60)
        listed.append({'name': each.name, 'title': title, 'pages': len(pages), 'minutes': minutes})
    plan = {'first': LECTURE[0], 'last': LECTURE[-1], 'minutes': ceil(whole / 60)}
    other = next(PAGES[name] for name in PAGES if name != language)
    index = TEMPLATES.get_template('index.html').render(
        language=language, words=WORDS[language], decks=listed, pdf=told.pdf, other=other,
        plan=WORDS[language]['plan'].format(**plan) if len(lecture) == len(LECTURE) else '',
    )  # fmt: skip
    (BUILD / PAGES[language]).write_text(index, encoding='utf-8')


def broken_links() -> list:
    """Return a line for each link of a page of build/slides that leads to no file there."""
    found = []
    for path in sorted(BUILD.rglob('*.html')):
        if 'vendor' in path.parts:
            continue
        for target in set(re.findall(r'(?:href|src)="([^"#?]+)', path.read_text(encoding='utf-8'))):
            outside = target.startswith(('http:', 'https:', 'data:')) or target.endswith('.pdf')
            if not (outside or (path.parent / target).exists()):
                found.append(f'{path.relative_to(BUILD)}: no {target}')
    return found


def to_pdf(paths):
    """Print decks beside themselves, a page a slide; exits with one line without a Chromium."""
    addresses = {f'{path.as_uri()}?print-pdf': path.with_suffix('.pdf') for path in paths}
    chromium.print_pdf(addresses, LAID_OUT)


def clock(seconds) -> str:
    """Write seconds as minutes and seconds, 12:05."""
    return f'{seconds // 60}:{seconds % 60:02d}'


if __name__ == '__main__':
    sys.exit(main())
