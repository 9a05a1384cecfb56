"""The safety screen: one pure function that every message passes before anything else reads it."""

from bot.safety.model import Finding, Kind, Level
from bot.safety.screening import screen

__all__ = ["Finding", "Kind", "Level", "screen"]
