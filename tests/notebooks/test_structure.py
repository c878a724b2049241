"""Is every lesson a page of the course: run in order, complete, within their limits?"""

import ast
import re

import nbformat
import pytest
from pages import (
    ENGLISH,
    FENCED,
    NOTEBOOKS,
    answers,
    code_cells,
    every_english,
    every_lesson,
    markdown_cells,
    read,
    tags,
    texts,
)
from traitlets.config.loader import PyFileConfigLoader

TAGS = {'nbval-ignore-output', 'raises-exception', 'shows'}
PREDICT = ('> **Predict.**', '> **先猜一猜。**')

# A limit that makes one page worse is broken here: (file name, what is over it) -> why
LARGER = {
    ('05_training', 'page: ignored outputs'): 'it trains two networks, and counts mistakes',
    ('06_faster_training', 'page: ignored outputs'): 'its steps are timings',
    ('06_faster_training', 'page: code lines'): 'the stopwatch runs in other processes too',
    (
        '07_going_deeper',
        'page: code lines',
    ): 'nine blocks are counted, and three classifiers trained',
    (
        '13_inspect_the_data',
        'page: code lines',
    ): 'seven transformations are shown, and measured alone',
    ('08_batch_norm', 'page: ignored outputs'): 'it trains for three questions',
    ('09_factorized_convolutions', 'page: ignored outputs'): 'it times twice and trains once',
    (
        '09_factorized_convolutions',
        'page: code lines',
    ): 'kernels are split in two ways, counted and timed',
    ('11_v4_and_residuals', 'page: ignored outputs'): 'it trains twice and times once',
    ('12_pytorch_twin', 'page: code lines'): 'two libraries side by side',
    ('12_pytorch_twin', 'page: ignored outputs'): 'rounding, drift and speed are of the machine',
    ('12_pytorch_twin', 'page: code cells'): 'two libraries side by side',
    ('15_many_devices', '15-12: lines'): 'a worker is a program of its own',
    ('15_many_devices', 'page: code lines'): 'an all-reduce is written out and counted',
    ('15_many_devices', 'page: ignored outputs'): 'it starts a job, times a step and trains',
    (
        '10_inception_v3',
        'page: code lines',
    ): 'five blocks and the auxiliary classifier are written out, and six slips are code',
    (
        '16_ship_it',
        'page: code lines',
    ): 'numbers are quantized by hand, then five forms measured',
    ('14_seeing_inside', 'page: code lines'): 'seven questions, and each answer is a measurement',
    ('14_seeing_inside', 'page: code cells'): 'seven questions, and each answer is a measurement',
    ('14_seeing_inside', 'page: ignored outputs'): 'images are grown, maps and neighbours compared',
    ('14_seeing_inside', 'page: bytes'): 'it is about looking: eleven pictures',
    ('13_inspect_the_data', 'page: ignored outputs'): 'strengths, classes, causes and pairs',
    ('13_inspect_the_data', 'page: code cells'): 'each of its eleven pictures has a cell',
    ('13_inspect_the_data', 'page: bytes'): 'it is about looking: eleven pictures',
}


def test_the_six_lessons_are_there():
    assert [path.stem[:2] for path in ENGLISH][:6] == ['00', '01', '02', '03', '04', '05']


@every_lesson
def test_no_page_is_unfinished(path):
    for cell in read(path).cells:
        for word in ('TODO', 'FIXME', 'XXX', 'PLACEHOLDER'):
            assert word not in cell.source, f'{word} in: {cell.source[:80]}'


@every_lesson
def test_a_page_that_is_opened_and_saved_stays_the_same(path):
    settings = str(NOTEBOOKS.parent / 'docs' / 'jupyter')
    hook = PyFileConfigLoader('jupyter_server_config.py', settings).load_config()
    content = nbformat.read(path, as_version=4)
    # what JupyterLab adds when the kernel has started
    content.metadata.kernelspec.display_name = 'Python 3 (ipykernel)'
    content.metadata.language_info.update(version='3.12.1', pygments_lexer='ipython3')

    hook.ContentsManager.pre_save_hook(model={'type': 'notebook', 'content': content})

    assert nbformat.writes(content) + '\n' == path.read_text(encoding='utf-8')


# run in order, and stored as run


@every_lesson
def test_cells_were_run_once_from_top_to_bottom(path):
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))


@every_lesson
def test_no_cell_is_empty(path):
    assert [cell.id for cell in read(path).cells if not cell.source.strip()] == []


@every_lesson
def test_nothing_is_stored_from_stderr(path):
    noisy = [
        cell.id for cell in code_cells(path)
        if any(output.get('name') == 'stderr' for output in cell.outputs)
    ]  # fmt: skip
    assert noisy == []


@every_lesson
def test_only_cells_tagged_so_hold_an_error(path):
    failing = [
        cell.id for cell in code_cells(path)
        if any(output.output_type == 'error' for output in cell.outputs)
    ]  # fmt: skip
    assert failing == [cell.id for cell in code_cells(path) if 'raises-exception' in tags(cell)]


@every_lesson
def test_checked_outputs_hold_nothing_of_the_machine(path):
    machine = re.compile(r'0x[0-9a-f]{6,}|/(home|root|tmp|Users|work)/|site-packages|\bsteps?/s\b')
    told = {
        cell.id: match.group() for cell in code_cells(path)
        if 'nbval-ignore-output' not in tags(cell)
        for text in texts(cell) if (match := machine.search(text))
    }  # fmt: skip
    assert told == {}


@every_lesson
def test_metadata_is_that_of_any_machine(path):
    notebook = read(path)
    assert notebook.metadata.kernelspec.name == 'python3'
    assert dict(notebook.metadata.language_info) == {'name': 'python'}
    assert [cell.id for cell in notebook.cells if set(cell.metadata) - {'tags', 'slideshow'}] == []


# tags, and what must follow from them


@every_lesson
def test_tags_are_known(path):
    assert set().union(*(tags(cell) for cell in read(path).cells)) <= TAGS


@every_lesson
def test_the_last_cell_asserts_what_each_ignored_output_shows(path):
    # an output that differs between machines is not compared, so what the page says of it is asserted
    cells = code_cells(path)
    asserted = names(next(cell for cell in cells if 'shows' in tags(cell)), ast.Load)
    ignored = [cell for cell in cells if 'nbval-ignore-output' in tags(cell)]
    assert [cell.id for cell in ignored if not names(cell, ast.Store) & asserted] == []


@every_lesson
def test_no_output_is_only_true_or_false(path):
    # such a cell is a test, which belongs into the last cell: a page shows the numbers
    verdict = re.compile(r'[\s(){}\[\],]*((\'[^\']*\': )?(True|False)[\s(){}\[\],]*)+')
    assert [
        cell.id for cell in code_cells(path) if any(verdict.fullmatch(t) for t in texts(cell) if t)
    ] == []


@every_lesson
def test_every_import_is_used(path):
    # importing d2l_ext prepares the process for mxnet, so it may stand alone
    unused = imported_only('\n'.join(cell.source for cell in code_cells(path))) - {'d2l_ext'}
    for number, text in answers(path).items():
        code = '\n'.join(code for kind, code in FENCED.findall(text) if kind == 'python')
        unused |= {(number, name) for name in imported_only(code)}
    assert unused == set()


def imported_only(source):
    """Return the names that code imports and never reads."""
    found = nodes(source)
    imports = [node for node in found if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {alias.asname or alias.name.partition('.')[0] for at in imports for alias in at.names}
    return names - {node.id for node in found if isinstance(node, ast.Name)}


def nodes(source):
    """Return the nodes of the syntax tree of a cell's code."""
    return [*ast.walk(ast.parse(re.sub(r'^%.*', '', source, flags=re.M)))]


def names(cell, context):
    """Return the names that a code cell reads (ast.Load) or assigns (ast.Store); `a[i] = x` assigns a."""
    found = [node for node in nodes(cell.source) if isinstance(node, (ast.Name, ast.Subscript))]
    found = [node for node in found if isinstance(node.ctx, context)]
    return {ast.unparse(node).partition('[')[0] for node in found}


@every_lesson
def test_one_cell_shows_one_line(path):
    cells = [cell for cell in code_cells(path) if 'shows' in tags(cell)]
    assert len(cells) == 1
    assert 'assert ' in cells[0].source
    assert [output.text.count('\n') for output in cells[0].outputs] == [1]


@every_lesson
def test_code_holds_no_shell_install_or_silencer(path):
    forbidden = re.compile(
        r'^\s*!|^\s*%%(bash|sh|writefile)|%pip|pip install|sys\.path|;\s*$|filterwarnings', re.M
    )
    assert [cell.id for cell in code_cells(path) if forbidden.search(cell.source)] == []


# the page


@every_english
def test_the_page_opens_with_title_and_objectives(path):
    first = markdown_cells(path)[0].source
    number = f'{path.stem[:2]} · ' if path.stem[:2].isdigit() else ''
    assert re.match(rf'# {number}\S', first)
    assert '**You will be able to**' in first


@every_english
def test_the_page_ends_with_recap_exercises_sources(path):
    headings = re.findall(r'^## (.+)$', '\n'.join(c.source for c in markdown_cells(path)), re.M)
    assert headings[-3:] == ['Recap', 'Exercises', 'Sources']
    assert read(path).cells[-1].cell_type == 'markdown'


@every_lesson
def test_every_exercise_has_an_answer(path):
    cells = markdown_cells(path)
    at = next(i for i, c in enumerate(cells) if re.match('## (Exercises|练习)', c.source))
    exercises = [int(number) for number in re.findall(r'^(\d)\. ', cells[at].source, re.M)]
    assert list(answers(path)) == exercises
    folded = [i for i, cell in enumerate(cells) if '<details>' in cell.source]
    assert folded == [at + number for number in exercises]


@every_english
def test_the_recap_answers_the_objectives_one_by_one(path):
    def bullets(text):
        return len(re.findall('^- ', text, re.M))

    cells = markdown_cells(path)
    recap = next(cell.source for cell in cells if cell.source.startswith('## Recap'))
    assert bullets(recap) == bullets(cells[0].source)


@every_lesson
def test_every_prediction_stands_above_the_cell_that_answers_it(path):
    cells = read(path).cells
    asking = [i for i, cell in enumerate(cells) if any(mark in cell.source for mark in PREDICT)]
    assert asking
    for i in asking:
        assert cells[i].source.splitlines()[-1].startswith('>'), cells[i].id
        assert cells[i + 1].cell_type == 'code', cells[i].id


@every_lesson
def test_the_paragraph_that_answers_introduces_nothing_else(path):
    """The site folds it with the outputs: what it introduced would stand there without a word."""
    cells = read(path).cells
    for i, cell in enumerate(cells):
        if any(mark in cell.source for mark in PREDICT):
            after = next((c for c in cells[i + 1 :] if c.cell_type == 'markdown'), None)
            answer = after.source.split('\n\n')[0]
            assert not answer.endswith((':', '：')), after.id
            assert not re.search(r'\b([Tt]he next (cell|table)|下一个单元格|下表)', answer), (
                after.id
            )


@every_english
def test_every_section_with_code_asks_for_a_prediction(path):
    with_code, asked, heading = set(), set(), None
    for cell in read(path).cells[2:]:
        if cell.source.startswith('## '):
            heading = cell.source.splitlines()[0]
        if cell.cell_type == 'code':
            with_code.add(heading)
        elif PREDICT[0] in cell.source:
            asked.add(heading)
    assert with_code - asked - {'## Recap'} == set()


@every_lesson
def test_a_sentence_that_begins_with_a_number_is_no_list(path):
    """Markdown makes "3. The rest" the third entry of a list: a list begins at 1."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == 'markdown':
            numbers = [int(n) for n in re.findall(r'^(\d+)\. ', cell.source, re.M)]
            assert numbers == list(range(1, len(numbers) + 1)), cell.source


@every_lesson
def test_pictures_have_alt_text_and_files(path):
    text = '\n'.join(cell.source for cell in markdown_cells(path))
    assert '<img' not in text
    for alt, target in re.findall(r'!\[(.*?)\]\((\S+?)\)', text):
        assert alt, target
        assert (path.parent / target).is_file(), target


@every_lesson
def test_links_lead_to_files_that_exist(path):
    text = '\n'.join(FENCED.sub('', cell.source) for cell in markdown_cells(path))
    targets = [t for t in re.findall(r'\]\((\S+?)\)', text) if not t.startswith(('http', '#'))]
    assert [t for t in targets if not (path.parent / t.split('#')[0]).is_file()] == []


@pytest.mark.parametrize('folder', [NOTEBOOKS, NOTEBOOKS / 'zh'], ids=['en', 'zh'])
def test_the_first_lesson_leads_to_all_others(folder):
    text = '\n'.join(cell.source for cell in markdown_cells(folder / '00_start_here.ipynb'))
    others = {path.name for path in folder.glob('*.ipynb')} - {'00_start_here.ipynb'}
    assert others == set(re.findall(r'^\| \[.+?\]\((\S+?)\)', text, re.M))


# limits


def sizes(path):
    """Yield (what, size, limit) for everything on the page that has a limit."""
    cells = code_cells(path)
    yield 'page: code cells', len(cells), 25
    yield 'page: code lines', sum(len(cell.source.splitlines()) for cell in cells), 150
    ignored = sum('nbval-ignore-output' in tags(cell) for cell in cells)
    yield 'page: ignored outputs', ignored, 2
    yield 'page: bytes', path.stat().st_size, 500_000
    for cell in cells:
        lines = cell.source.splitlines()
        yield f'{cell.id}: lines', len(lines), 25 if 'class ' in cell.source else 15
        yield f'{cell.id}: columns', max(map(len, lines)), 79
        for output in cell.outputs:
            data = output.get('data', {})
            shown = '' if 'text/html' in data else data.get('text/plain', '')
            text = output.get('text', '') or shown
            yield f'{cell.id}: output lines', len(text.splitlines()), 20
            # base64 writes 3 bytes as 4 characters
            yield f'{cell.id}: picture bytes', len(data.get('image/png', '')) * 3 // 4, 100_000
    for cell in markdown_cells(path):
        for number, (_, code) in enumerate(FENCED.findall(cell.source), 1):
            yield f'{cell.id}: lines of block {number}', len(code.splitlines()), 42
            yield f'{cell.id}: columns of block {number}', max(map(len, code.splitlines())), 79
        prose = re.sub(r'^\|.*$', '', cell.source, flags=re.M)  # one table is one table
        prose = FENCED.sub('', prose)
        chinese = len(re.findall(r'[\u4e00-\u9fff]', prose))
        exercises = prose.startswith('## Exercises')  # one list of up to five
        yield f'{cell.id}: words', len(prose.split()), 160 if exercises else 120
        yield f'{cell.id}: Chinese characters', chinese, 220


@every_lesson
def test_sizes_are_within_limits(path):
    over = {
        what: f'{size} > {limit}' for what, size, limit in sizes(path)
        if size > limit and (path.stem, what) not in LARGER
    }  # fmt: skip
    assert over == {}, 'shorten it, or say in LARGER why not'
