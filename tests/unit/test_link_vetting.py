"""The link checker reaches public hosts and no others, and each has to prove its name."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from services_directory.checks.links import Kind, LinkState, look
from services_directory.checks.vetting import is_literal, is_public
from tests.unit.web_hosts import Names, Writer, local, page, redirect, running


@pytest.mark.parametrize(
    "inside",
    [
        "http://127.0.0.1:{port}/secret",
        "http://127.1:{port}/secret",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:{port}/secret",
        "http://[::ffff:127.0.0.1]:{port}/secret",
        "http://10.0.0.1/",
        "http://0.0.0.0:{port}/secret",
        "//localhost:{port}/secret",
    ],
)
def test_a_redirect_into_a_private_network_is_never_followed(inside: str) -> None:
    async def run() -> tuple[LinkState, list[str]]:
        async def answer(path: str, writer: Writer) -> None:
            writer.write(redirect(inside.format(port=server.port), "302 Found"))

        # The server itself is reached as 127.0.0.2, the only address that this test allows.
        async with running(answer) as server:
            here = await asyncio.start_server(server.serve, "127.0.0.2", server.port)
            async with here:
                options = local(allowed=frozenset({"127.0.0.2/32"}))
                state = await look(server.at("/help", "127.0.0.2"), options=options)
            return state, server.asked

    state, asked = asyncio.run(run())
    assert state.kind == "private"
    assert asked == ["/help"]


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://localhost/", "http://2130706433/", "http://[fe80::1]/"],
)
def test_nothing_private_is_allowed_unless_it_is_named(url: str) -> None:
    assert asyncio.run(look(url)).kind == "private"


@pytest.mark.parametrize(
    "url",
    ["", "no address", "ftp://example.org/", "file:///etc/passwd", "http://", "http://[::1",
     "http://user:word@127.0.0.1/"],
)  # fmt: skip
def test_what_is_no_web_address_is_an_error(url: str) -> None:
    assert asyncio.run(look(url, options=local())).kind == "error"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",
     "100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.2.1",
     "168.63.129.16", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
     "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "help"],
)  # fmt: skip
def test_only_public_addresses_are_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "151.101.0.81", "2a00:1450:4009:80b::200e"])
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.1", "0x7f000001", "017700000001", "[::1]", "2130706433"])
def test_an_address_is_known_in_every_spelling(host: str) -> None:
    assert is_literal(host)
    assert not is_literal("www.example.org")


# Names


def test_the_connection_goes_to_the_address_that_was_vetted() -> None:
    names = Names(["127.0.0.1"], ["169.254.169.254"])

    async def run() -> tuple[LinkState, list[str]]:
        async with running({"/help": page("Help")}) as server:
            state = await look(server.at("/help", "service.test"), options=local(resolver=names))
            return state, server.hosts

    state, hosts = asyncio.run(run())
    assert state.kind == "ok"
    assert names.asked == ["service.test"]
    assert hosts[0].lower().startswith("host: service.test:")


def test_a_name_is_vetted_anew_at_each_redirect() -> None:
    names = Names(["127.0.0.1"], ["169.254.169.254"])

    async def run() -> LinkState:
        async with running({"/help": redirect("/other")}) as server:
            return await look(server.at("/help", "service.test"), options=local(resolver=names))

    assert asyncio.run(run()).kind == "private"
    assert names.asked == ["service.test"] * 2


def test_a_name_with_one_private_address_among_others_is_private() -> None:
    names = Names(["127.0.0.1", "10.0.0.1"])
    state = asyncio.run(look("http://service.test/", options=local(resolver=names)))
    assert state.kind == "private"


def test_the_next_address_is_tried_where_the_first_does_not_answer() -> None:
    names = Names(["127.0.0.3", "127.0.0.1"])

    async def run() -> LinkState:
        async with running({"/help": page("Help")}) as server:
            options = local(resolver=names, allowed=frozenset({"127.0.0.0/8"}))
            return await look(server.at("/help", "service.test"), options=options)

    assert asyncio.run(run()).kind == "ok"


def test_a_name_that_nobody_knows_is_unreachable() -> None:
    async def unknown(host: str, port: int) -> list[str]:
        raise OSError(host)

    state = asyncio.run(look("http://service.test/", options=local(resolver=unknown)))
    assert (state.kind, state.status) == ("unreachable", None)


def test_a_port_where_nobody_listens_is_unreachable() -> None:
    async def run() -> LinkState:
        async with running({}) as server:
            url = server.at("/help")
        return await look(url, options=local())

    assert asyncio.run(run()).kind == "unreachable"


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for service.test that it signed itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "service.test")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("service.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "service.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + secret)
    return path


@pytest.mark.parametrize(
    ("host", "trusted", "kind"),
    [
        ("service.test", True, "ok"),
        ("service.test", False, "unreachable"),
        ("another.test", True, "unreachable"),
    ],
)
def test_a_host_has_to_prove_its_name(
    certificate: Path, host: str, trusted: bool, kind: Kind
) -> None:
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(certificate)
    ours = ssl.create_default_context(cafile=str(certificate)) if trusted else None

    async def run() -> LinkState:
        async with running({"/help": page("Help")}, theirs) as server:
            options = local(resolver=Names(["127.0.0.1"]), tls=ours)
            return await look(server.at("/help", host, "https"), options=options)

    assert asyncio.run(run()).kind == kind
