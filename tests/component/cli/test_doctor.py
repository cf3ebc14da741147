"""The doctor: every line has a verdict; what fails says so by the exit code."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from control_api.cli import doctor
from control_api.cli.doctor import Verdict, all_findings, cpu_flags, examine
from mcu_core.compositor.fonts import FontChoice
from mcu_core.media import libopus
from mcu_core.media.codec import ALL_CODECS, Kind
from mcu_core.media.codec_table import CodecRow, decodes, encodes


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "STALL_SECONDS", 0.05)


def test_this_machine_has_all_codecs_and_a_folder(tmp_path: Path) -> None:
    found = list(all_findings(tmp_path / "var"))
    findings = {finding.topic: finding for finding in found}
    assert len(findings) == len(found), "each thing is said once"
    for codec in ALL_CODECS:
        assert (findings[codec.name].verdict is Verdict.OK) == (decodes(codec) and encodes(codec))
    assert findings["data folder"].verdict is not Verdict.FAIL
    assert all(f.advice for f in findings.values() if f.verdict is not Verdict.OK)


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(examine)
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.stdout


def test_json_names_topic_and_verdict(tmp_path: Path) -> None:
    code, text = run("--json", "--data", str(tmp_path))
    assert code == 0
    assert {"topic", "verdict", "seen", "advice"} == set(json.loads(text)[0])


def test_a_missing_codec_fails_with_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = CodecRow("H264", Kind.VIDEO, "RFC 6184", (90_000,), True, False, "no encoder libx264")
    monkeypatch.setattr(doctor, "codec_table", lambda: (row,))
    code, text = run("--data", str(tmp_path))
    assert code == 1
    assert "FAIL" in text
    assert "libx264" in text


def test_a_machine_without_libopus_is_told_what_that_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {finding.topic: finding for finding in all_findings(tmp_path)}["Opus over losses"]
    assert seen.verdict is Verdict.OK
    monkeypatch.setattr(libopus, "version", lambda: "")
    finding = {finding.topic: finding for finding in all_findings(tmp_path)}["Opus over losses"]
    assert finding.verdict is Verdict.WARN
    assert "libopus0" in finding.advice


def test_processor_flags_are_read(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nflags\t\t: fpu avx2 sse4_1\n")
    assert cpu_flags(cpuinfo) == {"fpu", "avx2", "sse4_1"}
    assert cpu_flags(tmp_path / "none") == frozenset()


def test_a_machine_without_chinese_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "chosen", lambda: FontChoice(None, 0, False))
    font = next(f for f in all_findings(tmp_path) if f.topic == "font of names")
    assert font.verdict is Verdict.WARN
    assert "fonts-noto-cjk" in font.advice
