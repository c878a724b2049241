"""Write the map of the course, docs/course_map.png and the tables of docs/course_map*.md; `make map`.

What a page needs stands in its first cell, as links. The paths of three readers stand here. What each
page takes to run is that of the record `waiting` of a machine without AVX-512, the slower one. README's
table of lessons is filled from the records of both machines.
"""

import json
import re
from graphlib import TopologicalSorter
from pathlib import Path
from textwrap import fill

from benchmarks import report
from tools.draw_rooms import floors

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = {'en': ROOT / 'notebooks', 'zh': ROOT / 'notebooks' / 'zh'}
PAGES = {'en': ROOT / 'docs' / 'course_map.md', 'zh': ROOT / 'docs' / 'course_map.zh.md'}
README = {'en': ROOT / 'README.md', 'zh': ROOT / 'README.zh.md'}
PICTURE = ROOT / 'docs' / 'course_map.png'
RECORDS = ROOT / report.RESULTS
SLOWER = RECORDS / 'without_avx512'
NAMES = {
    re.sub('_.*', '', path.stem): path.stem for path in sorted(NOTEBOOKS['en'].glob('*.ipynb'))
}

# the last page of two readers, who read all that it needs; and the days of the third, who reads all
EVENING, ONLY_V3 = '05', '10'
WEEK = (
    ('00', '01', '02', 'explorer'),
    ('03', '04', '05'),
    ('06', '07', '13'),
    ('08', '09', '10', '14'),
    ('11', '12', '15', '16'),
)
# where a page stands from left to right, 0 to 4; its floor follows from what it needs
COLUMNS = {
    '00': 2, '01': 2, '09': 0, '02': 2, 'explorer': 4, '07': 1, '03': 2, '04': 1.6, '12': 3.8,
    '05': 2.4, '08': 0.85, '13': 1.7, '15': 2.47, '06': 3.25, '14': 4.02, '10': 0.1, '16': 3.25, '11': 0.85,
}  # fmt: skip

A_MINUTE = {'en': 200, 'zh': 400}  # words and characters
WORD = {'en': r'\S*\w\S*', 'zh': r'[\u4e00-\u9fff]|[A-Za-z0-9_]+'}
LINK = re.compile(r'\]\((\w+)\.ipynb(?:#[^)]*)?\)')
ROW = re.compile(r'^\| \[(.+?)\]\((?:notebooks/)?(\w+)\.ipynb\)', re.M)
# in README: a row of the table of lessons, and what the sentence below it counts, by language
TIMES = re.compile(
    r'^(\| \[.+?\]\(notebooks/(?:zh/)?(\w+)\.ipynb\) \| .+ \|) [\d.]+ \| [\d.]+ \| [\d.]+ \|$', re.M
)
COUNTED = {
    'en': (r'R is [\d.]+ s: \d+ R in all', 'R is {:.2g} s: {:.0f} R in all'),
    'zh': (r'R 是 [\d.]+ 秒，全部课程共 \d+ R', 'R 是 {:.2g} 秒，全部课程共 {:.0f} R'),
}
BLOCK = re.compile(
    r'(?<=<!-- computed: make map -->\n).*(?=<!-- end of what is computed -->)', re.S
)
TEXT = {
    'en': {
        'pages': '| page | needs | also looks back to | read, minutes | run, minutes | day |',
        'paths': '| reader | pages, in this order | read, minutes | run, minutes |',
        'readers': ('one evening', 'a week of a course', 'only Inception-V3'),
        'run': 'The minutes to run hold where R, one training step of the lecture’s network, takes {:.2g} s.',
        'day': ', day {}',
        'and': ', ',
    },
    'zh': {
        'pages': '| 页面 | 先修 | 另外引用 | 阅读（分钟） | 运行（分钟） | 第几天 |',
        'paths': '| 读者 | 页面，按此顺序 | 阅读（分钟） | 运行（分钟） |',
        'readers': ('一个晚上', '一周的课程', '只学 Inception-V3'),
        'run': '运行的分钟数按 R 为 {:.2g} 秒计算。R 是讲座的网络走一个训练步的时间。',
        'day': '，第 {} 天',
        'and': '、',
    },
}


def prose(page, language='en') -> list:
    """Return the source of each text cell of a page."""
    notebook = json.loads(
        (NOTEBOOKS[language] / f'{NAMES[page]}.ipynb').read_text(encoding='utf-8')
    )
    return [''.join(c['source']) for c in notebook['cells'] if c['cell_type'] == 'markdown']


def links(text) -> set:
    """Return the pages to which a text links."""
    return {page for page, name in NAMES.items() if name in LINK.findall(text)}


def needs(language='en') -> dict:
    """Return {page: the pages that it needs}, read from the first cell of each."""
    return {page: links(prose(page, language)[0]) for page in NAMES}


def before(page, below) -> list:
    """Return `page` and all that it needs, directly or not, in an order in which they can be read."""
    reached = [page]
    for other in reached:
        reached += sorted(below[other] - set(reached))
    return sorted(reached)


def paths(below) -> dict:
    """Return {reader: the days of pages}, each page after all that it needs."""
    return {
        'evening': (before(EVENING, below),),
        'week': WEEK,
        'v3': (before(ONLY_V3, below),),
    }


def looks_back(below) -> dict:
    """Return {page: the earlier pages to which its text links although it does not need them}."""
    return {
        page: {
            other
            for other in links('\n'.join(prose(page)[1:]))
            if other < page and other not in before(page, below)
        }
        for page in NAMES
    }


def reading(page, language) -> float:
    """Return the minutes that the prose of a page takes to read."""
    text = re.sub(r'\]\([^)]*\)', ']', '\n'.join(prose(page, language)))
    return len(re.findall(WORD[language], text)) / A_MINUTE[language]


def recorded(folder) -> tuple:
    """Return {name of a page: seconds to run} and the seconds of R, both of one round of the record."""
    (told, *_) = (
        numbers for numbers in report.load(folder, 'waiting')['rounds'] if 'lessons' in numbers
    )
    seconds = {name: lesson['seconds'] for name, lesson in told['lessons']['pages'].items()}
    return seconds, told['R']['seconds']


def running() -> tuple:
    """Return {page: minutes to run} and R in seconds, on the slower machine."""
    seconds, R = recorded(SLOWER)
    return {page: seconds[name] / 60 for page, name in NAMES.items() if name in seconds}, R


def readme(language) -> str:
    """Return README, with the recorded R and seconds of each lesson. Raises KeyError for one not recorded."""
    (seconds, R), (slower, _) = records = recorded(RECORDS), recorded(SLOWER)
    text = TIMES.sub(
        lambda row: (
            f'{row[1]} {seconds[row[2]] / R:.0f} | {seconds[row[2]]:.0f} | {slower[row[2]]:.0f} |'
        ),
        README[language].read_text(encoding='utf-8'),
    )
    written, counted = COUNTED[language]
    sums = iter(counted.format(R, sum(seconds.values()) / R) for seconds, R in records)
    return re.sub(written, lambda _: next(sums), text)


def titles(language) -> dict:
    """Return {page: its short title}, as lesson 00 lists them; its own is the first of its title."""
    text = '\n'.join(prose('00', language))
    found = {re.sub('_.*', '', name): title for title, name in ROW.findall(text)}
    own = re.search(r'^# 00 · ([^:：]+)', text, re.M)[1]
    return {'00': f'00 {own}', **found}


def tables(language) -> str:
    """Return the computed part of the page of the map, as Markdown."""
    below, (run, R), told = needs(), running(), TEXT[language]
    read = {page: reading(page, language) for page in NAMES}
    back, named = looks_back(below), titles(language)
    folder = '../notebooks/' if language == 'en' else '../notebooks/zh/'
    day = {page: number for number, pages in enumerate(WEEK, 1) for page in pages}

    def short(pages):
        called = {page: page if page[0].isdigit() else named[page] for page in pages}
        return told['and'].join(
            f'[{name}]({folder}{NAMES[page]}.ipynb)' for page, name in called.items()
        )

    def minutes(pages):
        ran = sum(run.get(page, 0) for page in pages)
        return f'{sum(read[page] for page in pages):.0f} | {ran:.1f}'

    lines = [told['paths'], '|---|---|---|---|']
    for reader, days in zip(told['readers'], paths(below).values(), strict=True):
        for number, pages in enumerate(days, 1):
            called = reader + told['day'].format(number) * (len(days) > 1)
            lines.append(f'| {called} | {short(pages)} | {minutes(pages)} |')
    lines += ['', told['run'].format(R), '', told['pages'], '|---|---|---|---|---|---|']
    for page in NAMES:
        cells = [f'[{named[page]}]({folder}{NAMES[page]}.ipynb)']
        cells += [told['and'].join(sorted(others[page])) for others in (below, back)]
        lines.append(f'| {" | ".join(cells)} | {minutes([page])} | {day[page]} |')
    return '\n'.join(lines) + '\n'


def text(language) -> str:
    """Return the page of the map, its tables computed anew."""
    return BLOCK.sub(
        lambda _: f'\n{tables(language)}\n', PAGES[language].read_text(encoding='utf-8')
    )


def draw(below):
    """Return the matplotlib figure: a box a page, floor by floor, an arrow to each page that needs it."""
    from matplotlib.figure import Figure

    stacked = floors(below)
    figure = Figure(figsize=(9.4, 1.02 * len(stacked)), dpi=110)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-0.45, 4.45), ylim=(len(stacked) - 0.45, -0.5))
    axes.axis('off')
    evening, v3 = before(EVENING, below), before(ONLY_V3, below)
    day = {page: number for number, pages in enumerate(WEEK, 1) for page in pages}
    places = {page: (COLUMNS[page], y) for y, floor in enumerate(stacked) for page in floor}
    boxes = {}
    for page, place in places.items():
        title = titles('en')[page].replace('`', '')
        number, _, rest = title.partition(' ') if page[0].isdigit() else ('', '', title)
        boxes[page] = axes.text(
            *place, f'{number}\n{fill(rest, 16)}'.strip(),
            ha='center', va='center', fontsize=12, zorder=3, linespacing=1.3,
            bbox={
                'boxstyle': 'round,pad=0.35',
                'facecolor': '#fbe3b5' if page in evening else 'white',
                'edgecolor': '#0072b2' if page in v3 else '#8a8a8a',
                'linewidth': 3 if page in v3 else 1,
            },
        )  # fmt: skip
    figure.draw_without_rendering()  # boxes are measured
    for page, box in boxes.items():
        corner = box.get_bbox_patch().get_window_extent().corners()[2]
        axes.annotate(
            str(day[page]), axes.transData.inverted().transform(corner),
            ha='center', va='center', fontsize=9, zorder=4, color='white',
            bbox={'boxstyle': 'circle,pad=0.22', 'facecolor': '#444444', 'edgecolor': 'white'},
        )  # fmt: skip
        for other in below[page]:
            ends = {'patchA': boxes[other].get_bbox_patch(), 'patchB': box.get_bbox_patch()}
            style = {'arrowstyle': '-|>', 'color': '#6a6a6a', 'shrinkA': 0, 'shrinkB': 2, **ends}
            axes.annotate('', places[page], places[other], arrowprops=style, zorder=1)
    return figure


def drawn_for(below) -> str:
    """Return what the picture depends on, which it carries as its description."""
    arrows = {page: sorted(others) for page, others in below.items()}
    return json.dumps([arrows, EVENING, ONLY_V3, WEEK])


if __name__ == '__main__':
    found = needs()
    tuple(TopologicalSorter(found).static_order())  # raises CycleError
    draw(found).savefig(PICTURE, metadata={'Description': drawn_for(found)})
    for language, path in PAGES.items():
        path.write_text(text(language), encoding='utf-8')
        README[language].write_text(readme(language), encoding='utf-8')
