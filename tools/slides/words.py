"""The words that slides add to a lesson's own, and what a figure's English labels mean in Chinese."""

import json
import re
from pathlib import Path

WORDS = {
    'en': {
        'course': 'Inception in Gluon',
        'predict': 'Predict.',
        'recap': 'Recap',
        'source': r'Sources?: ',
        'goals': 'You will be able to',
        'from': 'Source',
        'by': 'By',
        'licence': 'Licence',
        'licences': 'text and figures CC BY-SA 4.0, code MIT',
        'next': 'Next',
        'decks': 'All decks',
        'clock': '{own} for this slide; {deck} of {deck_all} of this deck at its end',
        'lecture': '; {lecture} of {lecture_all} of the lecture',
        'title': 'Inception in Gluon: the slides',
        'keys': 'The arrow keys turn the pages. <kbd>S</kbd> opens the speaker’s notes with their clock, '
        '<kbd>O</kbd> the overview, <kbd>D</kbd> changes between light and dark. '
        '<code>make slides-pdf</code> writes PDF files; <code>?print-pdf</code> after an address prints.',
        'plan': 'The decks {first} to {last} are one lecture of {minutes} minutes. Each other deck has a '
        'clock of its own.',
        'columns': ('deck', 'minutes', 'slides'),
        'other': '中文',
    },
    'zh': {
        'course': '用 Gluon 实现 Inception',
        'predict': '先猜一猜。',
        'recap': '回顾',
        'source': '出处：',
        'goals': '学完本课，你能够',
        'from': '出处',
        'by': '作者',
        'licence': '许可',
        'licences': '文字与图：CC BY-SA 4.0；代码：MIT',
        'next': '下一课',
        'decks': '全部幻灯片',
        'clock': '本页 {own}；讲完本页，本课用时 {deck}，共 {deck_all}',
        'lecture': '；整场讲座用时 {lecture}，共 {lecture_all}',
        'title': '用 Gluon 实现 Inception：幻灯片',
        'keys': '方向键翻页。<kbd>S</kbd> 打开带时钟的演讲者备注，<kbd>O</kbd> 是总览，<kbd>D</kbd> 切换浅色'
        '与深色。'
        '<code>make slides-pdf</code> 生成 PDF；在地址后面加上 <code>?print-pdf</code> 即可打印。',
        'plan': '{first} 到 {last} 合起来是一场 {minutes} 分钟的讲座。其余各课各有自己的时钟。',
        'columns': ('幻灯片', '分钟', '页数'),
        'other': 'English',
    },
}
# kinds: what a picture of a kind always bears, by the first words of its description
KNOWN = json.loads(Path(__file__).with_name('labels.zh.json').read_text(encoding='utf-8'))
LABELS = KNOWN['classes'] | KNOWN['labels']
# the longest first, so that "test accuracy" is not taken for "test" and "accuracy"
LABEL = re.compile(
    '|'.join(
        rf'(?<![\w/-]){re.escape(label)}(?![\w/-])'
        for label in sorted(LABELS, key=len, reverse=True)
    )
)


def caption(text) -> str:
    """Say in Chinese what the English labels of a figure or a table mean.

    `text` stands for it: a picture's description, a table's own words.
    """
    kind = next((opening for opening in KNOWN['kinds'] if text.startswith(opening)), None)
    # a diagram's description holds every box; what all diagrams bear is enough
    found = [] if kind else LABEL.findall(text)
    if kind == 'Confusion matrix':
        found = KNOWN['classes']
    # a label and its meaning stay on one line
    labels = '，'.join(f'{label}\xa0{LABELS[label]}' for label in dict.fromkeys(found))
    return '；'.join(filter(None, (KNOWN['kinds'].get(kind), labels)))
