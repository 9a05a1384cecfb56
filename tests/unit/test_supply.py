"""What is known against our packages: nothing is clean that nobody was asked about."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from cli import leaks, supply
from cli.house import ROOT, House, Trouble
from cli.supply import CLEAN, FOUND, NOT_CHECKED, Accepted, Checked, Finding, Register, report
from core.clock import today

DAY = date(2026, 11, 29)
LOCK = "".join(
    f"{name} \\\n    --hash=sha256:{hashlib.sha256(name.encode()).hexdigest()}\n"
    for name in ("soundpack==1.4.0", "sadpack==2.0.1")
)
NPM_LOCK = {
    "name": "clone", "version": "1.0.0", "lockfileVersion": 3, "requires": True,
    "packages": {
        "": {"name": "clone", "version": "1.0.0", "dependencies": {"sadjs": "1.0.0"}},
        "node_modules/sadjs": {"version": "1.0.0", "integrity": "sha512-" + "A" * 86 + "=="},
    },
}  # fmt: skip
KNOWN = {
    "id": "GHSA-sad1-sad1-sad1",
    "aliases": ["CVE-2026-0001"],
    "summary": "Sadpack is sad",
    "affected": [
        {
            "package": {"name": "sadpack", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.1"}]}],
        }
    ],
}
KNOWN_OF_NPM = {
    "sadjs": [
        {
            "id": 1101, "url": "https://example.org/advisories/GHSA-sad2-sad2-sad2",
            "title": "sadjs is sad", "severity": "high", "vulnerable_versions": "<1.0.1",
        }
    ]
}  # fmt: skip


class Service(BaseHTTPRequestHandler):
    """Both vulnerability services at once, over HTTP; ``silent`` makes them answer nobody."""

    silent = False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.silent:
            self.send_error(405)
            return
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        asked = json.loads(body)
        self._answer(KNOWN_OF_NPM if "advisories" in self.path else self._of_python(asked))

    def do_GET(self) -> None:
        self.send_error(404)

    def _of_python(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"vulns": [KNOWN]} if asked["package"]["name"] == "sadpack" else {}

    def _answer(self, told: dict[str, Any]) -> None:
        content = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words: object) -> None:
        return


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[type[Service]]:
    class Ours(Service):
        silent = False

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ours)
    thread = Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("PIP_AUDIT_VULNERABILITY_SERVICE", "osv")
    monkeypatch.setenv("PIP_AUDIT_OSV_URL", f"{address}/query")
    monkeypatch.setenv("npm_config_registry", f"{address}/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield Ours
    server.shutdown()
    thread.join()
    server.server_close()


def clone_of(folder: Path, more: tuple[str, ...]) -> House:
    """A clone with small locks, of which ``more`` pin what has a finding, and with our tools."""
    made = House(folder / "clone")
    for name in ("app", *supply.LOCKS):
        made.requirements(name).parent.mkdir(parents=True, exist_ok=True)
        made.requirements(name).write_text(LOCK if name in more else LOCK.split("sadpack")[0])
    (made.root / "docs").mkdir()
    (made.root / "package.json").write_text(json.dumps(NPM_LOCK["packages"][""]))  # type: ignore[index]
    (made.root / "package-lock.json").write_text(json.dumps(NPM_LOCK))
    made.app.parent.parent.symlink_to(ROOT.root / ".venv")
    return made


@pytest.fixture
def clone(tmp_path: Path) -> House:
    return clone_of(tmp_path, ("rasa",))


def accept(clone: House, *findings: dict[str, Any]) -> None:
    kept = [
        {
            "vector": "text", "why": "contained", "read_in": "audit",
            "reviewed": DAY.isoformat(), "next_review": (today() + timedelta(1)).isoformat(),
            **each,
        }
        for each in findings
    ]  # fmt: skip
    told = {"vectors": {"text": "tests"}, "findings": kept}
    (clone.root / supply.ACCEPTED).write_text(json.dumps(told))


OF_RASA = {"runtime": "rasa", "package": "sadpack", "ids": ["CVE-2026-0001"]}
OF_NPM = {"runtime": "npm", "package": "sadjs", "ids": ["GHSA-sad2-sad2-sad2"]}


# Against a service that answers, and one that does not


def test_a_finding_that_nobody_accepted_fails(
    clone: House, service: type[Service], capsys: pytest.CaptureFixture[str]
) -> None:
    accept(clone)
    assert supply.audit(clone) == FOUND
    said = capsys.readouterr().out
    assert "NEW: rasa: sadpack 2.0.1: CVE-2026-0001, GHSA-sad1-sad1-sad1 (fixed in: 2.1)" in said
    assert "GHSA-sad2-sad2-sad2" in said
    assert "NOT CHECKED" not in said
    assert "2 new, 0 accepted" in said


def test_what_was_accepted_in_that_runtime_passes(
    clone: House, service: type[Service], capsys: pytest.CaptureFixture[str]
) -> None:
    accept(clone, OF_RASA, OF_NPM)
    assert supply.audit(clone) == CLEAN
    assert "Findings: 0 new, 2 accepted; 0 due for review." in capsys.readouterr().out


def test_a_finding_in_the_application_is_told_as_its_own(
    tmp_path: Path, service: type[Service], capsys: pytest.CaptureFixture[str]
) -> None:
    clone = clone_of(tmp_path, ("app", "dev"))
    accept(clone, OF_RASA, OF_NPM)
    assert supply.audit(clone) == FOUND
    said = capsys.readouterr().out
    assert "NEW: app: sadpack 2.0.1" in said
    assert "No longer found, take it out of docs/accepted-findings.yml: sadpack (rasa)" in said


def test_a_silent_service_is_no_clean_bill(
    clone: House, service: type[Service], capsys: pytest.CaptureFixture[str]
) -> None:
    service.silent = True
    accept(clone, OF_RASA, OF_NPM)
    assert supply.audit(clone) == NOT_CHECKED
    said = capsys.readouterr().out
    assert "NOT CHECKED: there is something of which no service spoke." in said
    assert "Answers about 0 packages, none about 4." in said
    assert "No longer found" not in said


# Judging


def accepted(**more: Any) -> Accepted:
    return Accepted.model_validate(
        {
            **OF_RASA, "vector": "text", "why": "contained", "read_in": "audit",
            "reviewed": DAY, "next_review": DAY + timedelta(90), **more,
        }
    )  # fmt: skip


SAD = Finding("rasa", "sadpack", "2.0.1", frozenset({"GHSA-sad1", "CVE-2026-0001"}), "")


def judged(findings: list[Finding], kept: list[Accepted], on: date = DAY) -> tuple[str, int]:
    checked = Checked(findings=findings, answered=2)
    lines, status = report(checked, Register(vectors={"text": ""}, findings=kept), on)
    return "\n".join(lines), status


@pytest.mark.parametrize(("days", "status"), [(0, CLEAN), (89, CLEAN), (90, FOUND), (400, FOUND)])
def test_an_acceptance_ends_on_its_day(days: int, status: int) -> None:
    said, found = judged([SAD], [accepted()], DAY + timedelta(days))
    assert found == status
    assert ("REVIEW DUE since 2027-02-27: rasa: sadpack" in said) == (status == FOUND)


def test_what_is_no_longer_found_is_to_be_taken_out() -> None:
    said, status = judged([], [accepted()])
    assert status == CLEAN
    assert "No longer found, take it out of docs/accepted-findings.yml: sadpack (rasa): CVE" in said


def test_a_part_that_was_not_asked_about_leaves_the_rest_in_doubt() -> None:
    checked = Checked(answered=1, silent=["rasa: soundpack: not found"])
    lines, status = report(checked, Register(vectors={}, findings=[]), DAY)
    assert status == NOT_CHECKED
    assert "Answers about 1 packages, none about 1." in lines[-1]


def test_an_acceptance_without_a_known_way_in_is_refused() -> None:
    with pytest.raises(ValueError, match="no vector magic"):
        Register(vectors={"text": ""}, findings=[accepted(vector="magic")])


# Our own list


def test_each_way_in_names_tests_that_are_there() -> None:
    for vector, told in supply.register(ROOT).vectors.items():
        named = re.findall(r"tests/[\w/]+\.py", told)
        assert named, vector
        assert all((ROOT.root / path).exists() for path in named), vector


def test_each_acceptance_is_of_a_package_that_we_have_and_is_looked_at_within_a_quarter() -> None:
    kept = supply.register(ROOT).findings
    assert len(kept) >= 15
    for each in kept:
        pinned = ROOT.requirements(each.runtime).read_text()
        assert re.search(rf"^{re.escape(each.package)}==", pinned, re.MULTILINE), each.package
        assert timedelta(0) < each.next_review - each.reviewed <= timedelta(92)
        assert len(each.why) > 20


# What each runtime is made of


def test_the_list_of_parts_names_every_pin_and_its_hash(
    clone: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    made = supply.sbom(clone, tmp_path / "sbom")
    assert [path.name for path in made] == ["app.cdx.json", "rasa.cdx.json", "npm.cdx.json"]
    app, rasa, npm = (json.loads(path.read_text()) for path in made)
    assert {each["bomFormat"] for each in (app, rasa, npm)} == {"CycloneDX"}
    assert [(each["name"], each["version"]) for each in rasa["components"]] == [
        ("sadpack", "2.0.1"), ("soundpack", "1.4.0")]  # fmt: skip
    assert hashlib.sha256(b"sadpack==2.0.1").hexdigest() in made[1].read_text()
    assert [each["name"] for each in npm["components"]] == ["sadjs"]


def test_a_list_that_cannot_be_made_is_told(clone: House, tmp_path: Path) -> None:
    clone.requirements("rasa").unlink()
    with pytest.raises(Trouble, match="cyclonedx-py failed"):
        supply.sbom(clone, tmp_path / "sbom")


# Secrets


@pytest.fixture
def committed(tmp_path: Path) -> House:
    """A repository with nothing in it but what a test writes."""
    made = House(tmp_path / "repository")
    (made.root / "docs").mkdir(parents=True)
    (made.root / leaks.ACCEPTED).write_text("no_secrets: []\n")
    shutil.copy(ROOT.root / ".gitignore", made.root)
    supply._printed(made, ["git", "init", "--quiet"], {}, needed=True)
    return made


SPOILT = {
    "a key of a cloud": "key = 'AK" + "IA" + "Z7Q3ZJ5W2X4Y6B8D'\n",
    "a private key": "-----BEGIN RSA PRIV" + "ATE KEY-----\n",
    "an address with a password": "url = 'https://admin:" + "h8Jq2@db.example/'\n",
    "a long random string": "token = '" + hashlib.sha256(b"canary").hexdigest() + "'\n",
}


@pytest.mark.parametrize("text", SPOILT.values(), ids=SPOILT.keys())
def test_a_secret_in_any_file_is_found(committed: House, text: str) -> None:
    (committed.root / "notes.py").write_text(text)
    (line,) = {each.split(". If")[0] for each in leaks.leaks(committed)}
    assert line.startswith("notes.py:1: ")
    kind = line.removeprefix("notes.py:1: ")
    told = f"no_secrets: [{{file: notes.py, kind: {kind}, why: a canary}}]\n"
    (committed.root / leaks.ACCEPTED).write_text(told)
    assert leaks.leaks(committed) == []


def test_what_git_does_not_keep_is_not_looked_at(committed: House) -> None:
    (committed.root / ".installation.key").write_text(SPOILT["a private key"])
    assert leaks.leaks(committed) == []


def test_the_name_of_a_registry_is_found(committed: House) -> None:
    assert leaks.registries(committed) == []
    (committed.root / "setup.md").write_text("from https://py" + "pi.org/simple\n")
    assert leaks.registries(committed) == ["setup.md names a package registry"]
