"""Are answers on the page of questions checked at once, by mouse, keyboard and without JavaScript?"""

from exercises.questions import bank

import pytest

ALL = [question for questions in bank.read().values() for question in questions]
CHOICE = next(question for question in ALL if question.options)
NUMBER = next(question for question in ALL if not question.options)
folders = pytest.mark.parametrize('folder', ['', 'zh/'])


def form(page, question):
    return page.locator(f'#question-{question.name}')


@folders
def test_a_choice_is_checked(open_page, site, folder):
    page = open_page(f'{site}/{folder}questions.html')
    found = form(page, CHOICE)
    button, told = found.locator('button'), found.locator('output')
    button.click()
    assert told.inner_text() and found.get_attribute('data-state') == 'empty'
    right = int(found.get_attribute('data-answer'))
    found.locator('input').nth((right + 1) % 4).check()
    button.click()
    assert told.inner_text().startswith('✗')
    assert not found.locator('details p').first.is_visible()
    found.locator('input').nth(right).check()
    assert told.inner_text() == ''
    button.click()
    assert told.inner_text().startswith('✓')
    assert found.locator('details p').nth(1).is_visible()
    found.locator('details a').click()
    page.wait_for_url(f'{site}/{folder}{CHOICE.lesson}.html#*')


@folders
def test_a_number_is_checked_by_the_keyboard_alone(open_page, site, folder):
    page = open_page(f'{site}/{folder}questions.html')
    found = form(page, NUMBER)
    field, told = found.locator('input'), found.locator('output')
    field.focus()
    for typed, state in (
        ('abc', 'noNumber'),
        (str(NUMBER.answer() + 1), 'wrong'),
        (f'{NUMBER.answer()}', 'right'),
    ):
        field.fill(typed)
        page.keyboard.press('Enter')
        assert found.get_attribute('data-state') == state
        assert told.inner_text()


def test_a_number_may_be_written_as_people_write_it(open_page, site):
    page = open_page(f'{site}/questions.html')
    question = next(one for one in ALL if not one.options and one.answer() == 1_025_000)
    for typed in ('1025000', '1 025 000', '1,025,000', '1025000.0'):
        form(page, question).locator('input').fill(typed)
        page.keyboard.press('Enter')
        assert form(page, question).get_attribute('data-state') == 'right', typed
    question = next(one for one in ALL if not one.options and one.answer() == 0.25)
    for typed in ('0.25', '0,25', '.25'):
        form(page, question).locator('input').fill(typed)
        page.keyboard.press('Enter')
        assert form(page, question).get_attribute('data-state') == 'right', typed


@folders
def test_without_javascript_the_answers_unfold(open_page, site, folder):
    page = open_page(f'{site}/{folder}questions.html', java_script_enabled=False)
    found = form(page, CHOICE)
    assert not found.locator('button').is_visible()
    found.locator('summary').click()
    assert found.locator('details p').first.is_visible()


@folders
@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_a_phone_scrolls_down_only(open_page, site, folder, scheme):
    page = open_page(f'{site}/{folder}questions.html', 390, 844, color_scheme=scheme)
    assert page.evaluate('document.documentElement.scrollWidth <= innerWidth')
    assert page.evaluate(
        "[...document.querySelectorAll('form.question *')].every(part =>"
        ' part.getBoundingClientRect().right <= innerWidth)'
    )
