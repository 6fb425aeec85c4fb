"""The pages of a made-up review and of both examples in a real browser: errors, requests, traces,
links, print.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from parapluie.report.table import UNTRACED
from tests import made_report, made_searches
from tests.chain import EXAMPLES

pytestmark = pytest.mark.browser
CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--window-size=1280,900",
)
MAX_BYTES = 5_000_000

UNKEYED = """
const classes = arguments[0];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const bad = [];
while (walker.nextNode()) {
  const node = walker.currentNode, parent = node.parentElement;
  if (!/[0-9]/.test(node.data) || parent.closest("script, style, title, desc, #trace")) continue;
  if (parent.closest("[data-key], " + classes.map((c) => "." + c).join(", "))) continue;
  bad.push(node.data.trim() + " in " + parent.outerHTML.slice(0, 120));
}
return bad;
"""
HIDDEN = """
return [...document.querySelectorAll("main section, main table, main svg.drawing, " +
  "main p:not(.files):not(.hint)")]
  .filter((e) => !e.getClientRects().length)
  .map((e) => e.outerHTML.slice(0, 120));
"""
OUTSIDE = """
const loaded = performance.getEntriesByType("resource").map((e) => e.name);
const named = [...document.querySelectorAll("[src], link[href], image, use")]
  .map((e) => ["src", "href", "xlink:href"].map((a) => e.getAttribute(a) || "").join(""));
return [...loaded, ...named].filter((u) => /^(https?:)?\\/\\//.test(u) || u.startsWith("file:"));
"""


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    if not (CHROMIUM.is_file() and DRIVER.is_file()):
        pytest.skip("chromium and chromedriver are not installed: the page is not opened")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in ARGUMENTS:
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("review")
    made_report.make(folder)
    before = Path.cwd()
    os.chdir(folder)
    try:
        made_searches.add(folder)
        assert made_report.report(folder) == 0
    finally:
        os.chdir(before)
    return folder / "reports/index.html"


@pytest.fixture(scope="module", params=["made-up", *sorted(EXAMPLES)])
def path(request: pytest.FixtureRequest, driver: Any) -> Path:
    if request.param == "made-up":
        made: Path = request.getfixturevalue("made")
        return made
    build = request.getfixturevalue("example")
    return Path(build(request.param) / "reports" / "index.html")


@pytest.fixture
def page(driver: Any, path: Path) -> Any:
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen"})
    driver.get(path.as_uri())
    driver.page_path = path
    return driver


def test_no_console_error_and_no_outside_request(page: Any) -> None:
    assert page.page_path.stat().st_size < MAX_BYTES
    assert page.get_log("browser") == []
    assert page.execute_script(OUTSIDE) == []


def test_every_text_with_a_digit_has_a_key_or_a_listed_class(page: Any) -> None:
    assert page.execute_script(UNKEYED, list(UNTRACED)) == []


def test_links_inside_the_report_lead_somewhere(page: Any) -> None:
    links = page.execute_script(
        "return [...document.querySelectorAll('a[href]')].map((a) => a.getAttribute('href'))"
    )
    ids = set(page.execute_script("return [...document.querySelectorAll('[id]')].map((e) => e.id)"))
    folder = page.page_path.parent
    assert [h for h in links if h.startswith("#") and h[1:] not in ids] == []
    local = [h for h in links if not h.startswith(("#", "https://", "http://"))]
    assert [h for h in local if not (folder / h).is_file()] == []


def test_ids_are_unique(page: Any) -> None:
    ids = page.execute_script("return [...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert sorted({i for i in ids if ids.count(i) > 1}) == []


def test_a_click_and_enter_open_the_trace(page: Any) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    number = page.find_element(
        By.CSS_SELECTOR, "#summary [data-key='prisma.reviews_included'], td[data-key]:not(.absent)"
    )
    page.execute_script("arguments[0].closest('.fold')?.classList.add('open')", number)
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", number)
    number.click()
    panel = page.find_element(By.ID, "trace")
    assert panel.is_displayed()
    assert number.get_attribute("data-key") in panel.text
    assert "Rule" in panel.text
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not panel.is_displayed()
    number.send_keys(Keys.ENTER)
    assert panel.is_displayed()


def test_a_number_of_the_searches_traces_to_the_data(page: Any) -> None:
    from selenium.webdriver.common.by import By

    cell = "#search td[data-key$='.reports'][data-key^='deduplication.sources.']"
    number = page.find_element(By.CSS_SELECTOR, cell)
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", number)
    number.click()
    panel = page.find_element(By.ID, "trace")
    for _ in range(2):  # to all records read, and on to those of a search
        button = panel.find_element(By.CSS_SELECTOR, "button.link")
        assert "records." in button.text
        button.click()
    assert "data/search/raw/" in panel.text
    assert "data/search/searches.csv" in panel.text


def test_every_key_of_the_page_opens(page: Any) -> None:
    missing = page.execute_script(
        "const k = JSON.parse(document.getElementById('traces').textContent).k;"
        "const all = Object.values(k).flatMap((line) => line[6]);"
        "document.querySelectorAll('[data-key]').forEach((e) => all.push(e.dataset.key));"
        "return [...new Set(all)].filter((key) => !(key in k));"
    )
    assert missing == []


def test_nothing_is_hidden_in_print_and_no_buttons_are_there(page: Any) -> None:
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert page.execute_script(HIDDEN) == []
    shown = (
        "return [...document.querySelectorAll('button')].filter((b) => b.getClientRects().length)"
    )
    assert page.execute_script(shown) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_is_not_wider_than_the_screen(page: Any, width: int) -> None:
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_tables_have_captions_and_headings_do_not_skip(page: Any) -> None:
    assert (
        page.execute_script("return document.querySelectorAll('table:not(:has(caption))').length")
        == 0
    )
    levels = page.execute_script(
        "return [...document.querySelectorAll('h1, h2, h3')].filter((h) => !h.closest('#trace'))"
        ".map((h) => Number(h.tagName[1]))"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
