"""Use case: the report after a consultation (REP-02), out of its call records."""

from collections.abc import Sequence
from dataclasses import dataclass

from control_api.persistence.calls import Call
from control_api.persistence.consultations import Consultation, ConsultationRows
from control_api.persistence.uses import Asked
from mcu_core.errors import NotFound

MOST = 500


@dataclass(frozen=True, slots=True)
class SiteCourse:
    """How a consultation went for one site: all its connections together.

    Times are seconds; `joined_s` of the first and `seen_s` of the last connection are Unix seconds.
    Delays are means over the connections, by how long each was.
    """

    site: str
    name: str
    organisation: str
    kind: str
    connections: int
    joined_s: float
    seen_s: float
    there: bool
    seconds: float
    packets: int
    lost: int
    repaired: int
    bytes: int
    width: int
    height: int
    codecs: tuple[str, ...]
    picture_delay_ms: float
    sound_delay_ms: float
    still_s: float
    concealed_s: float
    reduced_s: float
    reasons: tuple[str, ...]


def course_of(calls: Sequence[Call]) -> SiteCourse:
    """The connections of one site in order, at least one, as a whole: pure."""
    first, last = calls[0], calls[-1]
    seconds = sum(call.seen_s - call.joined_s for call in calls)
    largest = max(calls, key=lambda call: call.width * call.height)

    def mean(name: str) -> float:
        weighed = sum(getattr(one, name) * (one.seen_s - one.joined_s) for one in calls)
        return float(weighed / seconds if seconds > 0 else getattr(last, name))

    return SiteCourse(
        site=first.site,
        name=last.site_name,
        organisation=last.organisation,
        kind=last.kind,
        connections=len(calls),
        joined_s=first.joined_s,
        seen_s=max(call.seen_s for call in calls),
        there=any(call.left_s is None for call in calls),
        seconds=seconds,
        packets=sum(call.packets for call in calls),
        lost=sum(call.lost for call in calls),
        repaired=sum(call.repaired for call in calls),
        bytes=sum(call.bytes for call in calls),
        width=largest.width,
        height=largest.height,
        codecs=tuple(dict.fromkeys(_codecs(calls))),
        picture_delay_ms=mean("picture_delay_ms"),
        sound_delay_ms=mean("sound_delay_ms"),
        still_s=sum(call.still_s for call in calls),
        concealed_s=sum(call.concealed_s for call in calls),
        reduced_s=sum(call.reduced_s for call in calls),
        reasons=tuple(call.reason for call in calls if call.reason),
    )


def _codecs(calls: Sequence[Call]) -> list[str]:
    return [codec for one in calls for codec in (one.video_codec, one.audio_codec) if codec]


class Consultations:
    """Reports of consultations for callers."""

    def __init__(self, rows: ConsultationRows) -> None:
        self._rows = rows

    async def all(self, asked: Asked) -> list[Consultation]:
        """Which there were, the newest first, at most MOST."""
        return await self._rows.consultations(asked, MOST)

    async def sites(self, asked: Asked) -> tuple[str, list[SiteCourse]]:
        """The name of `asked.conference`, and how it went for each site; raises NotFound."""
        calls = await self._rows.calls_of(asked)
        if not calls:
            raise NotFound("consultation", asked.conference)
        of_site: dict[str, list[Call]] = {}
        for call in calls:
            of_site.setdefault(call.site, []).append(call)
        return calls[-1].conference_name, [course_of(own) for own in of_site.values()]
