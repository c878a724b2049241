"""Photograph the playground of build/site as docs/playground.png, for the README and the first page.

Needs what `make site` and `make test-browser` make.
"""

import io

from tests.browser.conftest import BUILD, FLAGS, ROOT, served
from tools.chromium import of_the_system

from PIL import Image
from playwright.sync_api import sync_playwright

IMAGE, BRANCH = 19, '3a branch3x3'  # an ankle boot
with served(BUILD / 'site') as address, sync_playwright() as driver:
    browser = driver.chromium.launch(executable_path=of_the_system(), args=FLAGS)
    page = browser.new_page(viewport={'width': 1440, 'height': 1400})
    page.goto(f'{address}/playground.html#see-inside')
    view = page.locator('branch-maps')
    view.locator('.exciting figure').first.wait_for()
    view.locator('.samples input').nth(IMAGE).check(force=True)
    view.locator(f'input[aria-label^="{BRANCH}"]').check(force=True)
    page.mouse.move(0, 0)
    picture = Image.open(io.BytesIO(view.screenshot()))
    browser.close()
picture.convert('RGB').quantize(128, dither=Image.Dither.NONE).save(
    ROOT / 'docs' / 'playground.png', optimize=True
)
