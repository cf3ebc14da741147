"""Who is asked before a conference takes more of the machine."""

from typing import Protocol

from mcu_core.contract.definition import ConferenceDefinition
from mcu_core.endpoints.endpoint import Endpoint


class Coding(Protocol):
    """A conference as far as its encoders go."""

    def coding(
        self,
        definition: ConferenceDefinition | None = None,
        also: tuple[tuple[str, Endpoint], ...] = (),
    ) -> int:
        """Pixels a second that its encoders make: of another definition, with `also` others."""


class Admission:
    """Decides whether there is room for more. This one lets everybody in."""

    def admit(self, conference: Coding, site: str, endpoint: Endpoint) -> None:
        """A site that was away comes, or a viewer (VIEWERS); raises Refused with the reason."""

    def expect(self, conference: Coding, site: str, endpoint: Endpoint) -> None:
        """A tap comes, whatever it takes: a recording is a promise, and pictures give way for it.
        What it takes is known at once."""

    def affords(self, pixels_s: int) -> bool:
        """Whether there is room for encoders of so many pixels a second, which run from now on."""
        return True

    def admit_change(self, conference: Coding, definition: ConferenceDefinition) -> None:
        """A conference is to become that definition; raises Refused with the reason."""


EVERYBODY = Admission()
