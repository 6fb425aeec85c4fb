"""Rows of figures tell their facts on the page: to a pointer, and to the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parapluie.report.table import UNTRACED
from tests.browser.test_report_page import UNKEYED, driver

__all__ = ["driver"]
pytestmark = pytest.mark.browser
FIRST = "#forest-place svg.drawing .spot"


@pytest.fixture(scope="module")
def page(driver: Any, example: Callable[[str], Path]) -> Any:
    """The page of the peer-support review; its first forest plot of reviews is marked."""
    driver.get((example("peer-support") / "reports" / "index.html").as_uri())
    driver.execute_script(
        "[...document.querySelectorAll('#effects svg.drawing')]"
        ".find((s) => s.getAttribute('aria-label').includes('as the included reviews report it'))"
        ".closest('figure').id = 'forest-place'"
    )
    return driver


def tip(page: Any) -> Any:
    from selenium.webdriver.common.by import By

    return page.find_element(By.ID, "tip")


def test_the_focus_shows_numbers_and_source_and_the_arrow_keys_move_it(page: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    assert not tip(page).is_displayed()
    page.execute_script(f"document.querySelector('{FIRST}').focus({{preventScroll: false}})")
    page.execute_script("document.activeElement.scrollIntoView({block: 'center'})")
    page.execute_script("document.activeElement.blur()")
    page.execute_script(f"document.querySelector('{FIRST}').focus({{preventScroll: true}})")
    shown = tip(page)
    assert shown.is_displayed()
    words = shown.text
    for part in ("[95% CI]", "AMSTAR 2", "GRADE", "Source"):
        assert part in words
    assert "Cooper 2024, Table 2" in words
    assert page.execute_script(UNKEYED, list(UNTRACED)) == []
    keyed = page.execute_script("return document.querySelectorAll('#tip [data-key]').length")
    assert keyed >= 3
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not shown.is_displayed()


def test_one_row_of_a_plot_is_a_stop_of_the_tab_key(page: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    stops = (
        "return [...document.querySelectorAll('svg.drawing')].map((s) => "
        "s.querySelectorAll('.spot[tabindex=\"0\"]').length).filter((n) => n > 1)"
    )
    assert page.execute_script(stops) == []
    many = (
        "const s = [...document.querySelectorAll('#effects svg.drawing')]"
        ".map((d) => d.querySelectorAll('.spot')).find((list) => list.length > 2);"
        "s[0].scrollIntoView({block: 'center'}); s[0].focus({preventScroll: true});"
        "return [...s].map((x) => x.dataset.told.split('\\n')[0])"
    )
    names = page.execute_script(many)
    page.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    assert tip(page).text.startswith(names[1])
    page.switch_to.active_element.send_keys(Keys.ARROW_UP)
    assert tip(page).text.startswith(names[0])


def test_a_pointer_shows_the_same_and_enter_opens_the_trace(page: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    spot = page.find_element(By.CSS_SELECTOR, FIRST)
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", spot)
    page.execute_script("document.activeElement.blur()")
    for across in (0, 3):  # the second, once the page has come to rest
        ActionChains(page).move_to_element_with_offset(spot, across, 0).pause(0.3).perform()
    assert tip(page).is_displayed() and "Source" in tip(page).text
    page.execute_script("arguments[0].focus({preventScroll: true})", spot)
    spot.send_keys(Keys.ENTER)
    panel = page.find_element(By.ID, "trace")
    assert panel.is_displayed() and "data/extraction/effects.csv" in panel.text
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert page.get_log("browser") == []


def test_no_title_is_left_that_the_browser_would_show_too(page: Any) -> None:
    assert page.execute_script("return document.querySelectorAll('.spot > title').length") == 0
    named = page.execute_script(
        "return [...document.querySelectorAll('.spot')].every((s) => s.getAttribute('aria-label'))"
    )
    assert named
