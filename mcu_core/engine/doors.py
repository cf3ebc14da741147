"""Which endpoint a site's definition or a caller's offer asks for."""

from mcu_core.contract.definition import SiteDefinition
from mcu_core.endpoints.endpoint import Endpoint, Intake
from mcu_core.endpoints.file_player import FilePlayer
from mcu_core.endpoints.test_pattern import TestPattern
from mcu_core.media.clock import Clock


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
