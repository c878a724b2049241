"""Chromium or Chrome: which one there is, and how it prints pages as PDF files."""

import shutil
import sys

NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
# on a busy machine Chromium was once seen to print one empty page in place of a deck
TRIES = 3


def of_the_system():
    """Return the path of the system's Chromium or Chrome, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def print_pdf(pages, ready, **options):
    """Print {address: PDF file}, each page once the JavaScript function `ready` returns true.

    Takes the system's Chromium or Chrome, else the one that Playwright downloaded; exits with one line
    where there is neither, and where a page stays without text. `options` are those of Playwright's
    `page.pdf`.
    """
    from playwright.sync_api import Error, sync_playwright  # most that is in tools needs none

    with sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=of_the_system(), args=['--no-sandbox'])
        except Error as error:
            sys.exit(
                f'PDF files need Chromium or Chrome: apt-get install chromium ({str(error).splitlines()[0]})'
            )
        page = browser.new_page()
        for address, target in pages.items():
            for _ in range(TRIES):
                page.goto(address)
                page.wait_for_function(ready)
                made = page.pdf(prefer_css_page_size=True, print_background=True, **options)
                if b'/Font' in made:  # it holds text
                    break
            else:
                sys.exit(f'Chromium printed {address} without any text, {TRIES} times: try again')
            target.write_bytes(made)
        browser.close()
