"""What all JSON bodies of requests have in common."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


class Body(BaseModel):
    """A body of a request: unknown fields are errors, since they are mostly typing mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A JSON number; what range it may have the contract's check says."""

LARGEST_INT = 2**53
"""Of numbers that reach the database or a file; JSON's readers know no larger ones exactly."""

YEARS = range(1970, 2200)
"""Further off no calendar arithmetic with zones is safe."""


def _usual(moment: datetime) -> datetime:
    if moment.year not in YEARS:
        raise ValueError(f"a year from {YEARS[0]} to {YEARS[-1]}")
    return moment


Moment = Annotated[datetime, AfterValidator(_usual)]
ZonedMoment = Annotated[AwareDatetime, AfterValidator(_usual)]
"""A time of the calendar that all arithmetic here can take, and one with its zone."""


def changes_of(body: Body) -> dict[str, Any]:
    """The fields of a body that were named and are not null, also those of bodies within it."""
    return body.model_dump(exclude_unset=True, exclude_none=True)
