"""Chromium or Chrome: which one there is, and how it prints pages as PDF files."""

import shutil
import sys

NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')


def of_the_system():
    """Return the path of the system's Chromium or Chrome, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def print_pdf(pages, ready, **options):
    """Print {address: PDF file}, each page once the JavaScript function `ready` returns true.

    Takes the system's Chromium or Chrome, else the one that Playwright downloaded; exits with one line
    where there is neither. `options` are those of Playwright's `page.pdf`.
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
            page.goto(address)
            page.wait_for_function(ready)
            page.pdf(path=target, prefer_css_page_size=True, print_background=True, **options)
        browser.close()
