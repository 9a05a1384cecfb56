"""What lies in ``deploy/``, each looked at by the tool that reads it in production."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from pydantic import AliasChoices

from cli.part import NEEDS
from core.metrics import PARTS
from core.settings import ROOT, Settings
from core.words import words
from tests.conftest import absent
from tests.faults.shape import example, proxy_config, tool

DEPLOY = ROOT / "deploy"
HOME = "/srv/cara/app"
# By Debian's name, or as Docker's own plugin.
COMPOSE = (("docker-compose",), ("docker", "compose"))
WEB, BESIDE_PROXY = "CARA_WEB_URL", ("web-1", "web-2")
ADDRESSES = {
    *("CARA_DATABASE_URL", "CARA_TRACKER_URL", "CARA_REDIS_URL"),
    *("CARA_RASA_URL", "CARA_ACTIONS_URL", WEB),
}
WIRES = {"CARA_CLAIMS_KEY", "CARA_ACTIONS_KEY", "CARA_ACTIONS_URL"}
SECRETS = re.compile(r"SECRET|KEY|PASSWORD|TOKEN|DATABASE_URL|TRACKER_URL|REDIS_URL")


def ran(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60)


# Containers


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The compose file as its tool reads it, with the examples for its environment."""
    folder = tmp_path_factory.mktemp("compose")
    shutil.copy(DEPLOY / "compose.yml", folder)
    for name in ("cara", "rasa", "postgresql"):
        shutil.copy(DEPLOY / f"{name}.env.example", folder / f"{name}.env")
    for each in COMPOSE:
        if shutil.which(each[0]) and ran(*each, "version").returncode == 0:
            file = ("--file", folder / "compose.yml", "--profile", "by-hand")
            read = ran(*each, *file, "config", cwd=folder)
            assert read.returncode == 0, read.stderr
            loaded: dict[str, Any] = yaml.safe_load(read.stdout)
            return loaded
    absent("neither docker-compose nor docker compose is installed")
    raise AssertionError("unreachable")


def test_the_compose_file_holds_two_of_each_part(compose: dict[str, Any]) -> None:
    for part in ("web", "actions", "worker", "rasa"):
        names = [name for name in compose["services"] if name.startswith(f"{part}-")]
        commands = [compose["services"][name]["command"] for name in names]
        assert len(names) == 2
        assert all(each[:3] == ["cara", "part", part] for each in commands)


def test_only_the_proxy_is_reached_from_outside(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert [name for name, each in services.items() if each.get("ports")] == ["proxy"]
    beside_it = {n for n, each in services.items() if "front" in each["networks"]}
    assert beside_it == {"proxy", "web-1", "web-2"}


def test_rasa_s_network_leads_nowhere_and_holds_none_of_our_secrets(
    compose: dict[str, Any],
) -> None:
    for name in ("rasa-1", "rasa-2"):
        rasa = compose["services"][name]
        assert list(rasa["networks"]) == ["rasa"]
        assert not {"CARA_SECRET_KEY", "CARA_DATABASE_URL", "CARA_REDIS_URL"} & set(
            rasa["environment"]
        )
    assert compose["networks"]["rasa"]["internal"] is True
    assert "redis" not in {
        n for n, each in compose["services"].items() if "rasa" in each["networks"]
    }


def test_no_part_waits_for_another_before_it_answers_danger(compose: dict[str, Any]) -> None:
    waiting = {name for name, each in compose["services"].items() if each.get("depends_on")}
    assert waiting == {"upgrade", "backup"}


def addresses(compose: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Which network each host is reached by, under its number there and its name, and whose it is.

    Both databases are at the address that the example of PostgreSQL's settings names.
    """
    found: dict[str, dict[str, str]] = {}
    for name, service in compose["services"].items():
        for network, about in service["networks"].items():
            found.setdefault(name, {})[network] = name
            if number := (about or {}).get("ipv4_address"):
                found[number] = {network: name}
    return found


def told_hosts(name: str, service: dict[str, Any]) -> set[str]:
    """The hosts that a service is told of, but for those that it has no use for."""
    database = re.search(r"host is ([0-9.]+)\.", (DEPLOY / "postgresql.env.example").read_text())
    assert database
    told = service["environment"]
    # Only `cara doctor` asks the web processes, and it runs in one of them.
    names = [each for each in told if each in ADDRESSES and (each != WEB or name in BESIDE_PROXY)]
    urls = [url for each in names for url in (told[each] or "").split(",")]
    return {urlsplit(url).hostname or database[1] for url in urls}


def test_each_service_shares_a_network_with_every_host_that_it_is_told_of(
    compose: dict[str, Any],
) -> None:
    reached_by, looked_at = addresses(compose), 0
    for name, service in compose["services"].items():
        if not service["image"].startswith("cara-"):
            continue
        for host in told_hosts(name, service):
            looked_at += 1
            assert set(reached_by[host]) & set(service["networks"]), f"{name} to {host}"
    assert looked_at > 20


def test_what_copies_the_database_is_as_new_as_the_server(compose: dict[str, Any]) -> None:
    """pg_dump refuses a server that is newer than itself."""
    server = re.match(r"postgres:(\d+)", compose["services"]["postgresql"]["image"])
    stages = (DEPLOY / "Dockerfile").read_text().split("\nFROM ")
    (ours,) = [each for each in stages if each.startswith("base AS app\n")]
    client = re.search(r"postgresql-client-(\d+)", ours)
    assert server
    assert client
    assert int(client[1]) >= int(server[1])


def test_a_backup_in_a_container_does_what_the_unit_does(compose: dict[str, Any]) -> None:
    backup = compose["services"]["backup"]
    script = " ".join(backup["command"])
    unit = (DEPLOY / "systemd/cara-backup.service").read_text()
    for step in ("backup create", "backup erasures", "-mtime +30 -delete"):
        assert step in script
        assert step in unit
    kept = {
        each["target"] if isinstance(each, dict) else each.split(":")[1]
        for each in backup["volumes"]
    }
    assert kept == {f"/srv/cara/{each}" for each in ("data", "backups", "erasures")}
    made = (DEPLOY / "Dockerfile").read_text()
    assert all(each in made for each in kept), "a volume has its owner from the image"


def test_every_process_in_a_container_tells_its_counts_at_an_address_of_its_own(
    compose: dict[str, Any],
) -> None:
    counting = [f"{part}-{number}" for part in PARTS for number in (1, 2)]
    at = {name: compose["services"][name] for name in counting}
    said = {name: each["environment"]["CARA_METRICS_ADDRESS"] for name, each in at.items()}
    assert said == {name: each["networks"]["ours"]["ipv4_address"] for name, each in at.items()}
    assert len({*said.values()}) == len(counting)
    assert all(each["environment"]["CARA_METRICS_PORT"] for each in at.values())


# The proxy


def test_nginx_takes_the_configuration(tmp_path: Path) -> None:
    nginx = tool("nginx")
    config = proxy_config(tmp_path, 8443, {"web-1": 8001, "web-2": 8002})
    read = ran(nginx, "-t", "-q", "-c", config, "-p", tmp_path)
    assert (read.returncode, read.stderr) == (0, "")


def test_the_proxy_knows_web_and_nothing_else() -> None:
    texts = {path.name: path.read_text() for path in (DEPLOY / "nginx").glob("*.conf")}
    passed = re.findall(r"proxy_pass\s+(\S+);", texts["cara.conf"])
    assert set(passed) == {"http://cara_web"}
    for name in ("upstream.conf", "upstream.compose.conf"):
        assert len(re.findall(r"^\s*server \S+:800[12] max_fails=", texts[name], re.MULTILINE)) == 2
        assert not re.search(r":(8100|5005|5006|5432|6379)\b", texts[name])


def test_what_the_proxy_says_by_itself_is_approved() -> None:
    said = re.findall(r"<p>(.*)</p>", (DEPLOY / "nginx/away.html").read_text())
    assert said == [words(f"utter_{key}", "en").text for key in ("our_fault", "page_help_now")]


def test_the_proxy_writes_down_neither_addresses_nor_pages() -> None:
    format_ = re.search(r"log_format cara ([^;]*);", (DEPLOY / "nginx/cara.conf").read_text())
    assert format_
    told = re.findall(r"\$(\w+)", format_[1])
    assert not {"remote_addr", "request", "request_uri", "uri", "http_referer"} & set(told)


# The units


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, with this clone in the place of the one they are written for."""
    for each in (DEPLOY / "systemd").iterdir():
        (tmp_path / each.name).write_text(each.read_text().replace(HOME, str(ROOT)))
    return tmp_path


def test_systemd_takes_every_unit(units: Path) -> None:
    found = sorted(each.name for each in units.iterdir())
    assert {f"cara-{part}@.service" for part in NEEDS} < set(found)
    read = ran(tool("systemd-analyze"), "verify", "--man=no", *found, cwd=units)
    assert (read.returncode, read.stderr) == (0, "")


def test_systemd_would_not_take_a_mistake(units: Path) -> None:
    unit = units / "cara-worker@.service"
    unit.write_text(unit.read_text().replace("Restart=always", "Restart=ever"))
    read = ran(tool("systemd-analyze"), "verify", "--man=no", unit.name, cwd=units)
    assert "restart specifier" in read.stderr


def test_every_unit_is_held_to_its_data_and_rasa_to_this_machine() -> None:
    services = {path.name: path.read_text() for path in (DEPLOY / "systemd").glob("*.service")}
    for text in services.values():
        for line in ("User=cara", "NoNewPrivileges=yes", "ProtectSystem=strict"):
            assert f"\n{line}\n" in text
        assert "\nReadWritePaths=/srv/cara/data\n" in text
    rasa = services["cara-rasa@.service"]
    assert "IPAddressDeny=any\nIPAddressAllow=localhost\n" in rasa
    assert "cara.env" not in rasa
    assert "Requires=" not in "".join(services.values())


# The environment


def test_the_examples_name_settings_that_there_are_and_no_secret() -> None:
    known = WIRES | set()
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        choices = alias.choices if isinstance(alias, AliasChoices) else [f"CARA_{name.upper()}"]
        known |= {str(each) for each in choices}
    for file in ("cara.env.example", "rasa.env.example"):
        told = example(file)
        assert set(told) <= known, file
        assert not [name for name, value in told.items() if SECRETS.search(name) and value]


def test_the_doctor_asks_every_web_process_that_the_target_starts() -> None:
    ports = set(re.findall(r"cara-web@(\d+)", (DEPLOY / "systemd/cara.target").read_text()))
    assert len(ports) == 2
    asked = example("cara.env.example")["CARA_WEB_URL"].split(",")
    assert {str(urlsplit(each).port) for each in asked} == ports


def test_production_tells_its_counts() -> None:
    assert int(example("cara.env.example")["CARA_METRICS_PORT"]) > 0


@pytest.mark.parametrize(
    ("part", "file"),
    [
        ("web", "cara.env.example"),
        ("actions", "cara.env.example"),
        ("worker", "cara.env.example"),
        ("rasa", "rasa.env.example"),
    ],
)
def test_the_examples_name_all_that_a_part_needs(part: str, file: str) -> None:
    assert set(NEEDS[part]) <= set(example(file))


def test_rasa_s_example_holds_nothing_that_opens_our_tables() -> None:
    told = set(example("rasa.env.example"))
    assert not {"CARA_SECRET_KEY", "CARA_DATABASE_URL", "CARA_REDIS_URL"} & told
