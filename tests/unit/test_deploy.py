"""What lies in ``deploy/``, each looked at by the tool that reads it in production."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import AliasChoices

from cli.part import NEEDS
from core.settings import ROOT, Settings
from core.words import words
from tests.conftest import absent
from tests.faults.shape import example, proxy_config, tool

DEPLOY = ROOT / "deploy"
HOME = "/srv/cara/app"
# By Debian's name, or as Docker's own plugin.
COMPOSE = (("docker-compose",), ("docker", "compose"))
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
            read = ran(*each, "--file", folder / "compose.yml", "config", cwd=folder)
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
    waiting = [name for name, each in compose["services"].items() if each.get("depends_on")]
    assert waiting == ["upgrade"]


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
