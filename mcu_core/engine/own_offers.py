"""Offers of our own to RTP sites, while their answers are awaited."""

from dataclasses import dataclass

from mcu_core.contract.commands import AnswerRtp, Attached
from mcu_core.endpoints.rtp_call import CallTerms
from mcu_core.endpoints.rtp_session import RtpSession
from mcu_core.errors import NotFound, Refused
from mcu_core.media.clock import NS_PER_SECOND

STANDS_NS = 60 * NS_PER_SECOND
MOST_OF_CONFERENCE, MOST_OF_OWNER, MOST_WAITING = 16, 32, 256
"""Offers that may wait for their answers: each holds the ports of three lines. Who asks for more
than that of one conference, or for one owner, keeps nobody else from asking."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    session: RtpSession
    until_ns: int
    owner: str


class OwnOffers:
    """One offer per site. Those that nobody answered within a minute give their ports back, at the
    next command that the engine is given."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], _Waiting] = {}

    async def make(self, conference: str, site: str, terms: CallTerms, owner: str = "") -> Attached:
        """A new one, in place of one before; raises Refused where no port is free, or too many
        wait."""
        now_ns = terms.clock.now_ns()
        await self.forget_old(now_ns)
        await self._end((conference, site))
        self._check_room(conference, owner)
        session = RtpSession(terms)
        offer = await session.offer()
        self._waiting[conference, site] = _Waiting(session, now_ns + STANDS_NS, owner)
        return Attached(session.id, offer, session.ports)

    def _check_room(self, conference: str, owner: str) -> None:
        for whose, count, most in (
            (
                "of this conference",
                sum(one == conference for one, _ in self._waiting),
                MOST_OF_CONFERENCE,
            ),
            (
                "of this owner",
                sum(one.owner == owner for one in self._waiting.values()),
                MOST_OF_OWNER,
            ),
            ("", len(self._waiting), MOST_WAITING),
        ):
            if count >= most:
                offers = f"{most} offers {whose}".rstrip()
                raise Refused(f"{offers} wait for their answers already")

    def settle(self, command: AnswerRtp) -> RtpSession:
        """The session that an answer makes of an offer, to be connected; raises NotFound, BadInput,
        Refused, and the offer still stands then."""
        key = command.conference, command.site
        if key not in self._waiting:
            raise NotFound("offer to", command.site)
        session = self._waiting[key].session
        session.settle(command.answer_sdp)
        del self._waiting[key]
        return session

    async def forget_old(self, now_ns: int) -> None:
        """End what nobody answered in time."""
        for key in [key for key, one in self._waiting.items() if now_ns >= one.until_ns]:
            await self._end(key)

    async def close(self) -> None:
        """End all."""
        for key in list(self._waiting):
            await self._end(key)

    async def _end(self, key: tuple[str, str]) -> None:
        one = self._waiting.pop(key, None)
        if one is not None:
            await one.session.stop()
