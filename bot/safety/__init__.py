"""The safety screen: one pure function that every message passes before anything else reads it."""

from collections.abc import Sequence

from bot.safety.model import Finding, Kind, Level

__all__ = ["Finding", "Kind", "Level", "screen"]


def screen(
    text: str,
    language: str = "en",
    previous: Sequence[str] = (),
    audience: str = "participant",
) -> Finding | None:
    """What danger the text tells of, seen with the person's last messages, or None.

    Whichever language was chosen, all three are searched. The first call loads the patterns,
    which takes about two seconds: a page need not wait for them, so the web process makes that
    call as soon as it serves.
    """
    from bot.safety.screening import screen as screened

    return screened(text, language, previous, audience)
