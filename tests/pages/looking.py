"""What is looked for on every page: axe's rules, and ours."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.pages.conftest import HANDHELD, NARROW, WIDE

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SMALLEST_TARGET = 24
REVEALING = r"polic|abuse|offen[cd]|crim|cara\b|caution|workshop|victim|domestic"

_LINT = """() => {
  const found = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  if (all("h1").length !== 1) found.push(`${all("h1").length} h1`);
  if (!document.title.trim()) found.push("no title");
  if (!document.documentElement.lang) found.push("no language");
  const ids = all("[id]").map((each) => each.id);
  found.push(...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `id ${id} twice`));
  for (const each of all("input:not([type=hidden]), textarea, select")) {
    const named = each.labels.length || each.getAttribute("aria-labelledby");
    if (!named) found.push(`no label: ${each.outerHTML.slice(0, 120)}`);
  }
  for (const each of all("[aria-labelledby], [aria-describedby]")) {
    for (const name of ["aria-labelledby", "aria-describedby"]) {
      for (const id of (each.getAttribute(name) ?? "").split(/\\s+/).filter(Boolean)) {
        if (!document.getElementById(id)) found.push(`${name} to nothing: ${id}`);
      }
    }
  }
  for (const each of all("form")) {
    if (!each.getAttribute("action")) found.push("a form without an address");
    // Words of a person never stand in an address; a coordinator's search is no such words.
    const search = each.getAttribute("role") === "search";
    if (!search && each.getAttribute("method") !== "post") found.push("a form that is not a post");
  }
  for (const each of all("script")) {
    if (!each.src && each.textContent.trim()) found.push("an inline script");
  }
  if (all("style").length) found.push("an inline style");
  return found;
}"""

_SMALL = """(smallest) => [...document.querySelectorAll("button, a[href], input, textarea")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }))
  // A link in a sentence may be as low as its line (2.5.8); one that waits for Tab is not there.
  .filter((each) => !each.closest("p, li.govuk-body, .govuk-skip-link"))
  .map((each) => [each.outerHTML.slice(0, 100), each.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.width < smallest || box.height < smallest))
  .map(([html, box]) => `${Math.round(box.width)} by ${Math.round(box.height)}: ${html}`)"""


def barriers(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA, once the page has its style: a click gives back a page
    that has only begun, whose targets are as small as a browser's own.
    """
    page.wait_for_load_state("load")
    result: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, { runOnly: { type: 'tag', values: tags } })", WCAG
    )
    return [
        f"{each['id']}: {node['html'][:160]} {node.get('failureSummary', '')}"
        for each in result["violations"]
        for node in each["nodes"]
    ]


def lint(page: Page) -> list[str]:
    """What breaks our own rules for a page, once all of it is there."""
    page.wait_for_load_state()
    found: list[str] = page.evaluate(_LINT)
    return found


def small_targets(page: Page) -> list[str]:
    """What is too small to hit."""
    found: list[str] = page.evaluate(_SMALL, SMALLEST_TARGET)
    return found


def overflow(page: Page) -> int:
    """How many pixels have to be scrolled sideways."""
    wider: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wider


def read_from_its_start(found: Locator) -> None:
    """Wait until all of it is in view; nothing may lie over its first word."""
    expect(found).to_be_in_viewport(ratio=0.99)
    on_top = """(each) => {
      const box = each.getBoundingClientRect();
      return each.contains(document.elementFromPoint(box.x + 8, box.y + 8));
    }"""
    assert found.evaluate(on_top), "something lies over its first word"


def lines_of(found: Locator) -> int:
    """Over how many lines its text runs."""
    lines: int = found.evaluate(
        """(each) => {
          const range = document.createRange();
          range.selectNodeContents(each);
          return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size;
        }"""
    )
    return lines


def looked_at(page: Page) -> None:
    """Nothing stands in the way, on three widths, and the title tells nothing."""
    assert lint(page) == []
    for width in (WIDE, HANDHELD, NARROW):
        page.set_viewport_size({"width": width, "height": 900})
        assert barriers(page) == []
        assert overflow(page) == 0
        assert small_targets(page) == []
    assert not re.search(REVEALING, page.title(), re.I)
