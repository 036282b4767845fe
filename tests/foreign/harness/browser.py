"""A real browser, as a person uses it."""

from __future__ import annotations

import shutil
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from .waiting import DEADLINE_S


def open_browser() -> webdriver.Chrome:
    """A browser without a window that fetches nothing but what a page asks for."""
    options = webdriver.ChromeOptions()
    options.binary_location = program("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService(program("chromedriver")))


def program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is missing: run scripts/test.sh"
    return found


def send_form(browser, page: str, folder: Path, **fields: str) -> tuple[str, str, dict[str, str]]:
    """Shows a page from a file, fills its form in and sends it: title, text and facts of the answer."""
    file = folder / "form.html"
    file.write_text(page, encoding="utf-8")
    browser.get(file.as_uri())
    assert {field.get_attribute("name") for field in browser.find_elements(By.CSS_SELECTOR, "[name]")} == set(fields)
    for name, value in fields.items():
        browser.find_element(By.NAME, name).send_keys(value)
    browser.find_element(By.TAG_NAME, "button").click()
    WebDriverWait(browser, DEADLINE_S).until(lambda _: browser.current_url.startswith("http") and browser.title)
    names, values = ([found.text for found in browser.find_elements(By.TAG_NAME, tag)] for tag in ("dt", "dd"))
    return browser.title, browser.find_element(By.TAG_NAME, "body").text, dict(zip(names, values, strict=True))
