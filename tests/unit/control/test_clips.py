"""Which files may be played as sites."""

from pathlib import Path

import pytest

from control_api.services.sites import check_clip
from control_api.settings import Settings
from mcu_core.errors import BadInput


def test_clips_of_the_media_and_the_demo_folder_are_taken(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", demo=tmp_path / "demo")
    for path in (tmp_path / "data/media/a.mp4", tmp_path / "demo/deep/b.mp4"):
        check_clip(path, settings.clips)
    elsewhere = Settings(data=tmp_path / "data", media=tmp_path / "films")
    check_clip(tmp_path / "films/c.mp4", elsewhere.clips)


def test_nothing_else_is(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    (media / "out").symlink_to("/etc")
    (media / "loop").symlink_to(media / "loop")
    for path in (
        "/etc/passwd",
        f"{tmp_path}/admin-password",
        f"{media}/../admin-password",
        f"{media}/out/passwd",
        f"{media}/loop/a.mp4",
        f"{media}/a\0b",
        f"{media}-other/a.mp4",
    ):
        with pytest.raises(BadInput, match=r"^file\.path: .*/media"):
            check_clip(Path(path), Settings(data=tmp_path).clips)
