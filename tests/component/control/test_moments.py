"""Moments within recordings: found by words of slides, marks and tags, with the caller's rights."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.slide_talk import page, store_talk, talk
from control_api.persistence.library import Search
from control_api.persistence.moments import Asked, Hit
from recorder.contract import Tags
from recorder.journal import Mark
from recorder.slide_texts import SLIDES_NAME, Read, Slide, line_of
from recorder.tags import write_tags
from tests.component.conftest import Fresh
from tests.component.control.conftest import Control, running_control

SLIDES = [
    Slide(0.0, 4000.0, "术前讨论 : 胆囊 切除术\n患者男性，右上腹疼痛三天"),
    Slide(4000.0, 8000.0, "CT 平扫 : 胆总管扩张"),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording whose slides were read, with marks, tags and a patient."""
    made = tmp_path_factory.mktemp("moments")
    folder = made / "recordings" / "r1"
    marks = [
        Mark(1000.0, "operator", "肝脏出血"),
        Mark(2000.0, "speaker", "王医生"),
        Mark(3000.0, "speaker", "王医生"),
    ]
    units = list(talk([page("会诊", ["一"])], 1.0, 5, pointer=False))
    store_talk(folder, units, "查房 Ward 3", marks)
    write_tags(folder, Tags(doctor="李小东", keywords=("腹腔镜",), patient="病历0001"))
    lines = b"".join([*map(line_of, SLIDES), line_of(Read("chi_sim"))])
    (folder / SLIDES_NAME).write_bytes(lines)
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
async def searching(data: Path, request: pytest.FixtureRequest) -> AsyncIterator[Control]:
    """A control that has read what there is, once over each database."""
    url = ""
    if request.param == "postgresql":
        fresh: Fresh = request.getfixturevalue("fresh_database")
        url = await fresh()
    async with running_control(data, {}, read_slides=False, database=url) as control:
        await control.bridge.moments.sweep()
        yield control


async def _found(control: Control, words: str, **query: Any) -> list[tuple[str, float]]:
    answer = await control.json("GET", "/moments", params={"q": words, **query})
    return [(one["kind"], one["at_s"]) for one in answer["moments"]]


FOUND: dict[str, list[tuple[str, float]]] = {
    "胆囊": [("slide", 0.0)],
    "囊切除": [("slide", 0.0)],
    "胆": [("slide", 4.0), ("slide", 0.0)],
    "胆总管 ct": [("slide", 4.0)],
    "管胆": [],
    "疼痛 胆囊": [("slide", 0.0)],
    "肝脏": [("operator", 1.0)],
    "王医": [("speaker", 2.0)],
    "查房 WARD": [("title", 0.0)],
    "腹腔镜": [("title", 0.0)],
    "病历0001": [],
    '"*%': [],
}


async def test_words_lead_to_their_moment(searching: Control) -> None:
    assert {words: await _found(searching, words) for words in FOUND} == FOUND
    assert await _found(searching, "胆", recording="r1") == [("slide", 4.0), ("slide", 0.0)]
    assert await _found(searching, "胆", recording="r2") == []
    first = await searching.json("GET", "/moments", params={"q": "胆", "limit": 1})
    assert [one["at_s"] for one in first["moments"]] == [4.0]
    more = {"q": "胆", "limit": 1, "before": first["next"]}
    second = await searching.json("GET", "/moments", params=more)
    assert [one["at_s"] for one in second["moments"]] == [0.0]
    assert "胆囊" in second["moments"][0]["text"].replace(" ", "")
    assert second["next"] == 0


async def test_slides_are_told_in_their_order(searching: Control) -> None:
    slides = await searching.json("GET", "/recordings/r1/slides")
    assert [(one["at_s"], one["until_s"]) for one in slides] == [(0.0, 4.0), (4.0, 8.0)]
    assert slides[1]["text"] == "CT 平扫 : 胆总管扩张"
    assert (await searching.api.get("/recordings/none/slides")).status_code == 404


async def test_organisations_and_groups_find_what_is_theirs(searching: Control, data: Path) -> None:
    searching.bridge.moments._whose = {"c1": "一院/放射科"}.__getitem__
    tags = Tags(keywords=("腹腔镜",), group="心内科")
    write_tags(data / "recordings" / "r1", tags)
    searching.bridge.recordings.library._store_seen = ()
    await searching.bridge.moments.sweep()

    async def seen(**whose: str) -> list[Hit]:
        return await searching.bridge.moments.search(Asked(("胆囊",), **whose), 10, 2**53)

    for one in ("一院", "一院/放射科", ""):
        assert len(await seen(organisation=one)) == 1
    for one in ("二院", "一院/外科"):
        assert await seen(organisation=one) == []
    assert len(await seen(member="nurse")) == 1, "there is no such group yet"
    await searching.json("POST", "/users", json=NURSE)
    await searching.json("PUT", "/groups/心内科", json={"members": {"nurse": "watch"}})
    assert len(await seen(member="nurse")) == 1
    assert await seen(member="clerk") == []
    find = searching.bridge.recordings.library.find
    assert (await find(Search(member="nurse"))).total == 1
    assert (await find(Search(member="clerk"))).total == 0
    write_tags(data / "recordings" / "r1", Tags(keywords=("腹腔镜",)))
    await searching.json("DELETE", "/groups/心内科")


NURSE = {"name": "nurse", "password": "nurse Passw0rd", "role": "viewer"}


async def test_what_is_deleted_is_found_no_more(tmp_path: Path) -> None:
    folder = tmp_path / "recordings" / "r9"
    store_talk(folder, list(talk([page("会诊", ["一"])], 1.0, 5, pointer=False)), "查房")
    async with running_control(tmp_path, {}, read_slides=False) as control:
        await control.bridge.moments.sweep()
        assert await _found(control, "查房") == [("title", 0.0)]
        await control.bridge.recordings.library.remove("r9")
        assert await _found(control, "查房") == []
        assert await control.bridge.moments._rows.tidy() == 1
