"""Talking with the force's sign-in: OpenID Connect by Authlib, the code flow with PKCE and a nonce.

What it says of itself and its keys is asked for anew each time: it happens once a shift for each
person, and a key that the force has changed is known at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote_plus

import httpx
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization
from joserfc.jws import JWSRegistry

from core.clock import now
from core.settings import settings

RETURN = "/sign-in/force/return"
SCOPE = "openid profile email"
PATIENCE = 5.0
# Signed by a key that only the provider holds; never with none, or with a secret that we share.
ALGORITHMS = ["RS256", "PS256", "ES256"]
# Seconds by which two clocks may differ.
LEEWAY = 60


class ProviderAwayError(Exception):
    """The force's sign-in does not answer, or not as one."""


class NotBelievedError(Exception):
    """What it said was not meant for us, for this sign-in, or for now; or is not its own word."""


@dataclass(frozen=True)
class Trip:
    """One way there and back, known only to us until the code is spent."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Provider:
    """Where the force's sign-in is to be found, as it says itself."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str

    def way_there(self, trip: Trip, *, again: bool) -> str:
        """The address to which the browser goes; ``again`` has the person show who they are."""
        anew = {"prompt": "login", "max_age": "0"} if again else {}
        client = OAuth2Client(
            None,
            settings().oidc_client_id,
            scope=SCOPE,
            redirect_uri=_address_back(),
            code_challenge_method="S256",
        )
        address, _ = client.create_authorization_url(
            self.authorization_endpoint,
            state=trip.state,
            nonce=trip.nonce,
            code_verifier=trip.verifier,
            **anew,
        )
        return str(address)

    def claims(self, code: str, trip: Trip) -> dict[str, Any]:
        """Who the code is of, checked: signature, issuer, audience, times and nonce.

        Raises :class:`ProviderAwayError` or :class:`NotBelievedError`.
        """
        token = self._token(code, trip)
        return _checked(token, _document(self.jwks_uri), trip.nonce)

    def _token(self, code: str, trip: Trip) -> dict[str, Any]:
        said = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": _address_back(),
            "code_verifier": trip.verifier,
        }
        # Both are written as in a form before they are joined (RFC 6749, 2.3.1).
        secret = quote_plus(settings().oidc_client_secret)
        who = (quote_plus(settings().oidc_client_id), secret)
        try:
            answer = httpx.post(self.token_endpoint, data=said, auth=who, timeout=PATIENCE)
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderAwayError from error
        if answer.is_server_error:
            raise ProviderAwayError
        if not answer.is_success or not isinstance(told, dict):
            raise NotBelievedError
        return told


def provider() -> Provider:
    """The one that is set up; raises :class:`ProviderAwayError`."""
    issuer = settings().oidc_issuer
    told = _document(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if told.get("issuer") != issuer:
        raise ProviderAwayError
    try:
        return Provider(told["authorization_endpoint"], told["token_endpoint"], told["jwks_uri"])
    except KeyError as error:
        raise ProviderAwayError from error


def _address_back() -> str:
    return settings().address + RETURN


def _document(address: str) -> dict[str, Any]:
    try:
        told = httpx.get(address, timeout=PATIENCE).raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise ProviderAwayError from error
    if not isinstance(told, dict):
        raise ProviderAwayError
    return told


def _checked(token: Mapping[str, Any], keys: dict[str, Any], nonce: str) -> dict[str, Any]:
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    client_id = settings().oidc_client_id
    expected = {
        "iss": {"essential": True, "value": settings().oidc_issuer},
        "aud": {"essential": True, "value": client_id},
        "sub": {"essential": True},
        "nonce": {"essential": True, "value": nonce},
    }
    known = {"nonce": nonce, "client_id": client_id, "access_token": token.get("access_token")}
    try:
        read = jwt.decode(
            str(token["id_token"]),
            KeySet.import_key_set(cast(KeySetSerialization, keys)),
            registry=registry,
        )
        claims = CodeIDToken(read.claims, read.header, expected, known)
        claims.validate(int(now().timestamp()), LEEWAY)
    except (KeyError, TypeError, ValueError, JoseError) as error:
        raise NotBelievedError from error
    return dict(claims)
