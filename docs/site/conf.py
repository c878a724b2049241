"""Sphinx for both languages; tools.build_site puts the sources together and says which language it is."""

import importlib.util
import os
import re
from pathlib import Path

from sphinx.search.zh import SearchChinese

TITLES = {'en': 'Inception in Gluon', 'zh': '用 Gluon 实现 Inception'}
LANGUAGE = os.environ['SITE_LANGUAGE']

project = TITLES[LANGUAGE]
author = copyright = 'the course’s authors, text CC BY-SA 4.0, code MIT'
language = {'en': 'en', 'zh': 'zh_CN'}[LANGUAGE]  # zh_CN: the search divides words by jieba
extensions = ['myst_nb', 'sphinx.ext.autodoc']
templates_path = ['templates']

nb_execution_mode = 'off'  # the stored outputs are what the tests compare
nb_output_stderr = 'remove-warn'
myst_enable_extensions = ['dollarmath', 'amsmath']
myst_heading_anchors = 3

# docstrings are plain sentences: `name` is code, and nothing else is markup
default_role = 'literal'
autodoc_member_order = 'bysource'
autodoc_mock_imports = [
    name for name in ('torch', 'torchvision', 'timm') if not importlib.util.find_spec(name)
]

html_theme = 'sphinx_book_theme'
html_title = project
html_favicon = '../icon.png'
html_static_path = ['static', '../../build/site-static']
html_css_files = ['site.css', 'answers.css']
html_show_sphinx = False
html_copy_source = True  # the notebook itself, behind the download button
mathjax_path = 'mathjax/es5/tex-mml-chtml.js'  # of ours: no page asks another host
html_theme_options = {
    'navbar_persistent': [],
    'article_header_end': ['language.html', 'article-header-buttons.html'],
    'use_download_button': True,
    'show_navbar_depth': 1,
}
html_context = {'default_mode': 'auto', 'both': os.environ['SITE_BOTH'].split(), 'here': LANGUAGE}


def escape(app, what, name, thing, options, lines):
    """Keep reStructuredText from reading stars and bars of a docstring as markup."""
    lines[:] = [
        ''.join(
            part if part.startswith('`') else re.sub(r'([*|_])', r'\\\1', part)
            for part in re.split(r'(`[^`]*`)', line)
        )
        for line in lines
    ]


class Search(SearchChinese):
    """Sphinx's own search in Chinese, which finds a word only if it is typed as the index has it."""

    js_splitter_code = Path(__file__).with_name('split_query.js').read_text(encoding='utf-8')


def setup(app):
    app.add_search_language(Search)
    app.connect('autodoc-process-docstring', escape)
