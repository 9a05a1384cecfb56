"""The web process: pages, API and assets behind one address (``uvicorn bot.web.app:app``)."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Event, Thread

from anyio import to_thread
from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from accounts.groups import known_groups
from accounts.policy import allows
from accounts.web import audit, force, open_sessions, own, sign_in
from accounts.web.declared import refuse_undeclared
from accounts.web.watching import Watched
from bot.channels.journal import journal
from bot.safety import screen
from bot.web import (
    api,
    errors,
    health,
    learning,
    links,
    officer,
    pages,
    provider_texts,
    status,
    texts,
    widget,
)
from bot.web.shown import numbered_day, pieces_of, sms_href, tel_href, web_href
from core import metrics, traces
from core.pulse import pulse
from core.settings import BUILD
from core.settling import settle
from core.web.forms import only_from_here
from core.web.pages import templates
from core.web.security import Secured
from outreach.second import stand_in
from outreach.web import alerts
from referrals.web import (
    agreements,
    cases,
    evaluation,
    hand_over_api,
    handing_over,
    needs,
    receipt,
    restricted,
    site_shown,
    victim,
    workshop_changes,
    workshops,
)
from services_directory import live
from services_directory.web import api as directory_api
from services_directory.web import oruk, trying, views, work
from services_directory.web.one import day
from sites import all_sites

ASSETS = BUILD / "assets"
LAST_WORDS = 3.0
# At once. Those who wait for Rasa or the database hold one each, and danger needs one at any time:
# with 40 it took 2 s at 45 turns a second (docs/how-to/sizing.md).
THREADS = 160
STAFF_PAGES = (
    officer,
    sign_in,
    force,
    own,
    open_sessions,
    audit,
    receipt,
    restricted,
    victim,
    needs,
    site_shown,
    workshops,
    workshop_changes,
    agreements,
    cases,
    evaluation,
    alerts,
    learning,
    status,
    trying,
    views,
    work,
    handing_over,
)
log = logging.getLogger("cara.web")


class Assets(StaticFiles):
    """Styles and scripts: public, and asked for again only to hear that they have not changed."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, which a browser may keep as long as it checks."""
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        return response


@asynccontextmanager
async def awake(_app: FastAPI) -> AsyncIterator[None]:
    """Load screen and directory beside the first page, and stand in for a worker that is silent."""
    known_groups()
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    metrics.serve("web")
    traces.set_up("web")
    ended = Event()
    Thread(target=_load, daemon=True).start()
    Thread(target=stand_in, args=(ended,), daemon=True).start()
    async with pulse():
        yield
    ended.set()
    journal.wait(LAST_WORDS)


def _load() -> None:
    # Some words, and not an empty text: a short one is not shown to the classifier.
    screen("help " * 4)
    live.read_early(all_sites())
    settle()


def application() -> FastAPI:
    """Every route of the public port; nothing of Rasa and of the actions is among them."""
    made = FastAPI(
        title="Help near you",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=awake,
        # A redirect to the same path without a stroke would repeat whatever host was asked for.
        redirect_slashes=False,
        dependencies=[Depends(only_from_here)],
    )
    errors.install(made)
    for filter_ in (day, numbered_day, pieces_of, sms_href, tel_href, web_href):
        templates().filters[filter_.__name__] = filter_
    templates().globals["allows"] = allows
    for each in (
        api,
        directory_api,
        hand_over_api,
        health,
        pages,
        links,
        texts,
        provider_texts,
        widget,
        *STAFF_PAGES,
    ):
        made.include_router(each.router)
    made.include_router(widget.script)
    if not ASSETS.is_dir():
        log.error("There are no styles and scripts in %s yet: run make setup.", ASSETS)
    made.mount(oruk.PREFIX, oruk.app)
    made.mount("/assets", Assets(directory=ASSETS, check_dir=False))
    refuse_undeclared(made.routes, mounted=(oruk.PREFIX, "/assets"))
    return made


site = application()
app: ASGIApp = Secured(Watched(site, errors.away))
