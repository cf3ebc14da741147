"""Moments within recordings: found by words of slides, marks and tags, with the caller's rights."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.slide_talk import page, store_talk, talk
from control_api.persistence.moments import Hit
from recorder.contract import Tags
from recorder.journal import Mark
from recorder.slide_texts import SLIDES_NAME, Read, Slide, line_of
from recorder.tags import write_tags
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


async def _found(control: Control, words: str, **query: Any) -> list[tuple[str, float]]:
    answer = await control.json("GET", "/moments", params={"q": words, **query})
    return [(one["kind"], one["at_s"]) for one in answer["moments"]]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("胆囊", [("slide", 0.0)]),
        ("囊切除", [("slide", 0.0)]),
        ("胆", [("slide", 4.0), ("slide", 0.0)]),
        ("胆总管 ct", [("slide", 4.0)]),
        ("管胆", []),
        ("疼痛 胆囊", [("slide", 0.0)]),
        ("肝脏", [("operator", 1.0)]),
        ("王医", [("speaker", 2.0)]),
        ("查房 WARD", [("title", 0.0)]),
        ("腹腔镜", [("title", 0.0)]),
        ("病历0001", []),
        ('"*%', []),
    ],
)
async def test_words_lead_to_their_moment(
    data: Path, words: str, found: list[tuple[str, float]]
) -> None:
    async with running_control(data, {}, read_slides=False) as control:
        await control.bridge.moments.sweep()
        assert await _found(control, words) == found


async def test_pages_follow_each_other(data: Path) -> None:
    async with running_control(data, {}, read_slides=False) as control:
        await control.bridge.moments.sweep()
        first = await control.json("GET", "/moments", params={"q": "胆", "limit": 1})
        assert [one["at_s"] for one in first["moments"]] == [4.0]
        more = {"q": "胆", "limit": 1, "before": first["next"]}
        second = await control.json("GET", "/moments", params=more)
        assert [one["at_s"] for one in second["moments"]] == [0.0]
        assert "胆囊" in second["moments"][0]["text"].replace(" ", "")
        assert second["next"] == 0


async def test_organisations_find_what_is_theirs(data: Path) -> None:
    async with running_control(data, {}, read_slides=False) as control:
        control.bridge.moments._whose = {"c1": "一院/放射科"}.__getitem__
        await control.bridge.moments.sweep()
        write_tags(data / "recordings" / "r1", Tags(keywords=("腹腔镜",)))
        control.bridge.recordings.library._store_seen = ()
        await control.bridge.moments.sweep()

        async def seen(organisation: str) -> list[Hit]:
            return await control.bridge.moments.search("胆囊", organisation, 10, 2**53)

        assert len(await seen("一院")) == len(await seen("一院/放射科")) == len(await seen("")) == 1
        assert await seen("二院") == await seen("一院/外科") == []


async def test_what_is_deleted_is_found_no_more(tmp_path: Path) -> None:
    folder = tmp_path / "recordings" / "r9"
    store_talk(folder, list(talk([page("会诊", ["一"])], 1.0, 5, pointer=False)), "查房")
    async with running_control(tmp_path, {}, read_slides=False) as control:
        await control.bridge.moments.sweep()
        assert await _found(control, "查房") == [("title", 0.0)]
        await control.bridge.recordings.library.remove("r9")
        assert await _found(control, "查房") == []
        assert await control.bridge.moments._rows.tidy() == 1
