"""The page of a package in Chromium, opened from a folder: no server is there for it."""

import threading
import zipfile
from pathlib import Path

import pytest

from mcu_core.contract.events import TapTrack
from recorder.catalogue import Catalogue
from recorder.files import note_alone
from recorder.journal import Mark
from tests.component.recorder.test_content import slides
from tests.component.recorder.test_player import CHROMIUM, Site, reported
from tests.component.recorder.test_side_by_side import recorded
from tests.fakes.tap import encode_clip

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")

PROBE = """<script>
(async () => {
  const until = async (true_) => {
    const end = performance.now() + 25000;
    while (!true_() && performance.now() < end) await new Promise((r) => setTimeout(r, 20));
    return true_();
  };
  const told = {};
  const apart = () => Math.abs(lead.currentTime - other.currentTime);
  const inStep = () => !lead.seeking && !other.seeking && apart() < 0.1;
  lead.muted = true;
  told.ready = await until(() => lead.readyState > 1 && other.readyState > 1);
  by("play").click();
  told.plays = await until(() => lead.currentTime > 0.2 && inStep());
  rows[1].button.click();
  told.jumped = await until(() => lead.currentTime >= 2 && inStep());
  told.current = await until(() => rows[1].button.getAttribute("aria-current") === "true");
  by("find").value = "胆囊";
  by("find").dispatchEvent(new Event("input"));
  told.found = rows.filter(({ row }) => !row.hidden).map(({ moment }) => moment.text);
  told.sizes = [lead.videoWidth, other.videoWidth];
  told.broken = !by("broken").hidden;
  await fetch("ADDRESSreport", { method: "POST", mode: "no-cors", body: JSON.stringify(told) });
})();
</script>"""


async def test_a_package_plays_from_a_folder(tmp_path: Path) -> None:
    clip = encode_clip(4.0, fps=15, gop=15)
    begin_ns = 10**10
    tracks = (*clip.tracks, TapTrack("content", "H264", width=320, height=180, fps=15))
    units = (*clip.at(begin_ns), *slides(clip, begin_ns + 10**8, 8))
    recorded(tmp_path / "store/r1", tracks, sorted(units, key=lambda unit: unit.stamp_ns))
    for mark in (Mark(500, "join", "北京"), Mark(2000, "operator", "胆囊")):
        note_alone(tmp_path / "store/r1", mark)
    catalogue = Catalogue(tmp_path / "store")
    pack, folder = tmp_path / "package.zip", tmp_path / "unpacked"
    with pack.open("wb") as file:
        file.writelines(catalogue.package("r1").blocks())
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(folder)
    site = Site(catalogue, "", threading.Event())
    page = folder / "index.html"
    page.write_text(page.read_text() + PROBE.replace("ADDRESS", site.address))
    report = await reported(site, page.as_uri(), tmp_path / "profile")
    assert report == {
        "ready": True,
        "plays": True,
        "jumped": True,
        "current": True,
        "found": ["胆囊"],
        "sizes": [320, 320],
        "broken": False,
    }
