"""Same inputs and command log: the same pictures, sound and decisions, whatever threads do."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from mcu_core.offline.job import MixJob
from mcu_core.offline.mix import mix
from tests.component.offline.test_mix import job_of, write_input

LOG = "\n".join(
    json.dumps(line)
    for line in (
        {
            "t": 0.2,
            "panes": ["voice", "auto", {"kind": "poll", "sites": [1, 2, 3], "interval_s": 1}],
        },
        {"t": 0.2, "own": {"site": 2, "view": {"layout": 3, "panes": [3], "show_self": True}}},
        {"t": 0.2, "group": {"number": 1, "sites": [1, 3], "view": {"layout": 1, "panes": [2]}}},
        {"t": 0.3, "mute": 1},
        {"t": 0.4, "layout": 5},
        {"t": 0.5, "banner": "一句话"},
        {"t": 0.6, "leave": 2},
        {"t": 0.7, "broadcast": 3},
        {"t": 0.9, "broadcast": None},
        {"t": 0.9, "gain": {"site": 2, "db": -12}},
        {"t": 1.0, "join": 2},
        {"t": 1.1, "caption": {"text": "a caption", "size": 0.1}},
        {"t": 1.2, "layout": None},
    )
)


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> MixJob:
    folder = tmp_path_factory.mktemp("inputs")
    inputs = tuple(write_input(folder / f"{k}.mp4", k, s) for k, s in enumerate((1.5, 1.5, 0.7)))
    return job_of(inputs, None, names="甲乙丙", log=LOG, hashed=True)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_run_is_the_same(job: MixJob, threads: int, tmp_path: Path) -> None:
    logs = [tmp_path / name for name in ("one", "other")]
    first = mix(replace(job, decisions=logs[0]))
    second = mix(replace(job, decisions=logs[1], threads=threads))
    assert first == second
    assert logs[0].read_text() == logs[1].read_text() != ""
    digests = {first.sha256_pictures, first.sha256_sound, first.sha256_decisions, first.sha256_all}
    assert len(digests - {""}) == 4


@pytest.mark.parametrize("seen_by", [1, 2])
def test_pictures_of_groups_and_sites_are_the_same_in_every_run(job: MixJob, seen_by: int) -> None:
    viewers = mix(job)
    first, second = (mix(replace(job, seen_by=seen_by, threads=k)) for k in (1, 3))
    assert first == second
    assert first.sha256_decisions == viewers.sha256_decisions, "they are decided in any case"
    assert first.sha256_pictures != viewers.sha256_pictures
    assert first.sha256_sound != viewers.sha256_sound, "nobody hears itself"


def test_the_digest_of_decisions_covers_what_only_some_see(job: MixJob) -> None:
    first = mix(job)
    for before, after in (
        ('"layout": 3, "panes": [3]', '"layout": 3, "panes": [1]'),
        ('"layout": 1, "panes": [2]', '"layout": 1, "panes": [1]'),
        ('"sites": [1, 3]', '"sites": [3]'),
    ):
        assert before in LOG
        log = LOG.replace(before, after)
        other = mix(job_of(job.inputs, None, names="甲乙丙", log=log, hashed=True))
        assert other.sha256_pictures == first.sha256_pictures, "viewers see nothing of it"
        assert other.sha256_decisions != first.sha256_decisions


def test_another_process_with_other_hashes_makes_the_same(job: MixJob, tmp_path: Path) -> None:
    """Nothing may depend on the order of a set: each process has its own."""
    log = tmp_path / "log.jsonl"
    log.write_text(LOG)
    words = [*map(str, job.inputs), "--events", str(log), "--names", "甲,乙,丙", "--hash", "--json"]
    told = []
    for seed, threads in ("1", "1"), ("2", "3"):
        line = [sys.executable, "-m", "control_api.cli", "mix", *words, "--threads", threads]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(line, env=environment, capture_output=True, check=True)
        told.append(json.loads(done.stdout)["sha256_all"])
    assert told[0] == told[1] != ""


def test_each_digest_covers_its_own(job: MixJob) -> None:
    first = mix(job)
    named = mix(job_of(job.inputs, None, names="甲乙丁", log=LOG, hashed=True))
    assert named.sha256_pictures != first.sha256_pictures
    assert (named.sha256_sound, named.sha256_decisions) == (
        first.sha256_sound,
        first.sha256_decisions,
    )
    quieter = LOG.replace("-12", "-13")
    softer = mix(job_of(job.inputs, None, names="甲乙丙", log=quieter, hashed=True))
    assert softer.sha256_sound != first.sha256_sound
    assert softer.sha256_decisions == first.sha256_decisions


def test_decisions_say_who_stood_where_and_when(job: MixJob, tmp_path: Path) -> None:
    log = tmp_path / "decisions.jsonl"
    mix(replace(job, decisions=log))
    told = [json.loads(line) for line in log.read_text().splitlines()]
    shown = [
        (line["t"], line["shows"], line["panes"])
        for line in told
        if "shows" in line and "of" not in line
    ]
    assert shown[0] == (0.0, "conference", ["1", "2", "3"])
    assert (0.7, "full", ["3"]) in shown
    assert all(later[0] > sooner[0] for sooner, later in pairwise(shown))
    assert {"t": 0.2, "shows": "group", "of": "1", "layout": 1, "panes": ["2"]} in told
    seen = [(line["t"], line["sees"]) for line in told if "sees" in line]
    assert seen[0] == (0.2, {"1": "group 1", "2": "own 2", "3": "group 1"})
