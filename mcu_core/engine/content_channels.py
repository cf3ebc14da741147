"""Content for who has a channel of its own for it: in which form, beside which main picture."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mcu_core.conference.direction import RECORDER, VIEWERS, VIEWERS_BESIDE
from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.endpoints.endpoint import Endpoint, Receiver
from mcu_core.engine.content import Content
from mcu_core.engine.forms import beside_content, content_form, limit_share, main_form
from mcu_core.engine.seat import Seat
from mcu_core.engine.tap import ConferenceTap
from mcu_core.negotiation.rate_shares import narrower
from mcu_core.negotiation.receivable import NO_LIMIT


class Outlet(NamedTuple):
    """A connection and whether content goes out by its second channel, and not in its picture."""

    site: str
    endpoint: Endpoint
    beside: bool


def outlets(
    definition: ConferenceDefinition,
    content: Content,
    seats: Mapping[str, Seat],
    readers: Sequence[tuple[str, Endpoint]],
) -> list[Outlet]:
    """All connections, their forms set to what content leaves them, and to the content's own."""
    shown, share = content.shape > 0, definition.content.share
    in_picture = RECORDER if definition.recorded.of == "content" else None
    form = main_form(definition)
    result = []
    for site, endpoint in readers:
        channel = endpoint.content
        own = seats[site].definition.limit if site in seats else NO_LIMIT
        limit = narrower(own, definition.limit)
        alone = len(content.sources) < 2
        beside = channel is not None and shown
        beside = beside and not (site and alone and site == content.holder)
        beside = beside and site != in_picture
        if channel is not None and beside:
            channel.set_form(content_form(definition, content.size), limit_share(limit, share))
            beside = channel.video_out is not None
        if channel is not None and not isinstance(endpoint, ConferenceTap):
            if beside:
                endpoint.set_form(beside_content(form, share), limit_share(limit, 1 - share))
            else:
                endpoint.set_form(form, limit)
        result.append(Outlet(site, endpoint, beside))
    return result


def without_content(given: Sequence[Outlet], content: Content) -> frozenset[str]:
    """Who is not to see content in the main picture: who gets it beside that, and who sends it."""
    names = {one.site or VIEWERS_BESIDE for one in given if one.beside}
    return frozenset(names | ({content.holder} if content.holder else set()))


def watched_by(outlet: Outlet) -> str:
    """The name under which the picture for a connection was decided."""
    return VIEWERS_BESIDE if outlet.site == VIEWERS and outlet.beside else outlet.site


def channels(given: Sequence[Outlet]) -> list[tuple[Receiver, bool]]:
    """The second channels, and whether they are in use."""
    return [(one.endpoint.content, one.beside) for one in given if one.endpoint.content is not None]
