"""The spool: what it has taken survives, is read by nobody else, and is taken by one at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from core.settings import ROOT, settings
from core.spool import Spool, alerts

SAID = "I cannot go on, I want to die"
ENTRY = {"type": "alert", "said": SAID, "at": "2026-11-23T09:00:00+00:00"}
# Another process of this copy: it has the folder of data and the secret, and nothing else of ours.
_PUT = "from core.spool import alerts; import os, sys; alerts().put(sys.argv[1], {'said': 'x'})"
_PUT_AND_DIE = f"{_PUT}; os.kill(os.getpid(), 9)"
_TAKE = """
import sys
from core.spool import alerts
with alerts().taking() as ours:
    print(ours, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """One secret for every process of a test."""
    monkeypatch.setenv("CARA_SECRET_KEY", "a secret of thirty-two characters or more")


@pytest.fixture
def spool() -> Spool:
    """The spool of alerts of this test's own folder."""
    return alerts()


def another_process(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def on_disk(spool: Spool) -> bytes:
    return b"".join(path.read_bytes() for path in spool.folder.iterdir())


# Keeping


def test_an_entry_survives_the_process_that_put_it(spool: Spool) -> None:
    with another_process(_PUT_AND_DIE, "one") as died:
        died.communicate(timeout=60)
    assert died.returncode == -9
    assert spool.waiting() == ["one"]
    assert spool.read("one") == {"said": "x"}


def test_an_entry_comes_out_as_it_went_in_whatever_was_said(spool: Spool) -> None:
    said = "ਮੈਂ ਮਰਨਾ ਚਾਹੁੰਦਾ ਹਾਂ \x00 \ud800 💔\n" * 40
    spool.put("one", ENTRY | {"said": said})
    assert spool.read("one") == ENTRY | {"said": said}


def test_nobody_reads_the_words_from_the_disk(spool: Spool) -> None:
    spool.put("one", ENTRY)
    for each in (SAID, "want to die", ENTRY["at"], json.dumps(ENTRY)):
        assert each.encode() not in on_disk(spool)


def test_nobody_else_on_the_machine_may_open_the_files(spool: Spool) -> None:
    spool.put("one", ENTRY)
    assert spool.folder.stat().st_mode & 0o077 == 0
    assert [path.stat().st_mode & 0o077 for path in spool.folder.iterdir()] == [0]


def test_with_another_secret_it_is_not_read(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    spool.put("one", ENTRY)
    monkeypatch.setenv("CARA_SECRET_KEY", "another secret of thirty-two characters")
    settings.cache_clear()
    assert spool.read("one") is None


def test_it_is_on_the_disk_before_put_returns(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = spool.folder / "one.entry"
    synced: list[tuple[str, bool]] = []
    sync = os.fsync

    def watched(descriptor: int) -> None:
        sync(descriptor)
        synced.append((os.readlink(f"/proc/self/fd/{descriptor}"), target.exists()))

    monkeypatch.setattr(os, "fsync", watched)
    spool.put("one", ENTRY)
    (file, named_then), (folder, named_at_last) = synced
    # The content first, under another name; then the name itself.
    assert Path(file).parent == spool.folder
    assert not named_then
    assert folder == str(spool.folder)
    assert named_at_last


def test_the_same_id_twice_is_one_entry(spool: Spool) -> None:
    spool.put("one", ENTRY)
    spool.put("one", ENTRY | {"said": "something else"})
    assert spool.waiting() == ["one"]
    assert spool.read("one") == ENTRY


def test_the_same_id_from_many_at_once_is_one_whole_entry(spool: Spool) -> None:
    at_once = Barrier(8)

    def put(_at: int) -> None:
        at_once.wait()
        spool.put("one", ENTRY)

    with ThreadPoolExecutor(8) as many:
        list(many.map(put, range(8)))
    assert [path.name for path in spool.folder.iterdir()] == ["one.entry"]
    assert spool.read("one") == ENTRY


def test_what_was_only_half_written_is_no_entry(spool: Spool) -> None:
    spool.put("one", ENTRY)
    (spool.folder / ".two.4711.1").write_bytes(b"gAAAA")
    assert spool.waiting() == ["one"]


# Where the disk refuses

# Every write past the first byte fails, as on a full disk.
_FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
"""
# Root may write anywhere, so it stops being root; the folder is reached by no path.
_READ_ONLY = """
import os
from core.spool import alerts
alerts().folder.mkdir(parents=True, exist_ok=True)
os.chdir(alerts().folder)
os.chmod('.', 0o500)
from core.crypto import box
box('spool')
if os.geteuid() == 0:
    os.seteuid(65534)
"""
_REFUSED = """
from pathlib import Path
from core.spool import Spool, alerts
spool = Spool(Path('.')) if {here} else alerts()
try:
    spool.put('one', {{'said': 'x'}})
except OSError as error:
    print(type(error).__name__, error.errno)
"""


@pytest.mark.parametrize(
    ("disk", "told"),
    [
        (_FULL + _REFUSED.format(here=False), "OSError 27"),
        (_READ_ONLY + _REFUSED.format(here=True), "PermissionError 13"),
    ],
    ids=["full", "read-only"],
)
def test_a_disk_that_refuses_is_told_to_the_caller(disk: str, told: str, spool: Spool) -> None:
    spool.put("before", ENTRY)
    with another_process(disk) as process:
        said, trouble = process.communicate(timeout=60)
    spool.folder.chmod(0o700)
    assert said.strip() == told, trouble
    # Nor is a disk that is full filled further with what was not kept.
    assert [path.name for path in spool.folder.iterdir()] == ["before.entry"]


def test_after_a_refusal_the_same_id_is_taken(spool: Spool) -> None:
    with another_process(_FULL + _REFUSED.format(here=False)) as process:
        process.communicate(timeout=60)
    spool.put("one", ENTRY)
    assert spool.read("one") == ENTRY


# Taking


def test_the_oldest_waits_first(spool: Spool) -> None:
    for at, entry_id in enumerate(("c", "a", "b")):
        spool.put(entry_id, ENTRY)
        os.utime(spool.folder / f"{entry_id}.entry", (1_000 + at, 1_000 + at))
    assert spool.waiting() == ["c", "a", "b"]


def test_only_what_has_waited_so_long_is_named(spool: Spool) -> None:
    spool.put("old", ENTRY)
    spool.put("new", ENTRY)
    os.utime(spool.folder / "old.entry", (1_000, 1_000))
    assert spool.waiting(older_than=60) == ["old"]


def test_what_is_gone_is_nothing(spool: Spool) -> None:
    assert spool.waiting() == []
    assert spool.read("one") is None
    spool.remove("one")
    assert spool.noted("one") == []


@pytest.mark.parametrize("content", [b"", b"gAAAAABnonsense", b"\x00" * 4096])
def test_a_broken_file_is_set_aside_and_named_in_the_log(
    content: bytes, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    spool.put("good", ENTRY)
    (spool.folder / "broken-7.entry").write_bytes(content)
    assert spool.read("broken-7") is None
    assert spool.waiting() == ["good"]
    assert (spool.folder / "broken-7.broken").read_bytes() == content
    assert "broken-7" in caplog.text
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_what_was_done_for_an_entry_is_remembered_until_it_is_removed(spool: Spool) -> None:
    spool.put("one", ENTRY)
    spool.note("one", "one:first:abc")
    spool.note("one", "one:first:def")
    assert Spool(spool.folder).noted("one") == ["one:first:abc", "one:first:def"]
    assert spool.waiting() == ["one"]
    spool.remove("one")
    assert list(spool.folder.iterdir()) == []


def test_two_takers_exclude_each_other(spool: Spool) -> None:
    with another_process(_TAKE) as other:
        assert other.stdout
        assert other.stdout.readline() == "True\n"
        with spool.taking() as ours:
            assert not ours
        other.communicate("", timeout=60)
    with spool.taking() as ours, another_process(_TAKE) as other:
        assert ours
        assert other.communicate("", timeout=60)[0] == "False\n"


def test_a_taker_that_is_killed_leaves_the_spool_to_the_next(spool: Spool) -> None:
    with another_process(_TAKE) as other:
        assert other.stdout
        assert other.stdout.readline() == "True\n"
        other.kill()
        other.communicate(timeout=60)
    with spool.taking() as ours:
        assert ours


def test_a_taker_that_fails_leaves_the_spool_to_the_next(spool: Spool) -> None:
    def fail() -> None:
        with spool.taking():
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        fail()
    with spool.taking() as ours:
        assert ours


def test_entries_may_be_put_while_another_takes(spool: Spool) -> None:
    with spool.taking(), another_process(_PUT, "late") as other:
        other.communicate(timeout=60)
        assert spool.waiting() == ["late"]
