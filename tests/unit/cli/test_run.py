"""`mcu run`: addresses, the lock, the processes it starts."""

import os
import socket
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from control_api.cli.run import (
    LONGEST_SOCKET_PATH,
    RunOptions,
    check_free,
    check_tls,
    child_specs,
    is_loopback,
    only_one,
    run,
    socket_folder,
    split_address,
)
from mcu_core.engine.process import parse
from mcu_core.errors import BadInput, Refused


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("[::1]:80", ("::1", 80)),
        (":9000", ("0.0.0.0", 9000)),
        ("localhost:1", ("localhost", 1)),
    ],
)
def test_an_address_is_host_and_port(text: str, address: tuple[str, int]) -> None:
    assert split_address(text) == address


@pytest.mark.parametrize("text", ["", "8080", "host:", "host:0", "host:65536", "host:x"])
def test_a_wrong_address_names_the_option(text: str) -> None:
    with pytest.raises(BadInput, match="--listen"):
        split_address(text)


def test_loopback_is_known() -> None:
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert is_loopback("localhost")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("example.org")


def test_a_deep_data_folder_gets_a_short_socket_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    assert len(str(socket_folder(deep))) <= LONGEST_SOCKET_PATH
    assert socket_folder(deep) != socket_folder(tmp_path / ("e" * 120))


def test_a_second_system_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(Refused, match="already runs"), only_one(tmp_path):
        pass


def test_the_socket_folder_is_ours_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o755)
    with only_one(folder):
        assert folder.stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    with pytest.raises(Refused, match="somebody else"), only_one(folder):
        pass


def test_a_taken_port_is_refused_with_the_remedy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Refused, match="--listen"):
            check_free("127.0.0.1", taken.getsockname()[1])


def test_media_stays_on_loopback_until_listen_opens_it(tmp_path: Path) -> None:
    closed = child_specs(RunOptions(tmp_path), tmp_path, None)
    opened = child_specs(RunOptions(tmp_path, listen="0.0.0.0:8080", engines=2), tmp_path, None)
    assert [spec.name for spec in opened] == ["engine-0", "engine-1", "recorder", "control"]
    assert networks(closed[0].command) == ["bind=127.0.0.1"]
    assert networks(opened[0].command) == ["bind=0.0.0.0", "bind=::"]
    assert parse([*opened[0].command[3:]]).networks.others[0].bind == "::"


def networks(command: Sequence[str]) -> list[str]:
    return [text for flag, text in pairwise(command) if flag == "--network"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"listen": "10.1.2.3:80"}, ["bind=10.1.2.3"]),
        (
            {"listen": "10.1.2.3:80", "advertise": "192.0.2.1"},
            ["bind=10.1.2.3,advertise=192.0.2.1"],
        ),
        (
            {"listen": ":80", "advertise": "192.0.2.1"},
            ["bind=0.0.0.0,advertise=192.0.2.1", "bind=::"],
        ),
        ({"listen": ":80", "network": ("10.1.2.3", "::1")}, ["10.1.2.3", "::1"]),
    ],
)
def test_media_is_where_pages_are_unless_networks_are_named(
    tmp_path: Path, options: dict[str, Any], expected: list[str]
) -> None:
    specs = child_specs(RunOptions(tmp_path, **options), tmp_path, None)
    assert networks(specs[0].command) == expected


def test_engines_have_ports_of_their_own(tmp_path: Path) -> None:
    specs = child_specs(RunOptions(tmp_path, engines=2, ports="5004-5007"), tmp_path, None)
    assert [parse([*spec.command[3:]]).networks.port_range for spec in specs[:2]] == [
        (5004, 5005),
        (5006, 5007),
    ]


def test_all_processes_log_at_the_level_asked_for(tmp_path: Path) -> None:
    for spec in child_specs(RunOptions(tmp_path, log_level="error"), tmp_path, None):
        assert spec.command[spec.command.index("--log-level") + 1] == "error", spec.name


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (RunOptions(Path("unused"), engines=0), "--engines"),
        (RunOptions(Path("unused"), log_level="loud"), "--log-level"),
        (RunOptions(Path("unused"), ports="abc"), "--ports"),
        (RunOptions(Path("unused"), ports="5004-5005", engines=3), "--ports"),
        (RunOptions(Path("unused"), network=("10.0.0.300",)), "--network"),
        (RunOptions(Path("unused"), network=("127.0.0.1", "192.0.2.1")), "address of this machine"),
        (RunOptions(Path("unused"), ports="9000-8000"), "--ports"),
        (RunOptions(Path("unused"), ports="70000-70001"), "--ports"),
        (RunOptions(Path("/dev/null/data")), "--data"),
        (RunOptions(Path("unused"), preset="best"), "--preset"),
        (RunOptions(Path("unused"), cores=-1), "--cores"),
        (RunOptions(Path("unused"), cores=float("nan")), "--cores"),
    ],
)
def test_what_no_process_could_start_with_is_refused_first(options: RunOptions, field: str) -> None:
    with pytest.raises(BadInput, match=field):
        run(options)


def effort_of(options: RunOptions) -> list[dict[str, str]]:
    """Preset and cores of each engine's command line."""
    commands = [spec.command for spec in child_specs(options, options.data, None)[:-2]]
    return [
        {word: line[line.index(word) + 1] for word in ("--preset", "--cores") if word in line}
        for line in commands
    ]


def test_engines_are_told_what_they_may_spend(tmp_path: Path) -> None:
    assert effort_of(RunOptions(tmp_path)) == [{}]
    asked = RunOptions(tmp_path, engines=2, preset="ultrafast", cores=3)
    assert effort_of(asked) == [{"--preset": "ultrafast", "--cores": "1.5"}] * 2
    shared = effort_of(RunOptions(tmp_path, engines=4))
    assert shared == [{"--cores": f"{len(os.sched_getaffinity(0)) / 4:g}"}] * 4
    for line in (spec.command for spec in child_specs(asked, tmp_path, None)[:2]):
        told = parse(list(line[3:]))
        assert (told.preset, told.cores) == ("ultrafast", 1.5)


def test_certificate_and_key_come_together(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.touch()
    check_tls(RunOptions(tmp_path))
    check_tls(RunOptions(tmp_path, tls_cert=key, tls_key=key))
    with pytest.raises(BadInput, match="--tls-cert"):
        check_tls(RunOptions(tmp_path, tls_key=key))
    with pytest.raises(BadInput, match="--tls-key"):
        check_tls(RunOptions(tmp_path, tls_cert=key, tls_key=tmp_path / "none.pem"))


def test_control_gets_the_certificate(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    plain = child_specs(RunOptions(tmp_path), tmp_path, None)[-1].command
    secure = child_specs(RunOptions(tmp_path, tls_cert=key, tls_key=key), tmp_path, None)
    assert "--tls-cert" not in plain
    assert secure[-1].command[-4:] == ("--tls-cert", str(key), "--tls-key", str(key))


@pytest.mark.parametrize("cores", ["-1", "0", "nan", "inf", "two"])
def test_an_engine_takes_no_cores_that_cannot_be(
    cores: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(["--socket", "/tmp/engine.sock", "--cores", cores])
    assert "--cores" in capsys.readouterr().err
