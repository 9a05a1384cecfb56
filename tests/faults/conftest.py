"""One running copy whose parts are stopped, hung and locked; its alerts go to real receivers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from core.settings import ROOT
from tests.faults.receivers import Inbox, mail_server, on_call
from tests.journeys import running
from tests.journeys.running import Copy, free_port

SILENCE = 3


@pytest.fixture(scope="session")
def inbox() -> Inbox:
    """What reaches the people who are told."""
    return Inbox()


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory, inbox: Inbox) -> Iterator[Copy]:
    """The whole system, with a site whose alerts go to a person and to an on-call system."""
    with on_call(inbox) as webhook, mail_server(inbox, free_port()) as smtp:
        sites = tmp_path_factory.mktemp("sites") / "sites"
        shutil.copytree(ROOT / "sites", sites)
        name_people(sites / "hampshire/site.yml", webhook)
        copy = running.start(
            tmp_path_factory.mktemp("faulty"),
            {
                "CARA_SITES_DIR": str(sites),
                "CARA_SMTP_URL": smtp,
                "CARA_WEBHOOK_SECRET": "a secret between us and the on-call system",
                "CARA_WORKER_SILENCE": str(SILENCE),
            },
        )
        yield copy
        running.stop(copy)


def name_people(path: Path, webhook: str) -> None:
    """Give a site somebody to tell."""
    site = yaml.safe_load(path.read_text(encoding="utf-8"))
    site["alerts"] = {
        "people": [{"name": "Ash Fenwick", "email": "ash@hampshire.example", "webhook": webhook}],
        "escalate_after_minutes": 10,
    }
    path.write_text(yaml.safe_dump(site, allow_unicode=True), encoding="utf-8")
