"""Content while a conference is recorded: a track of its own, and the people in the picture."""

import io
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from mcu_core.endpoints.pattern import limited_yuv
from tests.e2e.system import System, until
from tests.e2e.test_directing_seen import COLORS, HALVES, HEIGHT, TOLERANCE, WIDTH
from tests.fakes.clips import flat_clip
from tests.fakes.recorder_bench import faultless

MAGENTA, TEAL = "#c01080", "#108060"


@pytest.mark.timeout(120)
def test_images_pushed_are_recorded_beside_the_people(system: System, tmp_path: Path) -> None:
    conference = system.conference(
        "病例讨论", layout={"mode": HALVES}, show_names=False, width=WIDTH, height=HEIGHT
    )
    media = system.data / "media"
    media.mkdir(exist_ok=True)
    for name in "ab":
        clip = flat_clip(media / f"recorded-{name}.mp4", COLORS[name])
        system.site(conference, name, "file", file={"path": str(clip)})
    system.joined(conference, 2, 60)
    path = f"/conferences/{conference}"
    recording = system.request("POST", f"{path}/recording", json={"title": "CT"})["id"]

    def content_sizes() -> list[tuple[int, int]]:
        manifest = system.request("GET", f"/recordings/{recording}/manifest")
        found = [track for track in manifest["tracks"] if track["name"] == "content"]
        return [(init["width"], init["height"]) for track in found for init in track["inits"]]

    show(system, path, (320, 240), MAGENTA)
    until(lambda: content_sizes() == [(320, 240)], what="the first is a track")
    system.request("DELETE", f"{path}/content/still")
    show(system, path, (480, 270), TEAL)
    until(lambda: content_sizes() == [(320, 240), (480, 270)], what="the second has another size")
    system.request("DELETE", f"{path}/recording")

    film = tmp_path / "download.mp4"
    reply = system.api.get(f"/recordings/{recording}/download.mp4").raise_for_status()
    film.write_bytes(reply.content)
    pictures, content, sound = sorted(faultless(film), key=lambda stream: int(str(stream["index"])))
    assert [one["codec_name"] for one in (pictures, content, sound)] == ["h264", "h264", "aac"]
    assert [default(one) for one in (pictures, content)] == [1, 0], "players show the people"
    for picture in decoded(film, 0):
        assert near(picture, 0.25, COLORS["a"]), picture.time
        assert near(picture, 0.75, COLORS["b"]), picture.time
    slides = decoded(film, 1)
    assert near(slides[0], 0.5, limited_yuv(MAGENTA))
    assert near(slides[-1], 0.5, limited_yuv(TEAL))
    system.request("DELETE", path)


def show(system: System, path: str, size: tuple[int, int], color: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, "PNG")
    headers = {"content-type": "image/png"}
    system.request("PUT", f"{path}/content/still", content=out.getvalue(), headers=headers)


def default(stream: dict[str, Any]) -> int:
    """Whether players take it unasked."""
    return int(stream["disposition"]["default"])


def decoded(film: Path, number: int) -> list[av.VideoFrame]:
    """All pictures of a picture track, at its own size."""
    with av.open(str(film), "r") as container:
        return list(container.decode(video=number))


def near(picture: av.VideoFrame, x: float, color: tuple[int, int, int]) -> bool:
    """Whether that colour stands at half height, `x` of the width."""
    planes = [
        np.frombuffer(bytes(plane), np.uint8).reshape(plane.height, plane.line_size)[
            :, : plane.width
        ]
        for plane in picture.planes
    ]
    seen = [int(plane[plane.shape[0] // 2, int(plane.shape[1] * x)]) for plane in planes]
    return max(abs(p - q) for p, q in zip(seen, color, strict=True)) <= TOLERANCE
