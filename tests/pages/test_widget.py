"""The widget on somebody else's page: no cookie in the frame, one line, and out with Escape."""

from __future__ import annotations

import httpx
from playwright.sync_api import FrameLocator, Page, expect

from accounts.demonstration import PASSWORD
from tests.pages.conftest import Visit, Web


def opened(page: Page) -> FrameLocator:
    page.get_by_role("button", name="Help near you").click()
    frame = page.frame_locator("iframe")
    frame.locator(".app-message").first.wait_for()
    return frame


def test_one_line_is_all_that_a_host_needs(http: httpx.Client) -> None:
    html = http.get("/example-host").text
    assert html.count("<script") == 1
    assert '<script src="/widget.js" data-site="hampshire"' in html


def test_the_panel_talks_and_no_cookie_is_set_or_sent(visit: Visit) -> None:
    page = visit("/example-host")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.all_headers().get("cookie", "")))
    frame = opened(page)
    frame.locator("#message").fill("I want to kill myself")
    frame.locator("#message").press("Enter")
    expect(frame.locator(".app-message--crisis")).to_contain_text("116 123")
    assert page.context.cookies() == []
    assert not any(sent)
    kept = "Object.keys({...localStorage, ...sessionStorage})"
    assert set(page.evaluate(kept)) <= {"htmx-current-path-for-history"}


def test_escape_closes_it_and_the_focus_returns(visit: Visit) -> None:
    page = visit("/example-host")
    frame = opened(page)
    expect(frame.locator("#message")).to_be_focused()
    page.keyboard.press("Escape")
    button = page.get_by_role("button", name="Help near you")
    expect(button).to_be_focused()
    button.press("Enter")
    assert frame.locator(".app-message").count() >= 2


def test_exit_in_the_panel_leaves_the_whole_page(visit: Visit) -> None:
    page = visit("/example-host")
    frame = opened(page)
    with page.expect_request(lambda request: request.url.endswith("/widget/end")) as ended:
        frame.locator(".govuk-exit-this-page__button").click()
    page.wait_for_url("https://www.bbc.co.uk/weather")
    assert ended.value.headers["authorization"].startswith("Bearer ")


def test_an_officer_signs_in_in_a_window_and_the_frame_gets_the_chat(visit: Visit) -> None:
    page = visit("/example-host")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('iframe'),"
        "{ src: '/widget/frame?site=hampshire&audience=officer' }))"
    )
    frame = page.frame_locator("iframe")
    # Before its script is there, the button opens nothing.
    frame.locator("body.js-enabled").wait_for()
    with page.expect_popup() as popup:
        frame.get_by_role("button", name="Sign in").click()
    window = popup.value
    window.get_by_label("User name").fill("officer.hampshire")
    window.get_by_label("Password", exact=True).fill(PASSWORD)
    with window.expect_event("close"):
        window.get_by_role("button", name="Sign in").click()
    expect(frame.locator("#messages")).to_contain_text("CARA referral")
    expect(frame.locator("#sign-in-first")).to_be_hidden()


def test_an_officer_of_another_site_gets_no_chat(visit: Visit) -> None:
    page = visit("/widget/sign-in?site=hampshire", staff="elsewhere")
    page.get_by_role("button", name="Go on to the chat").click()
    expect(page.get_by_text("your account is not one of them")).to_have_count(1)
    assert page.locator("[data-token]").count() == 0


def test_only_listed_hosts_may_show_the_frame(http: httpx.Client) -> None:
    policy = http.get("/widget/frame?site=hampshire").headers["content-security-policy"]
    assert "frame-ancestors 'self' http://127.0.0.1:8000 http://localhost:8000" in policy
    elsewhere = http.get("/widget/frame?site=leicestershire").headers["content-security-policy"]
    assert elsewhere.endswith("frame-ancestors 'self'")
    assert http.get("/widget/frame?site=nowhere").status_code == 404
    assert "set-cookie" not in http.get("/widget/frame?site=hampshire").headers


def test_without_its_token_the_frame_gets_nothing(http: httpx.Client, web: Web) -> None:
    begun = http.post("/widget/begin", data={"site": "hampshire", "language": "en"})
    token = begun.headers["cara-conversation"]
    assert "set-cookie" not in begun.headers
    said = {"text": "hello"}
    assert http.post("/widget/say", data=said).status_code == 401
    held = {"authorization": f"Bearer {token}"}
    assert http.post("/widget/say", data=said, headers=held).status_code == 200
    assert http.post("/widget/end", headers=held).status_code == 204
    assert http.post("/widget/say", data=said, headers=held).status_code == 401
