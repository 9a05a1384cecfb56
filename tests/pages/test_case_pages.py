"""A referral on the screens of officer, sergeant and coordinator; no barrier, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from accounts.demonstration import PASSWORD
from accounts.tables import Role
from tests.pages.conftest import HANDHELD, NARROW, WIDE, Asks, Visit, Web
from tests.pages.looking import REVEALING, barriers, lint, overflow, small_targets
from tests.pages.staged_cases import COLLEAGUE, LATE, staged


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A web process of its own over staged referrals."""
    with staged(tmp_path_factory.mktemp("cases")) as web:
        yield web


def at(web: Web, name: str) -> str:
    name, _, page = name.partition("/")
    return "/".join(part for part in ("/referrals", web.staged[name], page) if part)


def status(page: Page) -> str:
    return page.locator("main .govuk-tag").first.inner_text()


def tells(page: Page, *said: str) -> None:
    """The history says this, last of all."""
    for each in said:
        expect(page.locator("main ol > li").last).to_contain_text(each)


# No barrier

PATHS = [
    (Role.officer, ""),
    (Role.authoriser, ""),
    (Role.coordinator, ""),
    (Role.officer, "draft"),
    (Role.authoriser, "waits"),
    (Role.coordinator, "booked"),
    (Role.navigator, "new"),
    (Role.navigator, "booked/needs"),
    (Role.coordinator, "new/needs"),
]


@pytest.mark.parametrize(("role", "name"), PATHS)
def test_a_page_has_no_barrier_and_its_title_tells_nothing(
    role: Role, name: str, visit: Visit, web: Web
) -> None:
    look_at(visit(at(web, name) if name else "/referrals", staff=role))


@pytest.mark.parametrize(
    ("role", "path"),
    [
        (Role.coordinator, "/hand-over"),
        (Role.coordinator, "/hand-over/{booked}"),
        (Role.navigator, "/hand-over/{booked}"),
        (Role.evaluator, "/evaluation"),
        (Role.coordinator, "/site"),
        (Role.coordinator, "/restricted"),
        (Role.site_admin, "/restricted/{booked}"),
        (Role.officer, "/referrals/{booked}/victim"),
        (Role.authoriser, "/referrals/{booked}/victim"),
    ],
)
def test_the_pages_beside_a_case_have_no_barrier_either(
    role: Role, path: str, visit: Visit, web: Web
) -> None:
    look_at(visit(path.format(booked=web.staged["booked"]), staff=role))


def look_at(page: Page) -> None:
    """Nothing stands in the way, on three widths, and the title tells nothing."""
    assert lint(page) == []
    for summary in page.locator("summary").all():
        summary.click()
    for width in (WIDE, HANDHELD, NARROW):
        page.set_viewport_size({"width": width, "height": 900})
        assert barriers(page) == []
        assert overflow(page) == 0
        assert small_targets(page) == []
    assert not re.search(REVEALING, page.title(), re.I)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_navigator_writes_what_was_assessed_and_given(
    javascript: bool, visit: Visit, web: Web
) -> None:
    name = "assessed" if javascript else "supported"
    page = visit("/referrals", staff=Role.navigator, javascript=javascript)
    page.get_by_role("link", name=web.staged[name]).click()
    page.get_by_role("link", name="Needs and support").click()
    drinking = page.get_by_role("row").filter(has_text="Drinking")
    expect(drinking).to_contain_text("Not assessed yet")
    page.get_by_text("Write an assessment").click()
    page.get_by_label("In a few words").first.fill("Every evening")
    page.get_by_role("button", name="Keep the assessment").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a need")
    expect(page.get_by_label("In a few words").first).to_have_value("Every evening")
    page.get_by_label("Need", exact=True).first.select_option("Drinking")
    page.get_by_label("High need").check()
    page.get_by_role("button", name="Keep the assessment").click()
    expect(drinking).to_contain_text("High need")
    expect(drinking).to_contain_text("Every evening")
    page.get_by_text("Write support that was given").click()
    page.get_by_label("Need", exact=True).last.select_option("Drinking")
    page.get_by_label("Referred to a service").check()
    page.get_by_role("button", name="Keep the support").click()
    expect(drinking).to_contain_text("Referred to a service")


@pytest.mark.parametrize("role", [Role.officer, Role.authoriser, Role.facilitator])
def test_needs_are_no_page_of_anybody_elses(role: Role, ask: Asks, web: Web) -> None:
    assert ask(at(web, "booked/needs"), role).status_code == 404


def test_before_it_is_accepted_nothing_is_written_of_needs(visit: Visit, web: Web) -> None:
    page = visit(at(web, "new/needs"), staff=Role.navigator)
    expect(page.get_by_text("Needs are written once the referral is accepted.")).to_be_visible()
    assert page.get_by_role("button", name="Keep the assessment").count() == 0


@pytest.mark.parametrize("role", [Role.officer, Role.coordinator, Role.site_admin])
def test_a_site_tells_its_people_how_it_works(role: Role, visit: Visit) -> None:
    page = visit("/site", staff=role)
    expect(page.get_by_text("Conditional caution")).to_be_visible()
    expect(page.get_by_text("Sergeant or above")).to_be_visible()
    assert barriers(page) == []
    assert lint(page) == []


def test_unconfirmed_material_says_so(visit: Visit) -> None:
    page = visit("/site", staff="west midlands")
    line = page.get_by_role("listitem").filter(has_text="Workshop material in Polish")
    expect(line).to_contain_text("Unconfirmed")
    expect(line).to_contain_text("Nobody is named who approved it")
    expect(page.get_by_role("listitem").filter(has_text="Delivery site 3")).to_be_visible()
    for unsure in ("16 weeks", "fetches it", "nobody has entered how to reach them"):
        row = page.locator(".govuk-summary-list__row").filter(has_text=unsure)
        expect(row.first).to_contain_text("Unconfirmed")


# From sergeant to provider and back


@pytest.mark.parametrize("javascript", [True, False])
def test_sergeant_authorises_provider_accepts_and_the_officer_follows(
    javascript: bool, visit: Visit, web: Web
) -> None:
    name = "waits" if javascript else "late"
    page = visit("/referrals", staff=Role.authoriser, javascript=javascript)
    page.get_by_role("link", name=web.staged[name]).click()
    page.get_by_role("button", name="Authorise", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Authorised")
    provider = visit("/referrals", staff=Role.coordinator, javascript=javascript)
    provider.get_by_role("link", name=web.staged[name]).click()
    provider.get_by_role("button", name="Accept", exact=True).click()
    officer = visit(at(web, name), staff=Role.officer, javascript=javascript)
    assert status(officer) == "Accepted"
    tells(officer, "Accepted by the provider", "Jo Winterbourne")


def test_before_it_is_authorised_the_provider_sees_nothing(ask: Asks, web: Web) -> None:
    assert ask(at(web, "refused"), Role.coordinator).status_code == 404
    assert web.staged["refused"] not in ask("/referrals", Role.coordinator).text


def test_a_refusal_says_why_and_no_word_is_lost(visit: Visit, web: Web) -> None:
    page = visit(at(web, "refused"), staff=Role.authoriser)
    page.locator("summary").filter(has_text="Refuse").click()
    form = page.locator("form#refuse")
    form.get_by_label("Why, in a few words").fill("No statement yet.")
    form.get_by_role("button").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Choose a reason.")
    form = page.locator("form#refuse")
    expect(form.get_by_label("Why, in a few words")).to_have_value("No statement yet.")
    form.get_by_label("The evidence is not enough").check()
    form.get_by_role("button").click()
    tells(page, "Refused", "The evidence is not enough", "No statement yet.")
    assert status(page) == "Does not go on"


def test_given_back_it_waits_with_the_officer_who_reads_why(visit: Visit, web: Web) -> None:
    page = visit(at(web, "given back"), staff=Role.authoriser)
    page.locator("summary").filter(has_text="Give it back").click()
    page.get_by_label("What has to change?").fill("The grade was reviewed since.")
    page.get_by_role("button", name="Give it back to the officer").click()
    officer = visit("/referrals", staff=Role.officer)
    drafts = officer.locator("table").filter(has_text="Drafts")
    drafts.get_by_role("link", name=web.staged["given back"]).click()
    tells(officer, "Given back to the officer", "The grade was reviewed since.")


def test_a_question_of_the_provider_is_answered(visit: Visit, web: Web) -> None:
    provider = visit(at(web, "question"), staff=Role.coordinator)
    provider.locator("summary").filter(has_text="Ask the officer").click()
    provider.get_by_label("What do you need to know?").fill("May we ring at work?")
    provider.locator("form#ask").get_by_role("button").click()
    officer = visit("/referrals", staff=Role.officer)
    waiting = officer.locator("table").filter(has_text="Waiting for your answer")
    waiting.get_by_role("link", name=web.staged["question"]).click()
    officer.locator("summary").filter(has_text="Answer").click()
    officer.get_by_label("Your answer").fill("Only after four.")
    officer.locator("form#answer").get_by_role("button").click()
    provider.goto(at(web, "question"))
    assert status(provider) == "Authorised, waits for the provider"
    tells(provider, "The officer answered", "Only after four.")


def test_a_hold_goes_on_where_it_was(visit: Visit, web: Web) -> None:
    page = visit(at(web, "held"), staff=Role.coordinator)
    page.locator("summary").filter(has_text="Put on hold").click()
    page.locator("form#hold").get_by_label("Health").check()
    page.locator("form#hold").get_by_role("button").click()
    assert status(page) == "On hold"
    page.get_by_role("button", name="Go on", exact=True).click()
    assert status(page) == "Accepted"


def test_of_two_windows_the_second_is_told(visit: Visit, web: Web) -> None:
    first = visit(at(web, "windows"), staff=Role.authoriser)
    second = visit(at(web, "windows"), staff=Role.authoriser)
    first.get_by_role("button", name="Authorise", exact=True).click()
    second.get_by_role("button", name="Authorise", exact=True).click()
    expect(second.locator(".govuk-error-summary")).to_contain_text(
        "Somebody else has changed this referral."
    )
    tells(second, "Authorised")


def test_who_signed_in_a_while_ago_shows_who_decides(visit: Visit, web: Web) -> None:
    page = visit(at(web, "worry"), staff=LATE)
    page.get_by_role("button", name="Authorise", exact=True).click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Type your password")
    form = page.locator("form#authorise")
    form.get_by_label("Your password").fill(PASSWORD)
    form.get_by_role("button", name="Authorise", exact=True).click()
    assert status(page) == "Authorised, waits for the provider"


def test_a_worry_stands_on_top_of_every_list(visit: Visit, web: Web) -> None:
    page = visit(at(web, "booked"), staff=Role.facilitator)
    page.locator("summary").filter(has_text="I am worried").click()
    page.get_by_label("What worries you?").fill("He said he would find her.")
    page.locator("form#safeguarding_flag").get_by_role("button").click()
    assert status(page) == "Booked"
    provider = visit("/referrals", staff=Role.coordinator)
    first = provider.locator("table").filter(has_text="In hand").locator("tbody tr").first
    expect(first).to_contain_text(web.staged["booked"])
    expect(first).to_contain_text("Worry about safety")


def test_at_the_end_of_a_shift_a_colleague_goes_on(visit: Visit, web: Web) -> None:
    page = visit(at(web, "handed on"), staff=Role.officer)
    page.locator("summary").filter(has_text="Hand to a colleague").click()
    page.locator("form#hand_to_colleague").get_by_role("button").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Choose a colleague.")
    page.get_by_label("Who goes on with it?").select_option(f"PC {COLLEAGUE} ")
    page.locator("form#hand_to_colleague").get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("Handed to a colleague")
    assert page.request.get(at(web, "handed on")).status == 404


def test_an_officer_withdraws_for_a_reason(visit: Visit, web: Web) -> None:
    page = visit(at(web, "withdrawn"), staff=Role.officer)
    page.locator("summary").filter(has_text="Withdraw").click()
    page.locator("form#withdraw").get_by_label("They have been charged").check()
    page.locator("form#withdraw").get_by_role("button").click()
    assert status(page) == "Withdrawn"
    tells(page, "Withdrawn", "They have been charged")


def test_the_dates_of_the_case_are_told_with_their_reason(visit: Visit, web: Web) -> None:
    page = visit(at(web, "new"), staff=Role.coordinator)
    for name in ("First workshop by", "Second workshop by", "The condition ends"):
        expect(page.locator("dt").filter(has_text=name)).to_be_visible()
    expect(page.get_by_text("Last day to prosecute:")).to_be_visible()


def test_the_officer_enters_when_it_was_given_and_the_clock_runs_from_there(
    visit: Visit, web: Web
) -> None:
    page = visit(at(web, "booked"), staff=Role.officer)
    page.locator("summary").filter(has_text="Enter dates").click()
    given = page.get_by_label("When was the conditional caution given?")
    for wrong, why in (("31 2 2026", "real date"), ("1 1 2025", "before the offence")):
        given.fill(wrong)
        page.get_by_role("button", name="Keep the dates").click()
        expect(page.locator(".govuk-error-summary")).to_contain_text(re.compile(why))
        expect(given).to_have_value(wrong)
    given.fill("27 11 2026")
    page.get_by_label("When was the first statement or video interview?").fill("22 11 2025")
    page.get_by_role("button", name="Keep the dates").click()
    row = page.locator("dl > div").filter(has_text="Conditional caution given")
    expect(row).to_contain_text("27 November 2026")
    expect(page.locator("main")).to_contain_text("Criminal Justice Act 1988, section 39A")
    tells(page, "Dates entered", "Robin Ashworth")


def test_what_the_chat_alone_may_send_is_no_button_of_a_page(visit: Visit, web: Web) -> None:
    page = visit(at(web, "draft"), staff=Role.officer)
    for event in ("submit", "close_not_met"):
        page.locator("form#withdraw").evaluate(
            "(form, event) => form.setAttribute('action', form.action.replace('withdraw', event))",
            event,
        )
        with page.expect_response(lambda answer: answer.request.method == "POST") as posted:
            page.locator("form#withdraw button").evaluate("button => button.click()")
        assert posted.value.status == 404
        page.wait_for_url(f"**/{event}")
        page.goto(at(web, "draft"))
    assert status(page) == "Draft"


def test_the_forces_own_numbers_stay_with_the_force(ask: Asks, web: Web) -> None:
    for role in (Role.coordinator, Role.navigator, Role.facilitator):
        assert ask(at(web, "booked") + "/receipt", role).status_code == 404
    assert ask(at(web, "booked") + "/receipt", Role.authoriser).status_code == 200


@pytest.mark.parametrize("rest", ["%00", "nonsense", "K7M-4QX-9Y"])
def test_what_is_no_referral_is_not_found(rest: str, ask: Asks) -> None:
    assert ask(f"/referrals/{rest}", Role.officer).status_code == 404


# Nobody else's


@pytest.mark.parametrize("role", [Role.evaluator, Role.operator, Role.approver, Role.site_admin])
def test_who_has_nothing_to_do_with_cases_has_no_page(role: Role, ask: Asks, web: Web) -> None:
    for path in ("/referrals", at(web, "new")):
        assert ask(path, role).status_code == 404


def test_another_sites_coordinator_finds_none(ask: Asks, web: Web) -> None:
    assert ask(at(web, "new"), "elsewhere").status_code == 404
    assert web.staged["new"] not in ask("/referrals", "elsewhere").text


def test_a_form_from_elsewhere_moves_nothing(ask: Asks, web: Web) -> None:
    assert ask(at(web, "new") + "/accept", Role.coordinator, "POST").status_code == 403


@pytest.mark.parametrize("javascript", [True, False])
def test_an_administrator_restricts_a_referral_and_opens_it_again(
    javascript: bool, visit: Visit, ask: Asks, web: Web
) -> None:
    reference = web.staged["held"]
    page = visit("/officer", staff=Role.site_admin, javascript=javascript)
    page.get_by_role("link", name="Restricted referrals").click()
    page.get_by_label("Reference of the referral").fill("nothing")
    page.get_by_role("button", name="Look for it").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no referral of that reference")
    assert lint(page) == []
    page.get_by_label("Reference of the referral").fill(reference)
    page.get_by_role("button", name="Look for it").click()
    page.get_by_label("Bea Thistlewood").check()
    page.get_by_role("button", name="Keep it to these people").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why")
    expect(page.get_by_label("Bea Thistlewood")).to_be_checked()
    page.get_by_label("Why, in a few words").fill("A colleague of ours knows this person")
    page.get_by_role("button", name="Keep it to these people").click()
    expect(page.locator("main")).to_contain_text("It is restricted to the people you named.")
    assert ask(f"/referrals/{reference}", Role.coordinator).status_code == 404
    assert ask(f"/referrals/{reference}", Role.navigator).status_code == 200
    page.get_by_label("Why, in a few words").fill("It is over")
    page.get_by_role("button", name="Let everybody open it again").click()
    expect(page.locator("main")).to_contain_text("It is no longer restricted.")
    assert ask(f"/referrals/{reference}", Role.coordinator).status_code == 200


def test_an_officer_keeps_the_day_on_which_the_victim_was_asked(visit: Visit, web: Web) -> None:
    page = visit(at(web, "booked"), staff=Role.officer)
    page.get_by_role("link", name="what is held of the victim").click()
    page.get_by_label("On which day").fill("1 1 2100")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("alert")).to_contain_text("Give a day that has come")
    page.get_by_label("On which day").fill("27 3 2026")
    page.get_by_label("The force's own reference").fill("VS/1234/26")
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator("main")).to_contain_text("It is kept.")
    expect(page.get_by_label("The force's own reference")).to_have_value("VS/1234/26")
