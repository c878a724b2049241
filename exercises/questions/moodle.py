"""The question bank as Moodle XML: a category a lesson; https://docs.moodle.org/en/Moodle_XML_format."""

from pathlib import Path
from xml.etree import ElementTree

from . import bank

COURSE = {'en': 'Inception in Gluon', 'zh': '用 Gluon 实现 Inception'}


def export(folder) -> list:
    """Write questions.en.xml and questions.zh.xml to `folder`; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    lessons = bank.read()
    paths = []
    for language in bank.LANGUAGES:
        paths.append(Path(folder) / f'questions.{language}.xml')
        tree = ElementTree.ElementTree(quiz(lessons, language))
        ElementTree.indent(tree)
        tree.write(paths[-1], encoding='utf-8', xml_declaration=True)
    return paths


def quiz(lessons, language):
    """Return the whole bank in one language."""
    root = ElementTree.Element('quiz')
    for lesson, questions in lessons.items():
        category = element(root, 'question', type='category')
        title = bank.title(lesson, language).replace('`', '')
        path = f'$course$/top/{COURSE[language]}/{title.replace("/", "//")}'
        words(category, 'category', path)
        for question in questions:
            add(root, question, language)
    return root


def add(root, question, language):
    """Add one question: where it stands in the lesson is its general feedback's last line."""
    kind = 'multichoice' if question.options else 'numerical'
    made = element(root, 'question', type=kind)
    section = bank.headings(question.lesson, language)[question.cell]
    place = f'{question.lesson[:2]} · {section}' if section[:2] != question.lesson[:2] else section
    words(made, 'name', question.name)
    page(made, 'questiontext', question.text[language])
    page(made, 'generalfeedback', question.why[language], place)
    element(made, 'defaultgrade').text = '1'
    element(made, 'idnumber').text = f'inception-{question.name}'
    if not question.options:
        right = element(made, 'answer', fraction='100', format='moodle_auto_format')
        element(right, 'text').text = f'{question.answer():.10g}'
        element(right, 'tolerance').text = str(question.tolerance)
        return
    element(made, 'single').text = 'true'
    element(made, 'shuffleanswers').text = 'true'
    element(made, 'answernumbering').text = 'none'
    for option in question.mixed():
        fraction = '100' if option is question.options[0] else '0'
        answer = element(made, 'answer', fraction=fraction, format='html')
        element(answer, 'text').text = f'<p>{bank.html(option[language])}</p>'


def element(parent, tag, **attributes):
    return ElementTree.SubElement(parent, tag, attributes)


def words(parent, tag, text):
    """Add plain words, which Moodle wants inside an element of their own."""
    element(element(parent, tag), 'text').text = text


def page(parent, tag, *paragraphs):
    """Add a text with code in it."""
    html = ''.join(f'<p>{bank.html(paragraph)}</p>' for paragraph in paragraphs)
    element(element(parent, tag, format='html'), 'text').text = html
