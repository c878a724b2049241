"""The lessons as slides: one reveal.js deck each, in English and Chinese; `make slides` runs it.

A deck is made of the notebook's own cells. The code cells whose slide type is "slide" (JupyterLab's
property inspector sets it) become slides: the section's heading, the question that precedes them, code
where it is short, stored outputs. The text around them becomes the speaker's notes, with the time.
"""

import html
import re
import shutil
import struct
import sys
from base64 import b64decode
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

from d2l_ext.tables import Table
from tools import site_assets
from tools.notebook_pages import ALT

import nbformat
from jinja2 import DictLoader
from nbconvert import SlidesExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from traitlets.config import Config

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS, BUILD = ROOT / 'notebooks', ROOT / 'build' / 'slides'
LECTURE = ('00', '01', '02', '03', '04', '05')  # one clock runs through these decks
WORDS_A_SECOND, LOOKING = 2.6, 8  # a brisk speaker, and seconds to look at what is new
# pixels of a slide of 1280 x 720, and what its parts take of them; DECK sets the same sizes
ROOM, WIDTH = 560, 1180
CODE_LINE, TEXT_LINE, ROW, PADDING = 27, 27, 33, 26
CODE_LINES, SMALLEST, LARGEST = 19, 0.85, 1.3  # longest code that is shown; a figure's scale
NO_CODE = 'remove-input'
WORDS = {
    'en': {
        'predict': 'Predict.',
        'recap': 'Recap',
        'clock': '**{own}** for this slide, **{so_far}** of {all} at its end.',
        'title': 'Inception in Gluon: the slides',
        'keys': 'Arrow keys turn the pages, S opens the speaker’s notes with their times, O the '
        'overview. Add ?print-pdf to an address to print.',
        'minutes': 'minutes',
    },
    'zh': {
        'predict': '先猜一猜。',
        'recap': '回顾',
        'clock': '本页 **{own}**，讲完本页是 **{so_far}**，共 {all}。',
        'title': '用 Gluon 实现 Inception：幻灯片',
        'keys': '方向键翻页，S 打开带时间的演讲者备注，O 是总览。在地址后面加上 ?print-pdf 即可打印。',
        'minutes': '分钟',
    },
}
DECK = (
    """{%- extends 'reveal/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}
<script>window.MathJax = {tex: {inlineMath: [['$', '$']], displayMath: [['$$', '$$']]}};</script>
<script defer src="../vendor/mathjax/es5/tex-mml-chtml.js"></script>
{%- endblock -%}
{%- block html_head_css -%}
{{ super() }}
<link rel="icon" href="../vendor/icon.png">
<style>
body.jp-Notebook { padding: 0; }
.reveal { font-size: 26px; color: #222; font-family: "DejaVu Sans", "Noto Sans CJK SC", sans-serif; }
.reveal .slides { text-align: left; }
.reveal .slides section { padding: 0; width: 1280px; box-sizing: border-box; }
.reveal .slides > section > section { padding: 28px 46px; }
.reveal .jp-RenderedHTMLCommon { font-size: 26px; line-height: 1.4; font-family: inherit; }
.reveal .jp-RenderedHTMLCommon h1, .reveal .jp-RenderedHTMLCommon h2 { text-transform: none;
  letter-spacing: 0; font-family: inherit; font-weight: 600; color: #222; line-height: 1.2; }
.reveal .jp-RenderedHTMLCommon h1 { font-size: 46px; margin: 60px 0 30px; }
.reveal .jp-RenderedHTMLCommon h2 { font-size: 36px; margin: 0 0 14px; }
.reveal .jp-RenderedHTMLCommon h1 code, .reveal .jp-RenderedHTMLCommon h2 code { font-size: 90%; }
.reveal .jp-RenderedHTMLCommon blockquote { width: auto; margin: 0 0 10px; padding: 2px 18px;
  box-shadow: none; font-style: normal; background: none; border-left: 5px solid #0072B2; }
.reveal .jp-RenderedHTMLCommon p { margin: 0 0 8px; }
.reveal .jp-RenderedHTMLCommon li { margin-bottom: 8px; }
.reveal .jp-Cell { padding: 0; margin: 0; max-width: 1180px; }
.reveal .jp-RenderedHTMLCommon code { font-size: 90%; }
.reveal .jp-InputArea-editor { border-radius: 4px; }
.reveal .highlight pre, .reveal .jp-OutputArea-output pre { font-size: 20px; line-height: 27px;
  width: auto; margin: 0; padding: 6px 10px; box-shadow: none; white-space: pre-wrap; }
.reveal .jp-OutputArea { margin-top: 8px; }
.reveal .jp-OutputArea-output, .reveal .jp-InputArea-editor { overflow: hidden; }
.reveal .jp-RenderedHTMLCommon table { font-size: 20px; line-height: 25px; margin: 0; }
.reveal .jp-RenderedHTMLCommon td, .reveal .jp-RenderedHTMLCommon th { padding: 4px 12px; }
.reveal .jp-RenderedImage img { margin: 0 auto; max-width: none; max-height: none; }
.reveal .slide-number { font-size: 16px; }
</style>
{%- endblock -%}
{%- block footer_js -%}
<script src="../vendor/reveal.js/dist/reveal.js"></script>
<script src="../vendor/reveal.js/plugin/notes/notes.js"></script>
<script>
Reveal.initialize({hash: true, transition: 'none', slideNumber: 'c/t', center: false, margin: 0,
  width: 1280, height: 720, plugins: [RevealNotes]});
</script>
{%- endblock -%}
"""
    + ALT
)
PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="vendor/icon.png">
<style>body {{ font: 18px/1.6 sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; }}</style>
</head><body><h1>{title}</h1><p>{keys}</p>
<ul>
{decks}
</ul><p>{other}</p></body></html>
"""


@dataclass
class Slide:
    """One slide: Markdown at its top, a code cell or none, and what the speaker says."""

    head: str
    cell: object = None
    notes: list = field(default_factory=list)
    seconds: int = 0


def main() -> int:
    """Write build/slides: a page of decks for each language, the decks, and what they need."""
    shutil.rmtree(BUILD, ignore_errors=True)
    shutil.copytree(site_assets.fetch('reveal.js'), BUILD / 'vendor' / 'reveal.js')
    shutil.copytree(site_assets.fetch('mathjax'), BUILD / 'vendor' / 'mathjax')
    shutil.copy(ROOT / 'docs' / 'icon.png', BUILD / 'vendor')
    rows = []
    pages = {'en': NOTEBOOKS, 'zh': NOTEBOOKS / 'zh'}
    for language, folder in pages.items():
        decks = {path.stem: deck(path, language) for path in sorted(folder.glob('[0-9]*.ipynb'))}
        times = {name: sum(slide.seconds for slide in slides) for name, slides in decks.items()}
        lecture = [name for name in decks if name.startswith(LECTURE)]
        (BUILD / language).mkdir()
        passed, items = 0, []
        for name, slides in decks.items():
            together = lecture if name in lecture else [name]
            passed = passed if name in lecture else 0
            count = write(
                BUILD / language / f'{name}.html', slides, language, passed,
                sum(times[other] for other in together),
            )  # fmt: skip
            passed += times[name]
            title = slides[0].head.splitlines()[0].lstrip('# ')
            items.append(
                f'<li><a href="{language}/{name}.html">{html.escape(title)}</a>, '
                f'{ceil(times[name] / 60)} {WORDS[language]["minutes"]}</li>'
            )
            if language == 'en':
                rows.append([name, count, clock(times[name])])
        other = {'en': '<a href="zh.html">中文</a>', 'zh': '<a href="index.html">English</a>'}
        words = {key: WORDS[language][key] for key in ('title', 'keys')}
        page = PAGE.format(
            language=language, decks='\n'.join(items), other=other[language], **words
        )
        (BUILD / ('index.html' if language == 'en' else 'zh.html')).write_text(
            page, encoding='utf-8'
        )
    print(Table(['deck', 'slides', 'time'], rows))
    print(f'\nopen {(BUILD / "index.html").relative_to(ROOT)}')
    return 0


def deck(path, language) -> list:
    """Return the slides of a lesson: its title, a slide for each chosen cell, its recap."""
    notebook = nbformat.read(path, as_version=4)
    english = nbformat.read(NOTEBOOKS / path.name, as_version=4)
    # the time is that of the English words: a deck takes as long in both languages
    spoken = {cell.id: len(cell.source.split()) for cell in english.cells}
    told = WORDS[language]
    slides = [Slide(notebook.cells[0].source)]
    heading, question, waiting = '', '', []
    for cell in notebook.cells[1:]:
        if cell.cell_type == 'markdown':
            seen, *section = re.split(r'(?m)^##+ (.+)\n*', cell.source, maxsplit=1)
            if section:
                if seen.strip() and slides[-1].cell:
                    slides[-1].notes.append((seen.strip(), 0))  # counted with the rest of its cell
                heading, seen = section
                question, waiting = '', []
                if heading == told['recap']:
                    slides.append(Slide(cell.source))
                    break
            text, mark, asked = seen.partition(f'> **{told["predict"]}**')
            if asked:
                question = mark + asked
            if text.strip():
                # what follows a shown cell is said about it, up to the next question or section
                about = slides[-1].cell and not (waiting or section or asked)
                (slides[-1].notes if about else waiting).append((text.strip(), spoken[cell.id]))
        elif cell.metadata.get('slideshow', {}).get('slide_type') == 'slide':
            head = f'## {heading}' + (f'\n\n{question}' if question else '')
            slides.append(Slide(head, cell, waiting))
            question, waiting = '', []
        else:
            question = ''  # it was this cell that answered it
    for slide in slides:
        count = sum(count for _, count in slide.notes) + (0 if slide.cell else 40)
        slide.seconds = 5 * round((LOOKING + count / WORDS_A_SECOND) / 5)
    return slides


def write(path, slides, language, passed, whole) -> int:
    """Write a deck; return how many pages it has. `passed` seconds have gone of `whole`."""
    cells = []
    for slide in slides:
        passed += slide.seconds
        times = {'own': clock(slide.seconds), 'so_far': clock(passed), 'all': clock(whole)}
        said = [WORDS[language]['clock'].format(**times), *(text for text, _ in slide.notes)]
        question = '\n\n> ' in slide.head
        for number, page in enumerate(pages(slide)):
            page[0].metadata['slideshow'] = {'slide_type': 'subslide' if number else 'slide'}
            notes = new_markdown_cell('\n\n'.join(said if not number else said[:1]))
            notes.metadata['slideshow'] = {'slide_type': 'notes'}
            if question and number == 0 and len(page) > 1:  # the answer comes at the next key
                page[1].metadata['slideshow'] = {'slide_type': 'fragment'}
            # inside the fragment the notes would wait for that key as well
            cells += [page[0], notes, *page[1:]]
    exporter = SlidesExporter(
        extra_loaders=[DictLoader({'deck.html.j2': DECK})], template_file='deck.html.j2',
        reveal_url_prefix='../vendor/reveal.js', reveal_theme='white', require_js_url='',
        exclude_input_prompt=True, exclude_output_prompt=True,
        config=Config(TagRemovePreprocessor={'enabled': True, 'remove_input_tags': [NO_CODE]}),
    )  # fmt: skip
    title = slides[0].head.splitlines()[0].lstrip('# ')
    notebook = new_notebook(
        cells=cells, metadata={'title': title, 'language_info': {'name': 'python'}}
    )
    page, _ = exporter.from_notebook_node(notebook, {'metadata': {'name': title}})
    # links between lessons lead from deck to deck
    page = re.sub(r'href="(\d\d_\w+)\.ipynb"', r'href="\1.html"', page)
    path.write_text(
        re.sub(r'<html[^>]*>', f'<html lang="{language}">', page, count=1), encoding='utf-8'
    )
    return sum(cell.metadata.get('slideshow', {}).get('slide_type') == 'notes' for cell in cells)


def pages(slide):
    """Lay a slide out: lists of cells, a page each; what does not fit together is divided."""
    head = new_markdown_cell(slide.head)
    if slide.cell is None:
        return [[head]]
    title = slide.head.splitlines()[0]
    asked = slide.head[len(title) :].strip()
    question = (
        PADDING + 37 * ceil(len(asked) * (1 if asked.isascii() else 1.4) / 84) if asked else 0
    )
    lines = slide.cell.source.splitlines()
    code = sum(ceil(len(line) / 95) or 1 for line in lines) * CODE_LINE + PADDING
    shown = outputs(slide.cell)
    least = sum(height(output, SMALLEST) for output in shown)
    if shown and (len(lines) > CODE_LINES or (len(lines) < 5 and code + question + least > ROOM)):
        code = 0
    if question + code + least <= ROOM:
        return [[head, of(slide.cell, shown, ROOM - question - code, with_code=code > 0)]]
    if code == 0:
        below = of(slide.cell, shown, ROOM, with_code=False)
        return [[head], [new_markdown_cell(title), below]] if asked else [[head, below]]
    if code + question > ROOM:  # the question stands alone, what answers it below
        body = [new_markdown_cell(title), of(slide.cell, shown, ROOM - code)]
        return [[head], body] if code + least <= ROOM else [[head], *divided(slide, title, shown)]
    below = of(slide.cell, shown, ROOM, with_code=False)
    return [[head, of(slide.cell, [], 0)], [new_markdown_cell(title), below]]


def divided(slide, title, shown):
    yield [new_markdown_cell(title), of(slide.cell, [], 0)]
    yield [new_markdown_cell(title), of(slide.cell, shown, ROOM, with_code=False)]


def of(cell, shown, room, with_code=True):
    """Copy a code cell with these outputs, its figures as large as `room` allows."""
    cell = new_code_cell(cell.source, execution_count=cell.execution_count)
    if not with_code:
        cell.metadata['tags'] = [NO_CODE]
    figures = [output for output in shown if 'image/png' in output.get('data', {})]
    texts = sum(height(output, 1) for output in shown if output not in figures)
    natural = sum(size(figure)[1] for figure in figures)
    for figure in figures:
        scale = min(
            LARGEST, (room - texts - PADDING * len(figures)) / natural, WIDTH / size(figure)[0]
        )
        width = round(size(figure)[0] * scale)
        figure['metadata']['image/png'] = {**figure['metadata']['image/png'], 'width': width}
    cell.outputs = shown
    return cell


def outputs(cell):
    """Return what a slide shows of a cell's outputs: what is printed beside a figure is left out."""
    found = [nbformat.from_dict(output) for output in cell.outputs]
    for i, output in enumerate(found):
        if output.output_type == 'error':
            found[i] = new_output('stream', text=f'{output.ename}: {output.evalue}\n')
    rich = [out for out in found if {'image/png', 'text/html'} & set(out.get('data', {}))]
    return rich if any('image/png' in out['data'] for out in rich) else found


def height(output, scale):
    """Estimate how high an output stands on a slide, in pixels, its figures scaled."""
    data = output.get('data', {})
    if 'text/html' in data:
        return data['text/html'].count('<tr') * ROW + PADDING
    if 'image/png' in data:
        return size(output)[1] * min(scale, WIDTH / size(output)[0]) + PADDING
    text = output.get('text') or data.get('text/plain', '')
    return sum(ceil(len(line) / 95) or 1 for line in text.splitlines()) * TEXT_LINE + PADDING


def size(output):
    """Return a figure's width and height in pixels, as the notebook shows it."""
    width, tall = struct.unpack('>II', b64decode(output['data']['image/png'])[16:24])
    shown = output['metadata'].get('image/png', {}).get('width', width)
    return shown, tall * shown / width


def clock(seconds):
    """Write seconds as minutes and seconds, 12:05."""
    return f'{seconds // 60}:{seconds % 60:02d}'


if __name__ == '__main__':
    sys.exit(main())
