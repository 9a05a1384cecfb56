"""The settings of one copy of the system, read once from the environment."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self

from pydantic import AliasChoices, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.pulse import HUNG_AFTER

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
    how many seconds without a sign of the worker another process sends alerts; after
    ``hung_after`` without one of a part `make run` starts that part again. ``text_provider``
    is who carries texts; on the screen nothing leaves. ``texts_per_minute`` is how many it is given
    (0: what its own rules allow), ``searches_per_minute`` how often a program at one address may
    search the directory. ``log_format`` is how each line of a log is written.
    ``metrics_port`` and ``metrics_address`` are where each process tells its counts (0: nowhere),
    ``otlp_endpoint`` is where it sends ``traces_share`` of its traces (docs/how-to/watching.md).
    ``rasa_url`` holds the addresses of Rasa's processes with commas between them; of
    ``rasa_processes`` `make run` starts so many. ``web_url`` holds those of the web processes for
    `cara doctor`, where they are not at ``port`` of its own machine.
    ``previous_secret_keys``, with commas between them, still open
    what was stored under them (docs/how-to/data.md). ``tracker_url`` is where Rasa's tracker is,
    if it is no file of ours. The addresses of providers are for tests. ``oidc_…`` is the
    force's own sign-in (docs/how-to/accounts.md); ``oidc_groups`` names a YAML file.

    Raises ``ValueError`` in production without a secret of one's own, because every
    stored identity is only as safe as that secret.
    """

    model_config = SettingsConfigDict(env_prefix="CARA_", frozen=True, hide_input_in_errors=True)

    mode: Literal["demo", "production"] = "demo"
    database_url: str = ""
    redis_url: str = ""
    secret_key: str = ""
    previous_secret_keys: str = ""
    data_dir: Path = Field(default=ROOT / "var", validation_alias=AliasChoices("DATA_DIR"))
    port: int = Field(default=8000, validation_alias=AliasChoices("PORT"))
    rasa_url: str = ""
    web_url: str = ""
    rasa_processes: int = Field(default=1, ge=1, le=8)
    tracker_url: str = ""
    sites_dir: Path = ROOT / "sites"
    public_url: str = ""
    smtp_url: str = ""
    mail_from: str = "no-reply@localhost"
    webhook_secret: str = ""
    texts_secret: str = ""
    worker_silence: float = Field(default=60.0, gt=0)
    hung_after: float = Field(default=HUNG_AFTER, gt=0)
    text_provider: Literal["on_screen", "notify", "twilio"] = "on_screen"
    texts_per_minute: int = Field(default=0, ge=0)
    log_format: Literal["text", "json"] = "text"
    metrics_port: int = Field(default=0, ge=0, le=65_000)
    metrics_address: str = "127.0.0.1"
    otlp_endpoint: str = ""
    traces_share: float = Field(default=1.0, ge=0, le=1)
    searches_per_minute: int = Field(default=600, ge=1)
    notify_api_key: str = ""
    notify_template_id: str = ""
    notify_sender_id: str = ""
    notify_callback_token: str = ""
    notify_url: str = "https://api.notifications.service.gov.uk"
    twilio_account: str = ""
    twilio_token: str = ""
    twilio_url: str = "https://api.twilio.com"
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_groups_claim: str = "groups"
    oidc_groups: Path | None = None

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
        if any(len(each) < SHORTEST_SECRET for each in self.previous_secrets):
            raise ValueError(
                "CARA_PREVIOUS_SECRET_KEYS holds something too short to be a secret of ours."
            )
        return self

    @model_validator(mode="after")
    def _texts_set_up(self) -> Self:
        needed = TEXTS_NEED.get(self.text_provider, ())
        missing = [f"CARA_{name.upper()}" for name in needed if not getattr(self, name)]
        if missing:
            raise ValueError(f"Set {' and '.join(missing)}, which {self.text_provider} needs.")
        return self

    @model_validator(mode="after")
    def _force_set_up(self) -> Self:
        needed = ("oidc_client_id", "oidc_client_secret", "oidc_groups") if self.oidc_issuer else ()
        missing = [f"CARA_{name.upper()}" for name in needed if not getattr(self, name)]
        if missing:
            raise ValueError(f"Set {' and '.join(missing)}, which CARA_OIDC_ISSUER needs.")
        if self.oidc_issuer and not (self.demo or self.oidc_issuer.startswith("https://")):
            raise ValueError("CARA_OIDC_ISSUER has to begin with https:// in production.")
        return self

    @model_validator(mode="after")
    def _counts_private(self) -> Self:
        if ip_address(self.metrics_address).is_unspecified:
            raise ValueError("CARA_METRICS_ADDRESS names one address: 0.0.0.0 faces everybody.")
        return self

    @property
    def previous_secrets(self) -> tuple[str, ...]:
        """Secrets that open what is stored, and make nothing new."""
        return tuple(filter(None, map(str.strip, self.previous_secret_keys.split(","))))

    @property
    def address(self) -> str:
        """Where people reach us, without a stroke at its end."""
        return self.public_url.rstrip("/") or f"http://127.0.0.1:{self.port}"

    @property
    def inbound_secret(self) -> str:
        """What a provider of texts proves itself with; in production there is no default."""
        return self.texts_secret or (DEMONSTRATION_SECRET if self.demo else secrets.token_hex())

    @property
    def tracker_db(self) -> Path:
        """Rasa's tracker, in the one folder that Rasa writes to (cli/quarantine.py)."""
        return self.data_dir / "rasa" / "rasa.db"

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
