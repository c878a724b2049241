"""A notebook as an HTML page that loads nothing."""

import html
import re
from pathlib import Path

import latex2mathml.converter
import nbformat
from jinja2 import DictLoader, pass_context
from nbconvert import HTMLExporter

STYLE = Path(__file__).resolve().parent.parent / 'docs' / 'site' / 'static' / 'answers.css'
# nbconvert's own page leaves out the alt text that a figure carries in its metadata
ALT = """{% block data_png scoped %}{% set alt = output | get_metadata('alt', 'image/png') %}
{{- super() | replace('<img ', '<img alt="' ~ alt | escape ~ '" ' if alt else '<img ') }}
{% endblock %}"""
PAGE = (
    """{% extends 'lab/index.html.j2' %}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_css -%}
{{ super() }}
"""
    + f'<style>{STYLE.read_text(encoding="utf-8")}</style>\n{{%- endblock -%}}\n'
    + ALT
)
# nbconvert, when it embeds images, closes every tag of a block of HTML at the end of that block
FOLDED = re.compile(r'(<details><summary>.*?</summary>)\n\n(.*)\n\n(</details>)', re.S)
FORMULA = re.compile(r'(\$\$?)([^$<]+)\1')


class Page(HTMLExporter):
    """nbconvert's page, but for folded answers, and formulas as MathML, which need no script."""

    @pass_context
    def markdown2html(self, context, source):
        if folded := FOLDED.fullmatch(source):
            source = folded[2]
        page = FORMULA.sub(mathml, super().markdown2html(context, source))
        return f'{folded[1]}\n{page}\n{folded[3]}' if folded else page


def mathml(found) -> str:
    """Turn what FORMULA found into MathML."""
    display = 'block' if found[1] == '$$' else 'inline'
    return latex2mathml.converter.convert(html.unescape(found[2]), display=display)


def write(notebook, path, folder):
    """Write the notebook to `path`, and beside it an HTML page that loads nothing.

    The files that it shows are looked for from `folder`; `zh` holds pages in Chinese.
    """
    nbformat.write(notebook, path)
    exporter = Page(
        extra_loaders=[DictLoader({'page.html.j2': PAGE})], template_file='page.html.j2',
        embed_images=True, require_js_url='', language_code='zh' if folder.name == 'zh' else 'en',
    )  # fmt: skip
    resources = {'metadata': {'name': path.stem, 'path': str(folder)}}
    page, _ = exporter.from_notebook_node(notebook, resources)
    page = page.replace('<html lang="zh">', '<html lang="zh-CN">')  # nbconvert takes no region
    path.with_suffix('.html').write_text(
        re.sub(r'(href="\w+)\.ipynb', r'\1.html', page), encoding='utf-8'
    )
