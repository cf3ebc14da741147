"""Which endpoint a site's definition or a caller's offer asks for."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from mcu_core.contract.definition import SiteDefinition
from mcu_core.endpoints.endpoint import Endpoint, Intake
from mcu_core.endpoints.file_player import FilePlayer
from mcu_core.endpoints.test_pattern import TestPattern
from mcu_core.engine.seat import Seat
from mcu_core.errors import McuError
from mcu_core.media.clock import Clock

log = structlog.get_logger()

RETRY_SOURCE_S = 5.0


def has_own_source(definition: SiteDefinition) -> bool:
    """Whether the engine connects this site by itself: a file or a test pattern."""
    return definition.file is not None or definition.pattern is not None


def own_source(
    endpoint_id: str, definition: SiteDefinition, intake: Intake, clock: Clock
) -> Endpoint:
    """The endpoint of a site that brings its source in its definition."""
    if definition.file is not None:
        return FilePlayer(endpoint_id, intake, definition.file, clock)
    if definition.pattern is not None:
        return TestPattern(endpoint_id, intake, definition.pattern, clock)
    raise ValueError(f"site of kind {definition.kind} brings no source")


async def play(
    seat: Seat,
    clock: Clock,
    new_id: Callable[[str], str],
    connect: Callable[[str, Endpoint], Awaitable[None]],
) -> None:
    """Connect a file or pattern; where that fails, say why and try again."""
    while True:
        site = seat.definition.id
        try:
            await connect(site, own_source(new_id(site), seat.definition, seat.intake, clock))
            return
        except McuError as error:
            log.info("source failed", site=site, reason=str(error))
        await asyncio.sleep(RETRY_SOURCE_S)
