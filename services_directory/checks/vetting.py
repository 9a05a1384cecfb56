"""Which hosts the link checker may reach: public addresses, and no others.

A coordinator, or a feed, can write any address. Without these rules the checker would fetch pages
inside our own network for them (server-side request forgery).
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Awaitable[list[str]]]

# Ways of carrying an IPv4 address in an IPv6 one: a gateway would unwrap it to a private host.
_CARRIERS = tuple(
    ipaddress.IPv6Network(net)
    for net in (
        "::/96",
        "::ffff:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
    )
)
# Metadata services of clouds that sit on addresses which count as public.
_METADATA = frozenset(ipaddress.ip_address(each) for each in ("168.63.129.16", "192.0.0.192"))
_ATTEMPTS = 3


class NotPublicError(httpx.TransportError):
    """The host is, or resolves to, an address that nobody outside can reach."""


def is_public(address: str) -> bool:
    """Whether an IP address may be connected to; False for what is no address at all."""
    try:
        ip: IPAddress = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if ip in _METADATA or ip.is_multicast or ip.is_reserved or ip.is_unspecified:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and any(ip in net for net in _CARRIERS):
        return False
    return ip.is_global and not (ip.is_loopback or ip.is_link_local or ip.is_private)


def is_literal(host: str) -> bool:
    """Whether a host is an IP address, in any spelling that a resolver reads as one.

    "127.1", "0x7f000001" and "2130706433" are all the machine itself.
    """
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        try:
            socket.inet_aton(host)
        except OSError:
            return False
    return True


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, IPv4 first; raises ``OSError`` where there are none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in sorted(found, key=lambda e: e[0])))


class VettedTransport(httpx.AsyncBaseTransport):
    """Connects only to addresses it has itself resolved and vetted.

    The name is resolved once a request and the connection goes to that very address, with the
    name in the Host header and in TLS, so that a second answer of the name server ("DNS
    rebinding") changes nothing. Each redirect is a request of its own and vetted anew.
    ``allowed`` holds networks that count as public, for tests. Proxies are never used.
    """

    def __init__(
        self,
        allowed: frozenset[str] = frozenset(),
        resolver: Resolver = resolve,
        tls: ssl.SSLContext | bool = True,
    ) -> None:
        self._allowed = tuple(ipaddress.ip_network(each) for each in allowed)
        self._resolver = resolver
        self._inner = httpx.AsyncHTTPTransport(verify=tls, trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send to a vetted address; raises :class:`NotPublicError` where there is none."""
        addresses = await self._vetted(request.url)
        for address in addresses[:-1]:
            try:
                return await self._inner.handle_async_request(_pinned(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_pinned(request, addresses[-1]))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()

    async def _vetted(self, url: httpx.URL) -> list[str]:
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            addresses = await self._resolver(url.host, port)
        except (OSError, UnicodeError) as unknown:
            raise httpx.ConnectError(f"{url.host} is not known.") from unknown
        # One private answer among public ones is a trap, not a mistake.
        if not addresses or not all(self._may(each) for each in addresses):
            raise NotPublicError(f"{url.host} is not a public host.")
        return addresses[:_ATTEMPTS]

    def _may(self, address: str) -> bool:
        if is_public(address):
            return True
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self._allowed)


def _pinned(request: httpx.Request, address: str) -> httpx.Request:
    extensions: dict[str, Any] = {**request.extensions, "sni_hostname": request.url.host}
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions=extensions,
    )


async def first_bytes(response: httpx.Response, limit: int) -> bytes:
    """At most ``limit`` bytes of the body as sent; the rest is never read.

    As sent, because a packed body could unfold to gigabytes: ask for "identity".
    """
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) >= limit:
            break
    return bytes(body[:limit])
