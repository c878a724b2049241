"""The pages of a deck, in HTML: what each kind of slide shows, and what it says to the speaker."""

import html
import io
import re
import struct
import textwrap
from base64 import b64decode, b64encode
from dataclasses import dataclass
from math import ceil

from tools.notebook_pages import FORMULA, mathml
from tools.slides.lesson import first_sentences, question_and_options, span, width
from tools.slides.words import WORDS, caption

from markupsafe import Markup
from nbconvert.filters import ansi2html
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from PIL import Image
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

TALL = 1.5  # a figure that is narrower than this, width by height, stands beside its words
TOGETHER = 15  # lines of code and output that one slide holds
LOW = 6  # rows: so low a body leaves room
# how wide a conclusion may be: below a low body, below any other, beside a tall figure
BELOW_LOW, BELOW, BESIDE = 330, 170, 260


@dataclass
class Part:
    """What fills one page: a figure, or tables and code of so many rows."""

    kind: str
    html: str
    rows: int
    side: bool = False  # the figure is tall: the words stand beside it
    caption: str = ''


@dataclass
class Page:
    """One page: its kind, its HTML, its seconds, and the Markdown that the speaker sees."""

    kind: str
    html: str
    seconds: int
    notes: str = ''
    side: bool = False  # the figure is tall: the words stand beside it
    low: bool = False  # what it shows is low: the conclusion is longer and larger
    clock: str = ''


def pages(lesson, authors, following) -> list:
    """Return the pages of a lesson; `following` is the next one, or None."""
    words = WORDS[lesson.language]
    made = [first(lesson, authors), Page('list', points(words['goals'], lesson.goals), 10)]
    for slide in lesson.shown:
        made += question(slide, lesson.language)
        shown = bodies(slide, lesson.language)
        made += shown
        # the speaker says it all at the first, and turns to the others
        shown[0].notes = '\n\n'.join(text for text, _ in slide.said)
        shown[0].seconds = slide.seconds - (10 if slide.question else 0)
    ways = f'<a href="../{"index" if lesson.language == "en" else "zh"}.html">{words["decks"]}</a>'
    if following:
        link = f'<a href="{following.name}.html">{inline(following.title)}</a>'
        ways = f'<span>{words["next"]}: {link}</span>{ways}'
    return [*made, Page('list', points(words['recap'], lesson.recap, ways), 10)]


def first(lesson, authors) -> Page:
    """Return the title slide."""
    words = WORDS[lesson.language]
    about = {
        words['from']: inline(lesson.source),
        words['by']: html.escape(authors),
        words['licence']: words['licences'],
    }
    rows = ''.join(f'<dt>{name}</dt><dd>{text}</dd>' for name, text in about.items())
    name = f'<div class="name"><h1>{inline(lesson.title)}</h1></div>'
    return Page('title', f'<p class="course">{words["course"]}</p>{name}<dl>{rows}</dl>', 5)


def points(title, text, ways='') -> str:
    """Return a list that fills a slide, its letters by how much it says."""
    size = max(24, min(40, round(40 - (width(text) - 200) / 34)))
    below = f'<p class="ways">{ways}</p>' if ways else ''
    return (
        f'<h2>{title}</h2><div class="body" style="--size:{size}px">{markdown(text)}</div>{below}'
    )


def question(slide, language) -> list:
    """Return the page that asks what the next one answers, if the lesson asks."""
    if not slide.question:
        return []
    asked, options = question_and_options(slide.question, language)
    size = (
        60 if width(asked) < 90 else 52 if width(asked) < 160 else 44 if width(asked) < 260 else 36
    )
    listed = ''.join(f'<li>{inline(option)}</li>' for option in options)
    return [
        Page(
            'question',
            f'<h2>{inline(slide.heading)}</h2><div class="body"><div class="asked" style="--size:{size}px">'
            f'{markdown(asked)}{listed and f"<ul class=options>{listed}</ul>"}</div></div>',
            10,
        )
    ]


def bodies(slide, language) -> list:
    """Return the pages that show a cell; the last one has the conclusion."""
    title = f'<h2>{inline(slide.chosen["title"][language])}</h2>'
    shows = slide.chosen.get('shows', 'output')
    figures, rest = split(slide.cell.outputs)
    parts = []
    if figures and shows != 'code':
        parts = [figure(piece, slide, language) for each in figures for piece in crops(each, slide)]
    elif shows != 'code':
        parts = [texts(rest, slide, language)]
    if shows != 'output':
        shown = code(slide)
        if parts and parts[0].kind == 'text' and shown.rows + parts[0].rows <= TOGETHER:
            parts = [beneath(shown, parts[0])]
        else:
            parts = [shown, *parts]
    made = []
    for part in parts:
        body = f'<div class="body {part.kind}">{part.html}{"" if part.side else part.caption}</div>'
        beside = part.caption if part.side else ''
        made.append(Page(part.kind, title + body + beside, 0, side=part.side))
    side = parts[-1].side
    low = made[-1].low = parts[-1].rows <= LOW and not side
    most = BESIDE if side else BELOW_LOW if low else BELOW
    if said := first_sentences(slide.after, most, slide.chosen.get('concludes')):
        made[-1].html += f'<p class="conclusion fragment">{inline(said)}</p>'
    return made


def split(outputs) -> tuple:
    """Return (figures, other outputs)."""
    figures = [out for out in outputs if 'image/png' in out.get('data', {})]
    return figures, [out for out in outputs if out not in figures]


def crops(output, slide):
    """Yield (picture as bytes, its inches, its description): a figure, or the parts of it to show."""
    told = output['metadata'].get('image/png', {})
    data = b64decode(output['data']['image/png'])
    pixels = struct.unpack('>II', data[16:24])
    inches = told.get('width', pixels[0]) / 100  # notebooks show 100 pixels an inch
    parts = slide.chosen.get('parts')
    if not parts:
        yield data, inches, pixels[0] / pixels[1], told.get('alt', '')
        return
    for left, top, right, bottom in parts:
        across, down = pixels
        box = [round(x) for x in (left * across, top * down, right * across, bottom * down)]
        out = io.BytesIO()
        Image.open(io.BytesIO(data)).crop(box).save(out, 'PNG')
        ratio = (box[2] - box[0]) / (box[3] - box[1])
        yield out.getvalue(), inches * (right - left), ratio, told.get('alt', '')


def figure(piece, slide, language) -> Part:
    """Return a figure that fills its slide."""
    data, inches, ratio, alt = piece
    side = ratio < TALL
    said, under = captioned(slide, language, alt)
    style = f'--ratio:{ratio:.4f};--inches:{inches:.3f};--under:{0 if side else under}px'
    picture = (
        f'<img alt="{html.escape(alt)}" style="{style}" '
        f'src="data:image/png;base64,{b64encode(data).decode()}">'
    )
    return Part('figure', picture, LOW if ratio > 4 else 2 * LOW, side, said)


def texts(outputs, slide, language) -> Part:
    """Return tables and printed lines."""
    html_, rows, under, said = '', 0, 0, ''
    for output in outputs:
        data = output.get('data', {})
        words = output.get('text') or data.get('text/plain') or f'{output.ename}: {output.evalue}'
        lines = words.strip('\n').splitlines()
        if 'text/html' in data:
            rows += len(lines)
            columns = data['text/html'].split('</tr>')[0].count('<t')
            style = f'--c:{max(map(width, lines))};--r:{len(lines) - 1};--columns:{columns}'
            html_ += data['text/html'].replace('<table', f'<table style="{style}"', 1)
            said, under = captioned(slide, language, words)
        else:
            lines = [piece for line in lines for piece in wrapped(line)]
            rows += len(lines)
            html_ += (
                f'<pre class="output" style="--c:{max(40, *map(width, lines))};--r:{len(lines)}">'
                f'{ansi2html(chr(10).join(lines))}</pre>'
            )
    # they share the room
    shared = re.sub(r'--r:\d+', f'--under:{under}px;--r:{rows}', html_)
    return Part('text', shared, rows, caption=said)


def wrapped(line, most=88):
    """Cut a printed line that is too long for a slide."""
    return [line[i : i + most] for i in range(0, max(len(line), 1), most)]


def code(slide) -> Part:
    """Return the chosen lines, and for each step the same lines with those under discussion marked."""
    source = slide.cell.source.splitlines()
    begin, end = span(slide.chosen.get('lines', f'1-{len(source)}'))
    source = textwrap.dedent('\n'.join(source[begin - 1 : end])).splitlines()
    rendered = highlight('\n'.join(source), PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    lines = rendered.splitlines()
    style = f'--c:{max(44, *map(len, source)) + 4};--r:{len(lines)}'

    def listing(now=None):
        marked = ''.join(
            f'<span class="line{" now" if now and now[0] <= number <= now[1] else ""}">'
            f'<span class="number">{number}</span>{line or " "}</span>'
            for number, line in enumerate(lines, begin)
        )
        hidden = ' class="step fragment" aria-hidden="true"' if now else ''
        return f'<pre{hidden} style="{style}">{marked}</pre>'

    steps = [span(step) for step in slide.chosen.get('steps', '').split('|') if step]
    return Part(
        'text', f'<div class="code">{"".join(map(listing, [None, *steps]))}</div>', len(lines)
    )


def beneath(above, below) -> Part:
    """Put a short output under the code that prints it; both share the room."""
    rows = above.rows + below.rows + 1
    both = f'{above.html}<div class="fragment printed">{below.html}</div>'
    return Part('text', re.sub(r'--r:\d+', f'--r:{rows}', both), rows, caption=below.caption)


def captioned(slide, language, output) -> tuple:
    """Return a caption and the pixels it takes; in Chinese it says what the English labels mean."""
    chosen = slide.chosen.get('caption', {}).get(language)
    if not (said := chosen or (caption(output) if language == 'zh' else '')):
        return '', 0
    return f'<p class="caption">{inline(said)}</p>', 22 * ceil(width(said) / 128) + 12


def markdown(text) -> Markup:
    """Turn Markdown into HTML: formulas as MathML, links only to decks and to the world."""
    made = FORMULA.sub(mathml, markdown2html_mistune(text))
    made = re.sub(r'href="(\d\d_\w+)\.ipynb(?:#[^"]*)?"', r'href="\1.html"', made)
    made = re.sub(r'<a href="(?!https?:|\d\d_\w+\.html")[^"]*">(.*?)</a>', r'\1', made, flags=re.S)
    return Markup(re.sub(r'<a class="anchor-link".*?</a>', '', made))


def inline(text) -> Markup:
    """Turn one paragraph of Markdown into HTML, without the paragraph."""
    return Markup(re.sub(r'^<p>|</p>$', '', markdown(text).strip()))
