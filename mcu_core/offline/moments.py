"""Moments: what each output picture will show, and the sound that goes with it, decided ahead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mcu_core.media.clock import NS_PER_SECOND
from mcu_core.media.sound import BLOCK_NS, Block
from mcu_core.offline.course import Course, Plan
from mcu_core.offline.pictures import PictureReader
from mcu_core.offline.sound import SoundReader


@dataclass(frozen=True, slots=True)
class Site:
    """One input on its way through the mix."""

    id: str
    pictures: PictureReader
    sound: SoundReader

    def ended(self, time_ns: int) -> bool:
        """Whether nothing more comes of it, for times up to which was looked ahead."""
        end_ns = self.pictures.end_ns
        return self.sound.ended and end_ns is not None and time_ns >= end_ns

    def close(self) -> None:
        """Let the file go; safe twice."""
        self.pictures.close()
        self.sound.close()


@dataclass(frozen=True, slots=True)
class Moment:
    """One output picture, `plan` None for no more, and the blocks that begin before the next."""

    at_ns: int
    plan: Plan | None
    blocks: tuple[Block, ...]


class Moments:
    """Decides moment after moment, and mixes the sound, until all inputs have ended."""

    def __init__(self, sites: Sequence[Site], course: Course, fps: int) -> None:
        self.pictures = self.blocks = 0
        self._sites = sites
        self._course = course
        self._fps = fps

    def time_ns(self, ahead: int) -> int:
        """When the picture that is so many behind the next one will be seen."""
        return (self.pictures + ahead) * NS_PER_SECOND // self._fps

    def __iter__(self) -> Iterator[Moment]:
        return self

    def __next__(self) -> Moment:
        at_ns, end_ns = self.time_ns(0), self.time_ns(1)
        running = self._running(at_ns)
        self._course.advance(at_ns, running)
        plan = self._course.plan(at_ns) if running else None
        blocks = self._mix_until(end_ns)
        if not self._running(at_ns):
            plan = None  # less sound was left than a picture lasts
        if plan is None and not blocks:
            raise StopIteration
        self.pictures += plan is not None
        return Moment(at_ns, plan, blocks)

    def _running(self, time_ns: int) -> list[str]:
        return [site.id for site in self._sites if not site.ended(time_ns)]

    def _mix_until(self, time_ns: int) -> tuple[Block, ...]:
        """The mixed blocks that begin before that time."""
        mixed = []
        while self.blocks * BLOCK_NS < time_ns:
            begin_ns = self.blocks * BLOCK_NS
            heard = {site.id: site.sound.next_block() for site in self._sites}
            running = self._running(begin_ns)
            if not running:
                break
            self._course.advance(begin_ns, running)
            blocks = {site: block for site, block in heard.items() if block is not None}
            mixed.append(self._course.mix(blocks, begin_ns))
            self.blocks += 1
        return tuple(mixed)
