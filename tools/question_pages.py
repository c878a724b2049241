"""The page of questions of the site: a form each, checked at once by docs/site/static/questions.js.

Without JavaScript the answers unfold. Texts and answers are those of exercises/questions.
"""

import re
from html import escape

from exercises.questions import bank

WORDS = {
    'en': {
        'title': 'Questions',
        'intro': 'Short questions on every lesson, to see whether you have understood it. A number may be '
        'written as 12345, 12 345 or 12,345. Your answers are neither sent nor kept.',
        'lesson': 'To the lesson',
        'number': 'your number',
        'check': 'Check',
        'answer': 'Show the answer',
        'data': {
            'right': '✓ Right.',
            'wrong': '✗ Not right. Try again, or show the answer.',
            'empty': 'Choose an answer first.',
            'no-number': 'Enter a number first, such as 12.5.',
        },
    },
    'zh': {
        'title': '自测题',
        'intro': '每一课有几道小题，看看自己是否真的懂了。数可以写成 12345、12 345 或 12,345。'
        '答案不会发送，也不会保存。',
        'lesson': '去看这一课',
        'number': '你的数',
        'check': '检查',
        'answer': '显示答案',
        'data': {
            'right': '✓ 对了。',
            'wrong': '✗ 不对。再试一次，或者显示答案。',
            'empty': '请先选一个答案。',
            'no-number': '请先填一个数，例如 12.5。',
        },
    },
}
SHEET = '<link rel="stylesheet" href="_static/questions.css">'
FORM = """<form class="question" id="question-{name}"{data}>
<fieldset><legend><span>{number}.</span> {text}</legend>
{fields}
</fieldset>
<p class="check" hidden><button>{check}</button> <output></output></p>
<details><summary>{answer}</summary>
<p><strong>{right}</strong></p>
<p>{why}</p>

{place}

</details>
</form>"""


def write(folder, language):
    """Write questions.md, what Sphinx makes the page of, to `folder`."""
    words = WORDS[language]
    parts = [f'# {words["title"]}', SHEET, words['intro']]
    for lesson, questions in bank.read().items():
        parts.append(f'## {bank.title(lesson, language)}')
        parts.append(f'[{words["lesson"]}]({lesson}.ipynb)')
        parts += [form(question, language) for question in questions]
    told = ' '.join(f'data-{key}="{escape(text)}"' for key, text in words['data'].items())
    parts.append(f'<script src="_static/questions.js" {told}></script>')
    (folder / 'questions.md').write_text('\n\n'.join(parts) + '\n', encoding='utf-8')


def form(question, language) -> str:
    """Return one question as a form, and below it its answer, folded."""
    words = WORDS[language]
    if question.options:
        fields = '\n'.join(
            f'<label><input type="radio" name="answer" value="{place}"> '
            f'<span>{bank.html(option[language])}</span></label>'
            for place, option in enumerate(question.mixed())
        )
        data = f' data-answer="{question.mixed().index(question.options[0])}"'
        right = bank.html(question.options[0][language])
    else:
        fields = (
            '<input type="text" name="answer" inputmode="decimal" autocomplete="off" '
            f'aria-label="{words["number"]}">'
        )
        value = question.answer()
        data = f' data-answer="{value:.10g}" data-tolerance="{question.tolerance}"'
        right = bank.html(bank.said(value))
    return FORM.format(
        name=question.name,
        number=question.number,
        data=data,
        text=bank.html(question.text[language]),
        fields=fields,
        check=words['check'],
        answer=words['answer'],
        right=right,
        why=bank.html(question.why[language]),
        place=place(question, language),
    )


def place(question, language) -> str:
    """Return a link to where the answer stands: the section of the question's cell."""
    heading = bank.headings(question.lesson, language)[question.cell]
    # as myst and GitHub have it
    anchor = re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-')
    return f'[{question.lesson[:2]} · {heading}]({question.lesson}.ipynb#{anchor})'
