"""Short questions on every lesson, in both languages, with answers that are computed.

A file of questions a lesson; `bank` reads them, `names` is what their checks may use, `moodle` exports
them, and tools/question_pages.py makes the page of the site.
"""
