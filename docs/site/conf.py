"""Sphinx for both languages; tools.build_site puts the sources together and says which language it is."""

import importlib.util
import os
import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.builders.singlehtml import SingleFileHTMLBuilder
from sphinx.search.en import SearchEnglish
from sphinx.search.zh import SearchChinese

TITLES = {'en': 'Inception in Gluon', 'zh': '用 Gluon 实现 Inception'}
LANGUAGE = os.environ['SITE_LANGUAGE']

project = TITLES[LANGUAGE]
author, copyright = {
    'en': ('the course’s authors', 'the course’s authors, text CC BY-SA 4.0, code MIT'),
    'zh': ('本课程的作者', '本课程的作者，文字 CC BY-SA 4.0，代码 MIT'),
}[LANGUAGE]
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
html_css_files = ['site.css', 'answers.css', 'print.css']
# scripts that meet the page when all of it is read
html_js_files = [(name, {'defer': 'defer'}) for name in ('answers.js', 'figures.js', 'sections.js')]
html_show_sphinx = False
html_copy_source = False  # a lesson leads to its notebook itself
html_search_scorer = str(Path(__file__).with_name('search.js'))
mathjax_path = 'mathjax/es5/tex-mml-chtml.js'  # of ours: no page asks another host
html_theme_options = {
    'navbar_persistent': [],
    'article_header_end': ['language.html', 'article-header-buttons.html'],
    'use_download_button': False,
    'show_navbar_depth': 1,
}
if tags.has('book'):  # noqa: F821  all in one page, for tools.build_pdf
    html_theme, html_theme_options = 'basic', {'nosidebar': True}
    html_css_files, html_js_files = ['answers.css', 'print.css', 'book.css'], []
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


def products(text) -> list:
    """Return what is written 1×1 or 1x1 as words of the index; search.js writes a query the same way."""
    return [found.replace('×', 'x') for found in re.findall(r'\d+(?:[×x]\d+)+', text)]


class English(SearchEnglish):
    """Sphinx's own search, which finds 1×1 too."""

    def split(self, input):
        return super().split(input) + products(input)


class Chinese(SearchChinese):
    """The same in Chinese; search.js cuts a query into the words of the index."""

    def split(self, input):
        return super().split(input) + products(input)


class Book(SingleFileHTMLBuilder):
    """One page of HTML; each id has its document's name before it, for two of them may share a heading."""

    def assemble_doctree(self):
        tree = super().assemble_doctree()
        for file in tree.findall(addnodes.start_of_file):
            docname = file['docname'].rpartition('/')[2]
            for node in file.findall(nodes.Element):
                node['ids'] = [f'{docname}--{name}' for name in node['ids']]
                if 'refid' in node:
                    node['refid'] = f'{docname}--{node["refid"]}'
        return tree

    def fix_refuris(self, tree):
        """Turn index.html#document-glossary#he into #glossary--he, where Sphinx leaves #he."""
        for link in tree.findall(nodes.reference):
            found = re.fullmatch(r'.*#document-([^#]+)#(.+)', link.get('refuri', ''))
            if found:
                link['refuri'] = f'#{found[1].rpartition("/")[2]}--{found[2]}'


def setup(app):
    app.add_builder(Book, override=True)
    for search in (English, Chinese):
        app.add_search_language(search)
    app.connect('autodoc-process-docstring', escape)
