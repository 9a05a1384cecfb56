"""The link checker, against real servers on this machine that do what hosts do."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from services_directory.checks.links import (
    MOST_BYTES,
    Kind,
    LinkState,
    look,
    look_all,
    next_look,
)
from tests.unit.web_hosts import LONG, Names, Writer, local, page, redirect, running

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def seen(
    answers: dict[str, bytes], path: str = "/help", last: LinkState | None = None
) -> LinkState:
    async def run() -> LinkState:
        async with running(answers) as server:
            return await look(server.at(path), last=last, options=local())

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("answer", "kind", "status"),
    [
        (page("Help with drinking"), "ok", 200),
        (page("Nothing", status="404 Not Found"), "gone", 404),
        (page("Nothing", status="410 Gone"), "gone", 410),
        (page("Oh no", status="500 Internal Server Error"), "error", 500),
        (page("Later", status="503 Service Unavailable"), "error", 503),
        (page("Slower", status="429 Too Many Requests"), "refused", 429),
        (page("People only", status="403 Forbidden"), "refused", 403),
        (page("Page not found | A council"), "soft_404", 200),
        (page("404"), "soft_404", 200),
        (page("A charity", f"<h1>This is no longer available</h1>{LONG}"), "soft_404", 200),
        (page("A charity", "<p>That page could not be found.</p>"), "soft_404", 200),
        (page("A charity", "<script>'page not found'</script><p>Ring us.</p>"), "ok", 200),
        (page("The A404 support group"), "ok", 200),
        (redirect("ftp://example.org/"), "error", 301),
        (redirect("javascript:alert(1)"), "error", None),
    ],
)  # fmt: skip
def test_an_answer_is_told_by_its_kind(answer: bytes, kind: Kind, status: int | None) -> None:
    state = seen({"/help": answer})
    assert (state.kind, state.status) == (kind, status)


def test_a_look_tells_title_length_and_time() -> None:
    state = seen({"/help": page("Help &amp;\n advice")})
    assert state.title == "Help & advice"
    assert state.length > len(LONG)
    assert state.at.utcoffset() == timedelta(0)
    assert state.url == state.final_url


def test_what_is_not_a_page_of_text_has_no_title() -> None:
    body = b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nContent-Length: 27\r\n\r\n"
    state = seen({"/help": body + b"<title>404 not found</title"})
    assert (state.kind, state.title, state.length) == ("ok", "", 27)


def test_an_encoding_that_is_none_is_read_all_the_same() -> None:
    answer = page("Help").replace(b"charset=utf-8", b"charset=hex")
    assert seen({"/help": answer}).title == "Help"


# Redirects


def test_a_permanent_redirect_to_a_live_page_has_moved() -> None:
    state = seen({"/help": redirect("/new/help"), "/new/help": page("Help")})
    assert (state.kind, state.status) == ("moved", 200)
    assert state.final_url.endswith("/new/help")


def test_a_redirect_for_the_moment_has_not_moved() -> None:
    answers = {"/help": redirect("/today", "302 Found"), "/today": page("Help")}
    assert seen(answers).kind == "ok"


@pytest.mark.parametrize("front", ["/", "/index.html", "/home"])
def test_a_deep_path_that_leads_to_the_front_page_is_lost(front: str) -> None:
    state = seen({"/a/help": redirect(front), front: page("A charity")}, "/a/help")
    assert state.kind == "soft_404"


def test_a_front_page_that_leads_to_a_front_page_is_not() -> None:
    state = seen({"/": redirect("/home", "302 Found"), "/home": page("A charity")}, "/")
    assert state.kind == "ok"


@pytest.mark.parametrize(("hops", "kind"), [(5, "moved"), (6, "error")])
def test_five_redirects_are_followed_and_no_sixth(hops: int, kind: Kind) -> None:
    chain = {f"/h/{n}": redirect(f"/h/{n + 1}") for n in range(hops)}
    assert seen({**chain, f"/h/{hops}": page("Help")}, "/h/0").kind == kind


def test_a_redirect_in_a_circle_ends() -> None:
    state = seen({"/help": redirect("/other"), "/other": redirect("/help")})
    assert state.kind == "error"


# Bounds


def test_no_more_than_64_kb_of_an_endless_page_is_read() -> None:
    async def endless(path: str, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>Help</title>")
        while True:
            writer.write(b"x" * 4096)
            await writer.drain()

    async def run() -> LinkState:
        async with running(endless) as server:
            return await look(server.at("/help"), options=local())

    state = asyncio.run(run())
    assert (state.kind, state.length, state.title) == ("ok", MOST_BYTES, "Help")


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>"])
def test_a_host_that_never_ends_its_answer_is_left(begun: bytes) -> None:
    async def run() -> LinkState:
        stop = asyncio.Event()

        async def silent(path: str, writer: Writer) -> None:
            writer.write(begun)
            await writer.drain()
            await stop.wait()

        async with running(silent) as server:
            state = await look(server.at("/help"), options=local(bound_s=0.2))
            stop.set()
            return state

    assert asyncio.run(run()).kind == "unreachable"


# The last look, and the next


def state(kind: Kind, title: str = "", length: int = 0) -> LinkState:
    return LinkState("http://service.test/", 200, kind, "http://service.test/", title, length, NOW)


def test_a_page_that_is_another_by_now_is_lost() -> None:
    last = state("ok", "Southampton Alcohol Advice", 40_000)
    assert seen({"/help": page("Casino bonus offers")}, last=last).kind == "soft_404"
    assert seen({"/help": page("Southampton Alcohol Advice Line")}, last=last).kind == "ok"


def test_a_new_title_on_a_page_of_the_same_length_is_no_fault() -> None:
    last = state("ok", "Southampton Alcohol Advice", len(LONG))
    assert seen({"/help": page("Welcome to us")}, last=last).kind == "ok"


def test_what_is_well_is_looked_at_after_a_week() -> None:
    assert next_look(state("ok"), 0) == next_look(state("moved"), 0) == timedelta(days=7)


@pytest.mark.parametrize("kind", ["unreachable", "refused", "error", "gone", "soft_404"])
def test_what_fails_is_looked_at_after_an_hour_that_doubles_to_a_week(kind: Kind) -> None:
    waits = [next_look(state(kind), fails) for fails in (1, 2, 3, 8, 9, 10_000)]
    hours = [wait / timedelta(hours=1) for wait in waits]
    assert hours == [1, 2, 4, 128, 168, 168]


# Many addresses


@pytest.mark.parametrize(("per_host", "at_once", "most"), [(1, 8, 2), (2, 8, 4), (2, 1, 1)])
def test_no_host_is_asked_more_at_once_than_it_may_be(
    per_host: int, at_once: int, most: int
) -> None:
    busy: Counter[str] = Counter()
    highest: Counter[str] = Counter()
    together: list[int] = []
    done: list[str] = []

    async def answer(path: str, writer: Writer) -> None:
        host = path.split("/")[1]
        busy[host] += 1
        highest[host] = max(highest[host], busy[host])
        together.append(busy.total())
        # Others get their turn while this answer is under way.
        for _ in range(50):
            await asyncio.sleep(0)
        writer.write(page("Help"))
        busy[host] -= 1

    async def run() -> tuple[list[str], list[LinkState]]:
        async with running(answer) as server:
            urls = [server.at(f"/{h}/{n}", f"{h}.test") for n in range(4) for h in ("one", "two")]
            states = await look_all(
                [*urls, urls[0]],
                per_host=per_host,
                at_once=at_once,
                pause_s=0,
                on_done=lambda each: done.append(each.url),
                options=local(resolver=Names(["127.0.0.1"])),
            )
            return urls, states

    urls, states = asyncio.run(run())
    assert [each.url for each in states] == urls
    assert {each.kind for each in states} == {"ok"}
    assert sorted(done) == sorted(urls)
    assert max(highest.values()) <= per_host
    assert max(together) <= most
