"""`mcu bench search`: a hundred thousand slides searched, and slides read and found (bar 10)."""

import asyncio
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import figure
from benchmarks.report import Report, Row, percentile
from benchmarks.slide_talk import page, store_talk, talk
from control_api.persistence.database import Database
from control_api.persistence.grams import compared
from control_api.persistence.library import LibraryRows
from control_api.persistence.moments import Asked, Moment, MomentRows, Unread
from mcu_core.errors import Refused
from mcu_core.media.clock import NS_PER_MS, NS_PER_SECOND, MonotonicClock
from recorder.contract import RecordingInfo, RecordingState
from recorder.slide_texts import slides_of

CLOCK = MonotonicClock()
WORDS = tuple(
    [
        "胆囊",
        "切除",
        "手术",
        "患者",
        "疼痛",
        "超声",
        "结石",
        "扩张",
        "血压",
        "心率",
        "既往",
        "病史",
        "药物",
        "过敏",
        "诊断",
        "急性",
        "方案",
        "治疗",
        "腹腔",
        "术中",
        "造影",
        "会诊",
        "意见",
        "评估",
        "麻醉",
        "风险",
        "肝脏",
        "肿瘤",
        "转移",
        "淋巴",
        "活检",
        "病理",
        "免疫",
        "放疗",
        "化疗",
        "剂量",
        "疗程",
        "复查",
        "随访",
        "出院",
        "住院",
        "护理",
        "感染",
        "发热",
        "咳嗽",
        "胸痛",
        "呼吸",
        "困难",
        "肺炎",
        "结核",
        "哮喘",
        "心电",
        "房颤",
        "支架",
        "冠脉",
        "狭窄",
        "梗死",
        "溶栓",
        "抗凝",
        "出血",
        "血栓",
        "脑卒",
        "昏迷",
        "癫痫",
        "骨折",
        "关节",
        "置换",
        "康复",
        "训练",
        "糖尿",
        "胰岛",
        "甲状",
        "肾脏",
        "透析",
        "移植",
        "尿路",
        "前列",
        "妊娠",
        "产后",
        "新生",
        "儿科",
        "营养",
        "疫苗",
        "筛查",
        "内镜",
        "息肉",
        "溃疡",
    ]
)
MARKS = "，。：、"
FONTS = tuple(
    f"/usr/share/fonts/opentype/noto/Noto{kind}CJK-{weight}.ttc"
    for kind, weight in (("Sans", "Regular"), ("Serif", "Regular"), ("Sans", "Bold"))
)
SIZE = (1920, 1080)
SLIDES_EACH = 500
ORGANISATIONS = 20
WALL = "2026-11-21T08:00:00+00:00"


@dataclass(frozen=True, slots=True)
class SearchBench:
    """How many slides are searched, by how many questions, and how many are rendered and read."""

    slides: int = 100_000
    questions: int = 400
    read: int = 10
    seed: int = 10


def run(what: SearchBench) -> Report:
    """Both halves of the bar."""
    rows = asyncio.run(_searched(what)) if what.slides else []
    if what.read:
        rows += _read(what)
    return Report("search", rows)


def _line(dice: random.Random, words: int) -> str:
    """Words one after the other; some lines have figures."""
    parts = [
        dice.choice(WORDS) + (dice.choice(MARKS) if dice.random() < 0.3 else "")
        for _ in range(words)
    ]
    return "".join(parts) + (f" {dice.randint(10, 200)} mmHg" if dice.random() < 0.2 else "")


def _rare(dice: random.Random) -> str:
    """Two neighbouring signs of a name that few slides have."""
    return chr(dice.randint(0x4E00, 0x9FA0)) + chr(dice.randint(0x4E00, 0x9FA0))


async def _searched(what: SearchBench) -> list[Row]:
    dice = random.Random(what.seed)
    with tempfile.TemporaryDirectory() as name:
        database = Database(Path(name) / "mcu.sqlite3")
        await database.open()
        try:
            rows = MomentRows(database)
            begun = CLOCK.now_ns()
            names = await _fill(database, rows, what, dice)
            filled_s = (CLOCK.now_ns() - begun) / NS_PER_SECOND
            size = await asyncio.to_thread(_size, Path(name))
            asked_ms: list[float] = []
            found = 0
            for number in range(what.questions):
                word = dice.choice(names) if number % 4 == 0 else dice.choice(WORDS)
                words = (word,) if number % 3 else (word, dice.choice(WORDS))
                theirs = f"院{number % ORGANISATIONS}" if number % 2 else ""
                begun = CLOCK.now_ns()
                hits = await rows.find(Asked(words, theirs), 51)
                asked_ms.append((CLOCK.now_ns() - begun) / NS_PER_MS)
                found += bool(hits)
        finally:
            await database.close()
    return [
        figure("slides searched", what.slides, "100000"),
        figure("questions of two-character words", what.questions),
        figure("of these with hits", found),
        figure("question, 50 %, ms", percentile(asked_ms, 0.5)),
        figure("question, 95 %, ms", percentile(asked_ms, 0.95), "< 20"),
        figure("question, worst, ms", max(asked_ms)),
        figure("table and index, MB", size / 1e6),
        figure("to make them, s", filled_s),
    ]


def _size(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.iterdir())


async def _fill(
    database: Database, rows: MomentRows, what: SearchBench, dice: random.Random
) -> list[str]:
    """Recordings of SLIDES_EACH slides; some rare names that stand in them."""
    library = LibraryRows(database)
    names: list[str] = []
    for number in range(-(-what.slides // SLIDES_EACH)):
        info = RecordingInfo(f"r{number}", f"c{number}", "Talk", RecordingState.DONE, WALL, 3600.0)
        await library.put([(info, "1")])
        moments = []
        for k in range(min(SLIDES_EACH, what.slides - number * SLIDES_EACH)):
            lines = [_line(dice, dice.randint(3, 7)) for _ in range(6)]
            if k % 100 == 0:
                names.append(_rare(dice))
                lines.append(f"{names[-1]}医生")
            moments.append(Moment("slide", k * 7000.0, "\n".join(lines)))
        organisation = f"院{number % ORGANISATIONS}/科{number % 3}"
        await rows.put(Unread(info.id, info.conference, "1"), organisation, moments, len(moments))
    return names


def _read(what: SearchBench) -> list[Row]:
    """Slides of 1080p, coded at 1 Mbit/s, recorded, read; which of their words are found."""
    dice = random.Random(what.seed)
    told = [[_line(dice, dice.randint(4, 7)) for _ in range(7)] for _ in range(what.read)]
    pages = [
        page(lines[0][:14], lines[1:], SIZE, FONTS[k % len(FONTS)]) for k, lines in enumerate(told)
    ]
    shown = [[lines[0][:14], *lines[1:]] for lines in told]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "r1"
        store_talk(folder, list(talk(pages, 4.0, 50, pointer=True)), size=SIZE)
        begun = CLOCK.now_ns()
        words = (sys.executable, "-m", "recorder.slides", str(folder))
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Refused(f"the slides could not be read: {done.stderr.strip()}")
        took_s = (CLOCK.now_ns() - begun) / NS_PER_SECOND
        read = slides_of(folder).slides
    asked = found = 0
    for k, lines in enumerate(shown):
        text = next((one.text for one in read if abs(one.at_ms - k * 4000) < 1500), "")
        there = compared(text)
        for word in {word for line in lines for word in WORDS if word in line}:
            asked += 1
            found += word in there
    return [
        figure("slides rendered, coded, recorded", what.read),
        figure("slides found", len(read), str(what.read)),
        figure("two-character words on them", asked),
        figure("recall", found / max(asked, 1), ">= 0.9"),
        figure("to find and read one, s", took_s / what.read),
    ]
