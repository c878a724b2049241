"""The whole course as one PDF in each language, build/pdf/inception-in-gluon*.pdf; `make pdf` runs it.

Sphinx puts lessons, map and glossary on one page of HTML, and Chromium prints it. The answers to the
Predicts and the exercises stand open. A link to a page of the site that the book leaves out is plain text.
"""

import re
import shutil
import sys
from html import escape
from pathlib import Path

from tools import build_site, chromium, course_map, site_assets

from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parent.parent
BUILD, OUT = ROOT / 'build' / 'book', ROOT / 'build' / 'pdf'
NAMES = {'en': 'inception-in-gluon.pdf', 'zh': 'inception-in-gluon.zh.pdf'}
TYPESET = '() => MathJax.startup.promise.then(() => true)'  # all formulas
APART = 3  # lines of code: with more, a cell may be divided between its code and its output
ROWS = 12  # of a table: with more, it may go on on the next page
SHORT = 18  # letters of a row's first entry that stay on one line
# what follows the lessons
OTHERS = ['course_map', 'glossary']
TEXT = {
    'en': ('Inception in Gluon', 'Contents', 'Text CC BY-SA 4.0, code MIT'),
    'zh': ('用 Gluon 实现 Inception', '目录', '文字采用 CC BY-SA 4.0，代码采用 MIT 许可'),
}
FIRST = """# {title}

![{title}](googlenet.png)

{licence}

```{{toctree}}
:hidden:

{pages}
```
"""


def main() -> int:
    """Build both books; return the exit status."""
    OUT.mkdir(parents=True, exist_ok=True)
    static = ROOT / 'build' / 'site-static'
    shutil.rmtree(static, ignore_errors=True)
    shutil.copytree(site_assets.fetch('mathjax'), static / 'mathjax')
    for language, name in NAMES.items():
        status = sphinx(language)
        if status:
            return status
        typeset(BUILD / language / 'index.html', language)
        print_page(BUILD / language / 'index.html', OUT / name)
        print(f'{(OUT / name).relative_to(ROOT)}: {(OUT / name).stat().st_size / 1e6:.0f} MB')
    return 0


def sphinx(language) -> int:
    """Have Sphinx write what the book holds as one page of HTML; return its exit status."""
    source = build_site.gather(language, on_screen=False)
    kept = [*course_map.NAMES.values(), *OTHERS]
    shutil.rmtree(source / 'reference', ignore_errors=True)
    for path in source.glob('*.md'):
        if path.stem not in kept:
            path.unlink()
    title, _, licence = TEXT[language]
    first = FIRST.format(title=title, licence=licence, pages='\n'.join(kept))
    (source / 'index.md').write_text(first, encoding='utf-8')
    out = BUILD / language
    shutil.rmtree(out, ignore_errors=True)
    # without words about the pages that are left out
    options = ['-Q', '-t', 'book', '-b', 'singlehtml', '-d', BUILD / 'doctrees' / language]
    return build_site.sphinx(language, source, out, options)


def typeset(path, language):
    """Make a page for paper of the page of HTML: contents, answers that stand open, no dead link."""
    page = BeautifulSoup(path.read_text(encoding='utf-8'), 'html.parser')
    add_contents(page, language)
    for answer in page.find_all('details'):
        answer.name, answer['class'] = 'div', 'answer'
        title = answer.summary
        title.name, title['class'] = 'p', 'answer-title'
        title.string = re.sub(r'^(Show|显示) ?', '', title.get_text()).capitalize()
    for mark in page.select('.headerlink'):  # the pilcrow that a screen shows beside a heading
        mark.decompose()
    ids = {tag['id'] for tag in page.find_all(id=True)}
    for link in page.find_all('a', href=re.compile('^#')):
        if link['href'][1:] not in ids:  # a page of the site that the book leaves out
            link.unwrap()
    for table in page.find_all('table'):
        if len(table.find_all('tr')) > ROWS:
            table['class'] = [*table.get('class', ()), 'long']
    for cell in page.find_all(class_='cell'):
        code, outputs = cell.find(class_='cell_input'), cell.select('.cell_output > .output')
        lines = code.get_text().strip().count('\n') if code else 0
        if lines >= APART or len(outputs) > 1 or cell.select('table.long'):
            cell['class'].append('long')
    for first in page.select('tr > :first-child'):
        if len(first.get_text()) <= SHORT:
            first['class'] = [*first.get('class', ()), 'short']
    path.write_text(str(page), encoding='utf-8')


def add_contents(page, language):
    """Put the table of contents on the first page, after the picture."""
    items = []
    for mark in page.find_all('span', id=re.compile('^document-')):
        # the mark stands before the break of the page, its chapter after it
        chapter = mark.find_next_sibling('section')
        chapter['id'] = mark['id']
        mark.decompose()
        chapter['class'] = [*chapter.get('class', ()), 'chapter']
        # Sphinx puts the chapters below the title of the book
        title = chapter.find('h2').get_text().rstrip('#¶')
        items.append(f'<li><a href="#{chapter["id"]}"><span>{escape(title)}</span></a></li>')
    contents = f'<nav class="contents"><h2>{TEXT[language][1]}</h2><ol>{"".join(items)}</ol></nav>'
    page.find(class_='toctree-wrapper').insert_before(BeautifulSoup(contents, 'html.parser'))


def print_page(path, target):
    """Print a page of HTML as a PDF with bookmarks; exits with one line without a Chromium."""
    chromium.print_pdf({path.as_uri(): target}, TYPESET, outline=True, tagged=True)


if __name__ == '__main__':
    sys.exit(main())
