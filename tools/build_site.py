"""The site: build/site in English, build/site/zh in Chinese; `make site` runs it.

Decks that `make slides` has built become a part of it, in build/site/slides. It ends with status 1 on a
warning of Sphinx, a broken link, a picture without words, or anything that a page would ask another
host for.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from urllib.parse import unquote, urlparse

from benchmarks import report
from benchmarks.suites import SUITES
from d2l_ext.training import pretrained
from tools import (
    course_map,
    lesson_links,
    lesson_plan,
    playground,
    playground_network,
    question_pages,
    site_assets,
)
from tools.course_map import NOTEBOOKS
from tools.draw_rooms import table

import nbformat
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parent.parent
HERE, BUILD = ROOT / 'docs' / 'site', ROOT / 'build'
GLOSSARY = {'en': ROOT / 'docs' / 'glossary.md', 'zh': ROOT / 'docs' / 'glossary.zh.md'}
OUT = {'en': BUILD / 'site', 'zh': BUILD / 'site' / 'zh'}
REFERENCE = """The public interface of `d2l_ext`, from its docstrings. What most pages need, a lesson takes
from the room itself: `from d2l_ext import analysis`, then `analysis.summary`. The rest it takes from a file
of the room: `from d2l_ext.analysis import saliency`."""
# other texts of the repository that are pages too
TEXTS = {
    'en': {
        'CONTRIBUTING.md': 'contributing.md',
        'CHANGELOG.md': 'changelog.md',
        'exercises/README.md': 'exercises.md',
        'docs/training.md': 'training.md',
        'docs/hosting.md': 'hosting.md',
        'docs/reports.md': 'reports.md',
    },
    'zh': {
        'exercises/README.zh.md': 'exercises.md',
        'docs/training.zh.md': 'training.md',
        'docs/hosting.zh.md': 'hosting.md',
    },
}
BENCHMARKS = {
    'en': '# How quick is it?\n\nRecorded runs of `make bench`. Medians of several rounds; within a '
    'round all contestants take turns on the same machine, and only ratios within a round are compared.',
    'zh': '# 有多快？\n\n`make bench` 的记录。数值是多轮的中位数；每一轮里，各个对手在同一台机器上轮流运行，'
    '只比较同一轮之内的比值。',
}


def main() -> int:
    """Build both languages, check every page; return the exit status."""
    parser = argparse.ArgumentParser(prog='python -m tools.build_site', description=main.__doc__)
    told = 'the network of the playground: PATH as given to `train --save PATH`'
    parser.add_argument('--model', default=pretrained.TRAINED, help=told)
    told = 'https://github.com/OWNER/NAME: lessons then lead to Colab and Binder'
    parser.add_argument('--repository', default='', help=told)
    options = parser.parse_args()
    network = BUILD / 'site-network'
    try:
        lesson_links.on_github(options.repository)
    except ValueError as error:
        sys.exit(f'--repository: {error}')
    try:
        playground_network.write(network, options.model)
    except (ValueError, FileNotFoundError) as error:
        sys.exit(f'--model: {error}')
    shutil.rmtree(OUT['en'], ignore_errors=True)
    static = BUILD / 'site-static'
    shutil.rmtree(static, ignore_errors=True)
    shutil.copytree(site_assets.fetch('mathjax'), static / 'mathjax')
    playground.write(static / 'playground')
    sources = {language: gather(language, options.repository) for language in OUT}
    both = set.intersection(
        *({path.stem for path in folder.iterdir()} for folder in sources.values())
    )
    for language, source in sources.items():
        # a warning is an error
        strict = ['-q', '-W', '--keep-going', '-b', 'html']
        strict += ['-d', BUILD / 'site-doctrees' / language]
        status = sphinx(language, source, OUT[language], strict, both)
        if status:
            return status
    for language, folder in OUT.items():
        lesson_links.write(folder / 'notebooks', language, options.repository)
    if lesson_links.DECKS.is_dir():
        shutil.copytree(lesson_links.DECKS, OUT['en'] / 'slides')
        playground.link_decks(OUT['en'] / 'slides')
    shutil.move(network, OUT['en'] / 'network')
    problems = check(OUT['en'])
    print('\n'.join(problems))
    pages = sum(len([*folder.glob('*.html')]) for folder in OUT.values())
    if not problems:
        print(
            f'{pages} pages; open {(OUT["en"] / "index.html").relative_to(ROOT)}, or `make serve`'
        )
    return int(bool(problems))


def gather(language, repository='', on_screen=True) -> Path:
    """Put together what Sphinx reads; return the folder. On paper no lesson has links and sliders."""
    folder = BUILD / 'site-source' / language
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / language, folder)
    for name in ('index.md', 'lesson_plan.md'):
        text = (folder / name).read_text(encoding='utf-8')
        filled = lesson_plan.fill(text, language, repository)
        (folder / name).write_text(filled, encoding='utf-8')
    (folder / 'predict.png').write_bytes(picture('01_inception_block', '01-04'))
    shutil.copy(ROOT / report.RESULTS / 'time_to_accuracy.png', folder)
    for name in ('googlenet.png', 'playground.png'):
        shutil.copy(ROOT / 'docs' / name, folder)
    shutil.copytree(
        ROOT / 'docs', folder / 'docs', ignore=lambda _, names: set(names) - {'rooms.png'}
    )
    shutil.copy(course_map.PICTURE, folder)
    (folder / 'course_map.md').write_text(
        on_site(course_map.text(language), language), encoding='utf-8'
    )
    (folder / 'glossary.md').write_text(
        on_site(labelled(GLOSSARY[language].read_text(encoding='utf-8')), language),
        encoding='utf-8',
    )
    for path in NOTEBOOKS[language].glob('*.ipynb'):
        notebook = described(nbformat.read(path, as_version=4))
        if on_screen:
            lesson_links.add_row(
                playground.embed(notebook, language), path.stem, language, repository
            )
        for cell in notebook.cells:
            if cell.cell_type == 'markdown':
                cell.source = on_site(cell.source, language)
        nbformat.write(notebook, folder / path.name)
    for name in playground.ELEMENTS:
        (folder / f'{name}.html').write_text(playground.element(name, language), encoding='utf-8')
    (folder / 'benchmarks.md').write_text(benchmarks(language, folder), encoding='utf-8')
    question_pages.write(folder, language)
    for path, name in TEXTS[language].items():
        text = on_site((ROOT / path).read_text(encoding='utf-8'), language)
        (folder / name).write_text(text, encoding='utf-8')
    if language == 'en':
        reference(folder / 'reference')
    return folder


def on_site(text, language) -> str:
    """Lead the links between the course's texts to where these are on the site."""
    text = re.sub(r'\]\(\S*exercises/README(?:\.zh)?\.md\)', '](exercises.md)', text)
    folders = r'docs/site/\w+|docs|notebooks/zh|notebooks'
    text = re.sub(rf'\]\((?:\.\./)+(?:{folders})/', '](', text)
    text = re.sub(r'\]\((\w+)\.zh\.md', r'](\1.md', text)
    for path, name in TEXTS[language].items():
        text = text.replace(f']({path}', f']({name}')
    return text.replace('](glossary.md#', '](#term-')


def labelled(glossary) -> str:
    """Make the anchor of each entry a label, to which the links of every page can lead."""
    glossary = re.sub(r'^## <a id="([\w-]+)"></a>', r'(term-\1)=\n## ', glossary, flags=re.M)
    return glossary.replace('](#', '](#term-')


def described(notebook):
    """Hand the words of each picture on to myst-nb, which looks for them in the cell's metadata."""
    for cell in notebook.cells:
        words = [
            output.get('metadata', {}).get('image/png', {}).get('alt')
            for output in cell.get('outputs', ())
        ]
        if any(words):
            cell.metadata['mystnb'] = {'image': {'alt': ' '.join(filter(None, words))}}
    return notebook


def picture(lesson, cell) -> bytes:
    """Return the figure that a cell of an English lesson has stored."""
    notebook = nbformat.read(NOTEBOOKS['en'] / f'{lesson}.ipynb', as_version=4)
    outputs = next(found.outputs for found in notebook.cells if found.id == cell)
    return b64decode(next(out.data['image/png'] for out in outputs if 'image/png' in out.data))


def benchmarks(language, folder) -> str:
    """Write the page of the recorded benchmarks: a figure and the tables of each suite."""
    parts = [BENCHMARKS[language]]
    for name, suite in SUITES.items():
        found = report.load(ROOT / report.RESULTS, name)
        shutil.copy(ROOT / report.RESULTS / f'{name}.png', folder / f'benchmark_{name}.png')
        alt = re.sub(r'[\[\]\n]', ' ', suite.picture(found).alt)
        parts += [f'## {suite.TITLE}', f'![{alt}](benchmark_{name}.png)', report.origin(found)]
        parts += [table._repr_html_() for table in suite.tables(found)]
    return '\n\n'.join(parts) + '\n'


def reference(folder):
    """Write the page of the public interface: all rooms in CONTRIBUTING's order, from docstrings."""
    folder.mkdir()
    parts = ['# Reference', REFERENCE]
    for room, files in public().items():
        parts.append(f'## d2l_ext.{room}')
        if (ROOT / 'd2l_ext' / room).is_dir():
            parts.append(documented(f'd2l_ext.{room}'))
        for file in files:
            members = ['   :members:', '   :exclude-members: set']  # `set` is matplotlib's
            parts += [f'### {file}', documented(file, members)]
    (folder / 'index.md').write_text('\n\n'.join(parts) + '\n', encoding='utf-8')


def documented(name, options=()) -> str:
    """Return what has Sphinx read a module's docstrings."""
    lines = [f'.. automodule:: {name}', *options, *['   :no-index:'] * (not options)]
    return '\n'.join(['```{eval-rst}', *lines, '```'])


def public() -> dict:
    """Return {room: the dotted names of its files}, in the order of CONTRIBUTING's table."""
    found = {}
    for room in table():
        folder = ROOT / 'd2l_ext' / room
        paths = sorted(folder.glob('*.py')) if folder.is_dir() else [folder.with_suffix('.py')]
        names = ['.'.join(path.relative_to(ROOT).with_suffix('').parts) for path in paths]
        found[room] = [name for name in names if not name.endswith('__')]
    return {room: names for room, names in found.items() if names}


def sphinx(language, source, out, options, both=()) -> int:
    """Build one language from `source`; return Sphinx's exit status."""
    environment = os.environ | {
        'SITE_LANGUAGE': language,
        'SITE_BOTH': ' '.join(sorted(both)),
        'D2L_EXT_PROFILE': 'quick',
    }
    command = [sys.executable, '-m', 'sphinx', *options, '-c', HERE, source, out]
    return subprocess.run(command, env=environment).returncode


def check(folder) -> list:
    """Return what is wrong with the pages of `folder`, a line each."""
    others = {'_static', 'slides'}  # decks are looked at by their own tests
    paths = [
        path for path in folder.rglob('*.html') if not others & {*path.relative_to(folder).parts}
    ]
    pages = {path: BeautifulSoup(path.read_text(encoding='utf-8'), 'html.parser') for path in paths}
    ids = {path: {tag['id'] for tag in page.find_all(id=True)} for path, page in pages.items()}
    problems = []
    for path, page in pages.items():
        here = path.relative_to(folder)
        for image in page.find_all('img'):
            alt = image.get('alt', '').strip()
            if not alt or alt.startswith(('_images/', '../_images/')):
                problems.append(f'{here}: no words for {image.get("src", "a picture")[:60]}')
        for tag, name in (('a', 'href'), ('img', 'src'), ('link', 'href'), ('script', 'src')):
            for found in page.find_all(tag, {name: True}):
                problem = wrong(found[name], path, ids, outside=tag == 'a')
                if problem:
                    problems.append(f'{here}: {found[name]} {problem}')
    return problems


def wrong(target, path, ids, outside):
    """Say what is wrong with a link of the page at `path`, or return None."""
    told = urlparse(target)
    if told.scheme == 'data' or target == '#':
        return None
    if told.scheme or told.netloc:
        return None if outside and told.scheme in ('http', 'https', 'mailto') else 'is another host'
    to = (path.parent / unquote(told.path)).resolve() if told.path else path
    if not to.exists():
        return 'leads nowhere'
    if told.fragment and to in ids and unquote(told.fragment) not in ids[to]:
        return 'leads to no such place in the page'
    return None


if __name__ == '__main__':
    sys.exit(main())
