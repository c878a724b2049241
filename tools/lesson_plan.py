"""The tables of lessons on the site: the questions on its first page, minutes and sessions in the plan.

A text has the marks `<!-- questions -->`, `<!-- minutes -->`, `<!-- 6 sessions -->` and
`<!-- 12 sessions -->`; `fill` puts the tables there.
"""

import re
from functools import cache
from math import ceil
from pathlib import Path

from tools import course_map, lesson_links
from tools.slides import lesson

ROOT = Path(__file__).resolve().parent.parent
README = {'en': ROOT / 'README.md', 'zh': ROOT / 'README.zh.md'}
# estimates, which the plan calls so: studying a page with its code takes 2.5 times the reading of its
# text; an exercise of a lesson takes ten minutes
STUDY, EXERCISE = 2.5, 10
# what is handed in, and in how many minutes: exercises/README.md
ASSIGNMENTS = {'01': ('block', 60), '04': ('binding', 60), '09': ('family', 75)}
SIX = (
    ('00', '01', '02', 'explorer'),
    ('03', '04', '05'),
    ('06', '13'),
    ('07', '08', '09'),
    ('10', '11'),
    ('14', '16'),
)
TWELVE = (
    ('00',), ('01', 'explorer'), ('02',), ('03', '04'), ('05',), ('13',), ('06',), ('07',),
    ('08', '09'), ('10', '11'), ('12', '14'), ('15', '16'),
)  # fmt: skip
TEXT = {
    'en': {
        'questions': '| lesson | question it answers | read, minutes | open |',
        'minutes': '| lesson | needs | deck | study | exercises | run |',
        'sessions': '| session | lessons | deck | study | exercises | hand in |',
        'handed': '{name} ({minutes} minutes)',
        'all': 'all',
    },
    'zh': {
        'questions': '| 课 | 回答的问题 | 阅读（分钟） | 打开 |',
        'minutes': '| 课 | 先修 | 幻灯片 | 自学 | 练习 | 运行 |',
        'sessions': '| 次 | 课 | 幻灯片 | 自学 | 练习 | 作业 |',
        'handed': '{name}（{minutes} 分钟）',
        'all': '合计',
    },
}


def fill(text, language, repository='') -> str:
    """Put the tables where `text` has their marks."""
    tables = {
        'questions': lambda: questions(language, repository),
        'minutes': lambda: minutes(language),
        '6 sessions': lambda: sessions(SIX, language),
        '12 sessions': lambda: sessions(TWELVE, language),
    }
    for mark, table in tables.items():
        if (marked := f'<!-- {mark} -->') in text:
            text = text.replace(marked, table())
    return text


def asked(language) -> dict:
    """Return {page: the question that it answers}, from README's table."""
    row = re.compile(r'^\| \[.+?\]\(notebooks/(?:zh/)?(\w+)\.ipynb\) \| (.+?) \|', re.M)
    return dict(row.findall(README[language].read_text(encoding='utf-8')))


def questions(language, repository='') -> str:
    """Return the table of the first page."""
    titles, question = course_map.titles(language), asked(language)
    lines = [TEXT[language]['questions'], '|---|---|---|---|']
    for page, name in course_map.NAMES.items():
        opened = ' '.join(lesson_links.anchors(name, language, repository))
        # the command is for a clone of the course
        what = re.sub(r'\s*[(（][^()（）]*`make torch`[^()（）]*[)）]', '', question[name])
        read = f'{course_map.reading(page, language):.0f}'
        lines.append(f'| [{titles[page]}]({name}.ipynb) | {what} | {read} | {opened} |')
    # Markdown after an empty line within HTML is Markdown
    return '<div class="questions">\n\n' + '\n'.join(lines) + '\n\n</div>'


@cache
def times(page) -> tuple:
    """Return the minutes of a page's deck, of studying it, and of its exercises.

    They are those of the English page: a class takes as long in both languages.
    """
    path = course_map.NOTEBOOKS['en'] / f'{course_map.NAMES[page]}.ipynb'
    deck = lesson.read(path, 'en').seconds if page[0].isdigit() else 0
    exercises = next((cell for cell in course_map.prose(page) if '## Exercises' in cell), '')
    return (
        ceil(deck / 60),
        round(STUDY * course_map.reading(page, 'en')),
        EXERCISE * len(re.findall(r'^\d+\. ', exercises, re.M)),
    )


def summed(pages) -> str:
    """Return the minutes of several pages together, as cells of a table."""
    columns = zip(*(times(page) for page in pages), strict=True)
    return ' | '.join(str(sum(column) or '') for column in columns)


def minutes(language) -> str:
    """Return the table of what each lesson needs and takes."""
    told, titles = TEXT[language], course_map.titles(language)
    needs, (ran, _) = course_map.needs(), course_map.running()
    lines = [told['minutes'], '|---|---|---|---|---|---|']
    for page, name in course_map.NAMES.items():
        before = course_map.TEXT[language]['and'].join(sorted(needs[page]))
        run = f'{ran[page]:.1f}' if page in ran else ''
        lines.append(f'| [{titles[page]}]({name}.ipynb) | {before} | {summed([page])} | {run} |')
    whole = f'{sum(ran.values()):.1f}'
    lines.append(f'| {told["all"]} |  | {summed(course_map.NAMES)} | {whole} |')
    return '\n'.join(lines)


def sessions(plan, language) -> str:
    """Return the table of a syllabus: what each session takes, and what is handed in after it."""
    told, titles = TEXT[language], course_map.titles(language)
    lines = [told['sessions'], '|---|---|---|---|---|---|']
    for number, pages in enumerate(plan, 1):
        named = '<br>'.join(f'[{titles[page]}]({course_map.NAMES[page]}.ipynb)' for page in pages)
        handed = course_map.TEXT[language]['and'].join(
            told['handed'].format(name=f'`{name}`', minutes=taken)
            for page, (name, taken) in ASSIGNMENTS.items()
            if page in pages
        )
        lines.append(f'| {number} | {named} | {summed(pages)} | {handed} |')
    return '\n'.join(lines)
