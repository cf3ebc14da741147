"""Whose own stream a receiver may be sent, as it is, instead of a composed picture."""

from collections.abc import Mapping

from mcu_core.adaptation.passthrough import may_pass
from mcu_core.conference.direction import Shown
from mcu_core.endpoints.endpoint import Endpoint, Receiver
from mcu_core.engine.content import Content, SiteContent
from mcu_core.engine.seat import Seat


def passable(
    endpoint: Endpoint, shown: Shown, seats: Mapping[str, Seat], advised_bps: int
) -> Seat | None:
    """The one site that the endpoint sees, if its stream can be sent on as it is.

    `advised_bps`: what the receiver's path bears of pictures.
    """
    seat = seats.get(shown.panes[0]) if len(shown.panes) == 1 else None
    form, abilities = endpoint.video_out, endpoint.abilities
    if seat is None or form is None or not abilities.takes_streams or not _can_pass(seat):
        return None
    passes = may_pass(seat.video.facts, form, abilities.h264_limit, advised_bps)
    return seat if passes else None


def passable_content(channel: Receiver, content: Content, advised_bps: int) -> SiteContent | None:
    """The content, if its stream can be sent on as it is to a channel for it."""
    source, form, abilities = content.source, channel.video_out, channel.abilities
    if (
        not isinstance(source, SiteContent)
        or len(content.sources) > 1
        or form is None
        or not abilities.takes_streams
        or not source.can_resume
    ):
        return None
    passes = may_pass(source.video.facts, form, abilities.h264_limit, advised_bps)
    return source if passes else None


def _can_pass(seat: Seat) -> bool:
    return bool(seat.joined_ns) and not seat.definition.video_off and seat.can_resume
