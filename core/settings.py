"""The settings of one copy of the system, read once from the environment."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from pydantic import AliasChoices, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
SHORTEST_SECRET = 32
DEMONSTRATION_SECRET = "demonstration-only"  # noqa: S105 - opens the demonstration's text channel

TEXTS_NEED = {
    "notify": ("notify_api_key", "notify_template_id", "notify_callback_token"),
    "twilio": ("twilio_account", "twilio_token"),
}


class Settings(BaseSettings):
    """What operators may set; ``CARA_`` goes before each name but ``DATA_DIR`` and ``PORT``.

    ``public_url`` is where staff reach us, for links in notices; ``smtp_url`` has the form
    ``smtp://user:password@host:port``; ``webhook_secret`` signs what goes to webhooks and
    ``texts_secret`` is what a provider of texts proves itself with; ``worker_silence`` is after
    how many seconds without a sign of the worker another process sends alerts. ``text_provider``
    is who carries texts; on the screen nothing leaves. The addresses of providers are for tests.

    Raises ``ValueError`` in production without a secret of one's own, because every
    stored identity is only as safe as that secret.
    """

    model_config = SettingsConfigDict(env_prefix="CARA_", frozen=True, hide_input_in_errors=True)

    mode: Literal["demo", "production"] = "demo"
    database_url: str = ""
    redis_url: str = ""
    secret_key: str = ""
    data_dir: Path = Field(default=ROOT / "var", validation_alias=AliasChoices("DATA_DIR"))
    port: int = Field(default=8000, validation_alias=AliasChoices("PORT"))
    rasa_url: str = ""
    sites_dir: Path = ROOT / "sites"
    public_url: str = ""
    smtp_url: str = ""
    mail_from: str = "no-reply@localhost"
    webhook_secret: str = ""
    texts_secret: str = ""
    worker_silence: float = Field(default=60.0, gt=0)
    text_provider: Literal["on_screen", "notify", "twilio"] = "on_screen"
    notify_api_key: str = ""
    notify_template_id: str = ""
    notify_sender_id: str = ""
    notify_callback_token: str = ""
    notify_url: str = "https://api.notifications.service.gov.uk"
    twilio_account: str = ""
    twilio_token: str = ""
    twilio_url: str = "https://api.twilio.com"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        data_dir = self.data_dir.resolve()
        object.__setattr__(self, "data_dir", data_dir)
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{data_dir / 'cara.db'}")
        object.__setattr__(self, "secret_key", self.secret_key or self._demo_secret())
        if len(self.secret_key) < SHORTEST_SECRET:
            raise ValueError(
                f"CARA_SECRET_KEY is too short: use {SHORTEST_SECRET} characters or more."
            )
        return self

    @model_validator(mode="after")
    def _texts_set_up(self) -> Self:
        needed = TEXTS_NEED.get(self.text_provider, ())
        missing = [f"CARA_{name.upper()}" for name in needed if not getattr(self, name)]
        if missing:
            raise ValueError(f"Set {' and '.join(missing)}, which {self.text_provider} needs.")
        return self

    @property
    def address(self) -> str:
        """Where people reach us, without a stroke at its end."""
        return self.public_url.rstrip("/") or f"http://127.0.0.1:{self.port}"

    @property
    def inbound_secret(self) -> str:
        """What a provider of texts proves itself with; in production there is no default."""
        return self.texts_secret or (DEMONSTRATION_SECRET if self.demo else secrets.token_hex())

    @property
    def demo(self) -> bool:
        """Whether demonstration accounts and unassured listings may show (marked)."""
        return self.mode == "demo"

    def _demo_secret(self) -> str:
        if self.mode == "production":
            raise ValueError(
                "Set CARA_SECRET_KEY: production does not start with a default secret."
            )
        kept = self.data_dir / "secret"
        if not kept.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            _write_once(kept, secrets.token_urlsafe(48))
        return kept.read_text().strip()


def _write_once(path: Path, text: str) -> None:
    """Make a private file whole or not at all; of processes that start together, the first wins."""
    ours = path.with_name(f"{path.name}.{os.getpid()}")
    ours.touch(mode=0o600)
    ours.write_text(text)
    with suppress(FileExistsError):
        path.hardlink_to(ours)
    ours.unlink()


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
