"""The font that names are written in: one with Chinese if the machine has any."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".local/share/fonts",
    Path.home() / ".fonts",
    Path("/Library/Fonts"),
    Path("/System/Library/Fonts"),
)

# Best first: fonts-noto-cjk, fonts-wqy-*, fonts-droid-fallback, fonts-arphic-* of Debian, macOS.
CHINESE = (
    "NotoSansCJK-Medium.ttc",
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-*.otf",
    "NotoSansSC*.[ot]tf",
    "SourceHanSansSC-*.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallback*.ttf",
    "uming.ttc",
    "ukai.ttc",
    "PingFang.ttc",
    "NotoSansCJK-*.ttc",
    "NotoSerifCJK-*.ttc",
)
WESTERN = ("NotoSans-Regular.ttf", "DejaVuSans.ttf", "LiberationSans-Regular.ttf")

MOST_FACES = 16


class FontChoice(NamedTuple):
    """A font file, the face in it, and whether it has Chinese; no path: Pillow's own font."""

    path: Path | None
    face: int
    chinese: bool


@lru_cache
def chosen() -> FontChoice:
    """The best font of this machine (`mcu doctor` shows it); never fails."""
    for names, chinese in ((CHINESE, True), (WESTERN, False)):
        for path in _found(names):
            face = _simplified_face(path)
            if face is not None:
                return FontChoice(path, face, chinese)
    return FontChoice(None, 0, False)


@lru_cache(64)
def font(size: int) -> Font:
    """The chosen font in `size` pixels."""
    path, face, _ = chosen()
    if path is None:
        return ImageFont.load_default(size)
    return ImageFont.truetype(path, size, index=face)


def _found(names: tuple[str, ...]) -> Iterator[Path]:
    for name in names:
        for folder in FOLDERS:
            if folder.is_dir():
                yield from sorted(folder.rglob(name))


def _simplified_face(path: Path) -> int | None:
    """The face for simplified Chinese in a collection, else its first; None if it is unreadable."""
    first = None
    for face in range(MOST_FACES):
        try:
            family = ImageFont.truetype(path, 12, index=face).getname()[0] or ""
        except OSError:
            break
        first = 0 if first is None else first
        if " SC" in family and "Mono" not in family:
            return face
    return first
