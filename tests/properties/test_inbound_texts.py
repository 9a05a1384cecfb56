"""Whatever is texted, in whatever bytes, goes through every rule without an error.

TEXTS_FUZZED=1000 for fewer: the pure rules read all of them, a hundredth passes the screen, and two
hundred go the whole way, with a database and without Rasa.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.channels import memory
from bot.channels.incoming import LONGEST
from bot.channels.journal import journal
from bot.channels.packing import fit
from bot.channels.texts import Inbound, speaker_texting, take_text
from bot.safety import screen
from cli.database import upgrade
from core.database import engine
from core.settings import settings
from outreach.texts.revealing import reveals
from outreach.texts.segments import is_gsm7, segments
from outreach.texts.stop_words import command_of

MANY = int(os.environ.get("TEXTS_FUZZED", "100000"))
SCREENED, WHOLE = MANY // 100, 200
SEED = 20_261_128
PIECES = (
    *(
        "STOP",
        "stop ",
        "START",
        "HELP",
        "pls ",
        "I want to die ",
        "kill",
        "nie pisz",
        "dość",
        "pić",
    ),
    *(
        "ਬੰਦ ਕਰੋ",
        "ਮਦਦ ",
        "band karo",
        "\\",
        "\\x",
        "\\N{",
        "\\u12",
        "\\",
        "%s{0}{team}",
        "'; DROP --",
    ),
    *(
        "\x00",
        "\ud83d",
        "\udc94",
        "💔",
        "👩‍🦰",
        "\u202e",
        "\u200b",
        "\ufeff",
        "\u0300",
        "ﷺ",
        "İ",
        "ß",
    ),
    *("\n", "\r\n", "\u2028", " ", "....", "€", "^{}[]~|", "1", "²", "١", "<b>", "http://a.b/c@d"),
)


def made(draw: random.Random) -> str:
    """One text: bytes read as UTF-8 or Latin, pieces that mean something, or any characters."""
    match draw.randrange(5):
        case 0:
            return draw.randbytes(draw.randrange(200)).decode("utf-8", "replace")
        case 1:
            return draw.randbytes(draw.randrange(200)).decode("latin-1")
        case 2:
            return draw.randbytes(draw.randrange(60)).decode("utf-8", "surrogateescape")
        case 3:
            return "".join(draw.choices(PIECES, k=draw.randrange(12)))
        case _:
            return "".join(chr(draw.randrange(0x110000)) for _ in range(draw.randrange(40)))


def texts(count: int) -> Iterator[str]:
    """So many, always the same; one in fifty is longer than any text may be."""
    draw = random.Random(SEED)
    for at in range(count):
        text = made(draw)
        yield text * (1 + 1_700 // (len(text) or 1)) if at % 50 == 0 else text


def test_the_rules_read_whatever_comes() -> None:
    seen = {"stop": 0, "start": 0, "help": 0, None: 0}
    for text in texts(MANY):
        seen[command_of(text)] += 1
        assert reveals(text) in (True, False)
        assert (segments(text) == 0) == (not text)
        assert is_gsm7(text) or segments(text) >= len(text) / 70
    assert min(seen.values()) > MANY // 10_000, "the texts are not all noise"


def test_parting_and_the_screen_read_whatever_comes() -> None:
    found = 0
    for text in texts(SCREENED):
        assert max(map(segments, fit([text]))) <= 3
        found += screen(text.encode("utf-8", "replace").decode()) is not None
    assert found


@pytest.fixture
def migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database of this test's own, and nobody behind Rasa's address."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CARA_SECRET_KEY", "a secret of thirty-two characters or more")
    monkeypatch.setenv("CARA_RASA_URL", "http://127.0.0.1:9")
    remembered = (settings, engine)
    for each in remembered:
        each.cache_clear()
    upgrade()
    yield
    assert journal.wait(30)
    engine().dispose()
    for each in remembered:
        each.cache_clear()


@pytest.mark.usefixtures("migrated")
def test_whatever_comes_is_taken_from_end_to_end() -> None:
    answered = 0
    for at, text in enumerate(texts(WHOLE)):
        sender = f"07700 9004{at % 100:02}"
        answers = take_text(Inbound("test", text[:40], sender, "07700 900101", text[:LONGEST]))
        assert all(answer.strip() for answer in answers)
        answered += bool(answers)
        memory.forget(speaker_texting(Inbound("test", "", sender, "07700 900101", "")).id)
    assert answered > WHOLE // 2
