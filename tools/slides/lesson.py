"""What a lesson puts on its slides: the cells that its metadata chooses, and the text around them.

CONTRIBUTING.md describes the metadata, `slideshow` of a code cell; `chosen` refuses what is none.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from tools.slides.words import WORDS

import nbformat

NOTEBOOKS = Path(__file__).resolve().parents[2] / 'notebooks'
LANGUAGES = {'en': NOTEBOOKS, 'zh': NOTEBOOKS / 'zh'}
# most lines of code on a slide; a title's width, 2 for a Chinese character
CODE_LINES, TITLE = 12, 84
WORDS_A_SECOND, LOOKING = 2.6, 8  # a brisk speaker, and seconds to look at what is new
SENTENCE = re.compile(r'(?<=[.?!])(?<!al\.)\s+(?=\S)|(?<=[。？！])(?![）”])|(?<=[。？！][）”])')
KEYS = {'slide_type', 'title', 'shows', 'lines', 'steps', 'parts', 'caption', 'concludes'}


@dataclass
class Shown:
    """A code cell on a slide: what its metadata chooses, what is asked before it, said after it."""

    cell: object
    chosen: dict
    heading: str
    question: str
    said: list  # (Markdown, how many English words)
    after: str = ''  # the Markdown right after it, which says what is seen

    @property
    def seconds(self) -> int:
        """Return how long the slide takes, to 5 seconds."""
        words = sum(count for _, count in self.said)
        return 5 * round((LOOKING + words / WORDS_A_SECOND) / 5)


@dataclass
class Lesson:
    """A lesson's slides, in one language."""

    name: str
    language: str
    title: str
    goals: str
    source: str
    shown: list = field(default_factory=list)
    recap: str = ''

    @property
    def seconds(self) -> int:
        """Return how long the deck takes; title, goals and recap take 25 seconds together."""
        return 25 + sum(slide.seconds for slide in self.shown)


def read(path, language) -> Lesson:
    """Read a lesson; ValueError in one line if the metadata of one of its cells is wrong."""
    cells = nbformat.read(path, as_version=4).cells
    # the time is that of the English words: a deck takes as long in both languages
    spoken = {
        cell.id: len(cell.source.split())
        for cell in nbformat.read(NOTEBOOKS / path.name, as_version=4).cells
    }
    told = WORDS[language]
    goals = re.search(r'(?m)(^- .+\n)+', cells[0].source)[0]
    source = re.split(told['source'], cells[0].source)[-1].strip()
    lesson = Lesson(path.stem, language, heading_of(cells[0].source), goals, source)
    heading, question, waiting = '', '', []
    ran = open_ended = unseen = False
    for cell in cells[1:]:
        if cell.cell_type == 'code':
            ran = True
            if found := chosen(cell, path.name):
                lesson.shown.append(Shown(cell, found, heading, question, waiting))
                question, waiting, open_ended = '', [], found.get('concludes') != 0
            unseen = bool(cell.outputs) and not (found or open_ended)
            continue
        text, *section = re.split(r'(?m)^##+ (.+)\n*', cell.source, maxsplit=1)
        if section:
            if text.strip() and lesson.shown and not (waiting or unseen):
                lesson.shown[-1].said.append((text.strip(), 0))  # counted with the rest of its cell
                lesson.shown[-1].after = lesson.shown[-1].after or open_ended * text.strip()
            heading, text = section
            question, waiting, open_ended, unseen = '', [], False, False
            if heading == told['recap']:
                lesson.recap = text.strip()
                break
        text, asked, rest = text.partition(f'> **{told["predict"]}**')
        if text := text.strip():
            if open_ended:
                lesson.shown[-1].after = text
            # what follows a shown cell is said about it, up to the next section
            about = lesson.shown and lesson.shown[-1].heading == heading and not waiting
            if not unseen:  # what is said of an output that no slide shows is for readers
                (lesson.shown[-1].said if about else waiting).append((text, spoken[cell.id]))
            question, open_ended, unseen = '' if ran else question, False, False
        if asked:
            question, ran, open_ended = re.sub(r'(?m)^> ?', '', rest).strip(), False, False
    return lesson


def chosen(cell, name) -> dict:
    """Return a code cell's `slideshow` if it is a slide, else {}; ValueError if it is wrong."""
    told = dict(cell.metadata.get('slideshow', {}))
    if told.get('slide_type', '-') in ('-', 'skip'):
        return {}
    lines = len(cell.source.splitlines())
    first, last = span(told.get('lines', f'1-{lines}'))
    steps = [span(step) for step in told.get('steps', '').split('|') if step]
    parts = told.get('parts', [])
    rules = {
        'slide_type': (told.get('slide_type') == 'slide', "must be 'slide'"),
        'title': (
            set(told.get('title', ())) == set(WORDS)
            and all(0 < width(title) <= TITLE for title in told['title'].values()),
            f'must hold a sentence for each of {", ".join(WORDS)}, at most {TITLE} wide',
        ),
        'shows': (
            told.get('shows', 'output') in ('output', 'code', 'both'),
            'must be output, code or both',
        ),
        'lines': (
            0 < first <= last <= lines
            and (last - first < CODE_LINES or told.get('shows', 'output') == 'output'),
            f'must name at most {CODE_LINES} of the lines 1-{lines}, such as 4-15',
        ),
        'steps': (
            all(first <= a <= b <= last for a, b in steps),
            'must name lines that are shown, such as 4|5-6',
        ),
        'concludes': (
            told.get('concludes', 1) in range(9),
            'must be a number of sentences, 0 for none',
        ),
        'parts': (
            all(
                len(part) == 4 and 0 <= part[0] < part[2] <= 1 and 0 <= part[1] < part[3] <= 1
                for part in parts
            ),
            'must be lists of left, top, right and bottom, from 0 to 1',
        ),
    }
    for key, (right, rule) in rules.items():
        if not right:
            raise ValueError(
                f'{name}, cell {cell.id}: slideshow.{key} {rule}; it is {told.get(key)!r}'
            )
    if unknown := sorted(set(told) - KEYS):
        raise ValueError(
            f'{name}, cell {cell.id}: slideshow has no {unknown[0]!r}, only {", ".join(sorted(KEYS))}'
        )
    return told


def span(text) -> tuple:
    """Turn '4-15' or '4' into (4, 15) or (4, 4), anything else into (0, 0)."""
    found = re.fullmatch(r'(\d+)(?:-(\d+))?', str(text))
    return (int(found[1]), int(found[2] or found[1])) if found else (0, 0)


def heading_of(text) -> str:
    """Return the first line of a Markdown cell, its title."""
    return text.splitlines()[0].lstrip('# ')


def width(text) -> int:
    """Return how wide a text is: 1 for a letter, 2 for a Chinese character."""
    return sum(2 if unicodedata.east_asian_width(letter) in 'WF' else 1 for letter in text)


def first_sentences(text, most, count=None) -> str:
    """Return the `count` sentences that open a text, or as many as `most` is wide; '' for a list."""
    paragraph = text.split('\n\n')[0].replace('\n', ' ')
    if re.match(r'[-|>#]|\d\. ', paragraph):
        return ''
    paragraph = re.sub(r'\[([^]]*)\]\([^)]*\)', r'\1', paragraph)  # a link's words
    ends = [*(found.start() for found in SENTENCE.finditer(paragraph)), len(paragraph)]
    fitting = [end for end in ends if width(paragraph[:end]) <= most] or ends[:1]
    taken = [paragraph[:end].strip() for end in fitting[:count]]
    # a sentence that leads to what follows it on the page leads nowhere here
    return next((text for text in reversed(taken) if text and text[-1] not in ':：'), '')


def question_and_options(text, language) -> tuple:
    """Split a question into its words and its options, [] if it names none after a colon."""
    last = [sentence for sentence in SENTENCE.split(text) if sentence][-1]
    found = re.fullmatch(r'(.+)[:：] ?(.+?)[?？]', last, re.S)
    if not found:
        return text, []
    # semicolons separate options that hold commas
    comma = ';' if ';' in found[2] else ','
    pattern = {'en': rf'{comma} (?:or )?| or ', 'zh': r'[，；、]?(?:还是|或者)|[，；、]'}[language]
    options = [option.strip() for option in re.split(pattern, found[2]) if option.strip()]
    if len(options) < 2:
        return text, []
    end = {'en': '?', 'zh': '？'}[language]
    return text[: len(text) - len(last)] + found[1] + end, options
