"""The frame of a page for one person to read: it loads nothing, and runs nothing."""

from html import escape

# a page may hold what a student wrote
FRAME = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem;
  color: #1a1a1a; background: #fff; }}
pre {{ font-size: .875rem; white-space: pre-wrap; overflow-wrap: anywhere; background: #f5f5f5;
  padding: .5rem .75rem; margin: .5rem 0; }}
table {{ border-collapse: collapse; }}
th, td {{ text-align: left; padding: .25rem .75rem; border-bottom: 1px solid #ccc; }}
td.number {{ text-align: right; }}
.bar {{ display: inline-block; height: .8em; background: #2f6db3; print-color-adjust: exact; }}
.right {{ color: #0b6b2e; }} .partly {{ color: #7a4b00; }} .wrong {{ color: #b00020; }}
.result {{ border-left: 4px solid; padding: .25rem .75rem; margin: 1rem 0 2rem; }}
.result details, .comment {{ color: #1a1a1a; }}
.result p {{ white-space: pre-line; }}
summary {{ cursor: pointer; }}
{style}
</style></head><body>
{body}
</body></html>
"""


def page(title, body, style='') -> str:
    """Return a page of the HTML `body` under `title`, with `style` beside its own."""
    return FRAME.format(title=escape(title), body=body, style=style)
