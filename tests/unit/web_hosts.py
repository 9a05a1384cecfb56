"""Web hosts on this machine, and a name server, for the tests of the link checker."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from services_directory.checks.links import Options

HERE = frozenset({"127.0.0.1/32"})
LONG = "<p>" + "Help with drinking, every weekday. " * 100 + "</p>"
Writer = asyncio.StreamWriter
Answer = Callable[[str, Writer], Awaitable[None]]


def page(title: str, body: str = LONG, status: str = "200 OK", extra: str = "") -> bytes:
    text = f"<html><title>{title}</title><body>{body}</body></html>"
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n{extra}"
    return f"{head}Content-Length: {len(text.encode())}\r\n\r\n{text}".encode()


def redirect(to: str, status: str = "301 Moved Permanently") -> bytes:
    return page("", "", status, f"Location: {to}\r\n")


class Server:
    """A server that answers by path; it keeps each request line and Host header it got."""

    def __init__(self, answers: dict[str, bytes] | Answer) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.hosts: list[str] = []
        self.port = 0

    def at(self, path: str, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split()[1]
            self.asked.append(path)
            self.hosts += [line for line in head.split("\r\n") if line.lower().startswith("host")]
            if isinstance(self.answers, dict):
                writer.write(self.answers[path])
            else:
                await self.answers(path, writer)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def running(
    answers: dict[str, bytes] | Answer, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    ours = Server(answers)
    server = await asyncio.start_server(ours.serve, "127.0.0.1", 0, ssl=tls)
    ours.port = server.sockets[0].getsockname()[1]
    try:
        yield ours
    finally:
        server.close()


def local(**given: object) -> Options:
    return Options(**{"allowed": HERE, "bound_s": 10.0, **given})  # type: ignore[arg-type]


class Names:
    """A name server: each asking takes the next answer, the last one for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
