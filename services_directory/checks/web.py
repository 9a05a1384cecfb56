"""E-mail and web addresses as they are written; nothing is fetched here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from rapidfuzz.distance import OSA

from services_directory.checks.finding import Finding, error, warning
from services_directory.checks.vetting import is_literal, is_public

# Two letters apart is a misspelling; a longer way is another name.
MISSPELT = 2
_LONGEST_EMAIL = 254
_LONGEST_LOCAL = 64
# A modest part of RFC 5321: what public services use. Quoted names and literals are refused.
_LOCAL = re.compile(r"[A-Z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.I)
_LABEL = r"[A-Z0-9](?:[A-Z0-9-]{0,61}[A-Z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?:[A-Z]{{2,63}}|xn--[A-Z0-9-]+)", re.I)
_MAILBOXES = (
    "gmail.com", "googlemail.com", "hotmail.com", "hotmail.co.uk", "outlook.com", "yahoo.co.uk",
    "yahoo.com", "btinternet.com", "icloud.com", "aol.com", "live.co.uk", "nhs.net", "nhs.uk",
    "protonmail.com", "virginmedia.com", "sky.com", "talktalk.net",
)  # fmt: skip
# A town's name is often that of one abroad: Scarborough in Toronto, Birmingham in Alabama.
_ABROAD = re.compile(r"\.(?:ca|us|au|nz|za|in|pk|on\.ca|gov|k12\.[a-z]{2}\.us|ng|ke)$", re.I)
_LOCAL_NAMES = (".local", ".localhost", ".internal", ".lan", ".home", ".test", ".invalid", ".onion")


def check_email(email: str, url: str) -> list[Finding]:
    """What is wrong with an e-mail address, by itself and beside the listing's web address."""
    text = email.strip()
    if not text:
        return []
    if re.search(r"[\s,;|]", text) or text.count("@") > 1:
        return [error("email_several", "email", "Only one e-mail address can stand here.")]
    local, _, domain = text.partition("@")
    if not _well_formed(text, local, domain):
        return [error("email_syntax", "email", f"{text} is not an e-mail address.")]
    return list(_misspelt(domain.casefold(), host_of(url)))


def check_url(url: str) -> list[Finding]:
    """What is wrong with a web address as written."""
    text = url.strip()
    if not text:
        return []
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return [error("url_syntax", "url", f"{text} is not a web address.")]
    return list(_url_errors(text, parts)) or list(_url_warnings(parts))


def host_of(url: str) -> str:
    """The host of a web address without "www."; "" where there is none."""
    try:
        return (urlsplit(url.strip()).hostname or "").casefold().removeprefix("www.")
    except ValueError:
        return ""


def is_misspelling(one: str, other: str) -> bool:
    """Whether two names of some length differ by a slip: a letter or two missing or swapped."""
    shortest = min(len(one), len(other))
    reach = MISSPELT if shortest > 4 * MISSPELT else 1
    return shortest > 4 and 0 < OSA.distance(one, other, score_cutoff=reach) <= reach


def _well_formed(text: str, local: str, domain: str) -> bool:
    return (
        len(text) <= _LONGEST_EMAIL
        and len(local) <= _LONGEST_LOCAL
        and bool(_LOCAL.fullmatch(local))
        and bool(_DOMAIN.fullmatch(domain))
    )


def _misspelt(domain: str, host: str) -> Iterator[Finding]:
    if domain in _MAILBOXES:
        return
    meant = next((each for each in _MAILBOXES if OSA.distance(domain, each) == 1), "")
    if meant:
        yield warning("email_domain", "email", f"“{domain}” looks like {meant} misspelt.")
    elif host and is_misspelling(domain, host):
        yield warning(
            "email_domain",
            "email",
            f"The e-mail ends in {domain} and the web address in {host}: one may be misspelt.",
        )


def _url_errors(text: str, parts: SplitResult) -> Iterator[Finding]:
    host = (parts.hostname or "").rstrip(".")
    if re.search(r"\s", text):
        yield error("url_syntax", "url", "Only one web address, without spaces, can stand here.")
    elif parts.scheme not in ("http", "https"):
        yield error("url_scheme", "url", f"{text} does not begin with https:// or http://.")
    elif parts.username is not None or parts.password is not None:
        yield error("url_credentials", "url", "The web address holds a user name or a password.")
    elif is_literal(host) or ":" in host:
        words = "is an address of numbers" if is_public(host) else "is inside a private network"
        yield error("url_private", "url", f"{host} {words}: give the service's public web address.")
    elif host == "localhost" or host.endswith(_LOCAL_NAMES):
        yield error("url_private", "url", f"{host} is not on the public internet.")
    elif not _DOMAIN.fullmatch(_ascii(host)):
        yield error("url_syntax", "url", f"{text} has no full host, such as www.example.org.uk.")


def _url_warnings(parts: SplitResult) -> Iterator[Finding]:
    host = parts.hostname or ""
    if parts.scheme == "http":
        yield warning("url_http", "url", "The web address begins with http://: try https://.")
    if _ABROAD.search(host):
        yield warning("url_abroad", "url", f"{host} is a host of another country.")


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
