"""What lies over the panes of a conference's pictures: banner, caption, logo."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from mcu_core.compositor.covers import covers
from mcu_core.compositor.logo import read_logo
from mcu_core.compositor.scene import LogoPicture
from mcu_core.contract.definition import ConferenceDefinition, Logo, TextStrip
from mcu_core.engine.notice import NO_NOTICE, Notice, notice_of
from mcu_core.errors import BadInput


@dataclass(frozen=True, slots=True)
class Dressing:
    """Texts count their movement from `since_ns`, the moment when they were set."""

    banner: TextStrip | None = None
    caption: TextStrip | None = None
    logo: LogoPicture | None = None
    since_ns: int = 0
    notice: Notice = NO_NOTICE

    def at(self, now_ns: int) -> "Dressing":
        """What is to be seen now: a notice stands in the banner's place as long as it holds."""
        strip = self.notice.at(now_ns)
        return self if strip is None else replace(self, banner=strip)

    @property
    def bare(self) -> bool:
        """Whether there is nothing."""
        return self.banner is None and self.caption is None and self.logo is None


class Dresser:
    """Makes the dressing of a definition; reads a logo once, off the event loop."""

    def __init__(self, media: Path | None) -> None:
        self._media = media
        self._read: tuple[Logo, int, LogoPicture] | None = None
        self._dressed: ConferenceDefinition | None = None

    async def dress(
        self, definition: ConferenceDefinition, before: Dressing, now_ns: int
    ) -> Dressing:
        """Raises BadInput naming the field for a logo that cannot be used."""
        banner = definition.banner if definition.banner.text else None
        caption = definition.caption if definition.caption.text else None
        same = (banner, caption) == (before.banner, before.caption)
        logo = await self._logo(definition)
        # Drawn here, so that no tick has to.
        size = definition.width, definition.height
        await asyncio.to_thread(covers, banner, caption, logo, *size)
        notice = notice_of(definition, self._dressed, before.notice, now_ns)
        if notice.strip is not None:
            await asyncio.to_thread(covers, notice.strip, caption, logo, *size)
        self._dressed = definition
        return Dressing(banner, caption, logo, before.since_ns if same else now_ns, notice)

    async def _logo(self, definition: ConferenceDefinition) -> LogoPicture | None:
        logo, height = definition.logo, definition.height
        if logo is None:
            self._read = None
            return None
        if self._read is None or self._read[:2] != (logo, height):
            path = self._path(logo)
            picture = await asyncio.to_thread(read_logo, path, height, logo.corner, logo.size)
            self._read = (logo, height, picture)
        return self._read[2]

    def _path(self, logo: Logo) -> Path:
        if self._media is None:
            raise BadInput("logo", "none: this engine was started without a media folder")
        folder = self._media.resolve()
        try:
            path = (folder / logo.path).resolve()
        except (OSError, RuntimeError) as error:  # symbolic links in a circle
            raise BadInput("logo.path", "a file that can be read") from error
        if not path.is_relative_to(folder):
            raise BadInput("logo.path", "a file within the media folder")
        return path
