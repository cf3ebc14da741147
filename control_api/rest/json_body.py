"""What all JSON bodies of requests have in common."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class Body(BaseModel):
    """A body of a request: unknown fields are errors, since they are mostly typing mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A JSON number; what range it may have the contract's check says."""


def changes_of(body: Body) -> dict[str, Any]:
    """The fields of a body that were named and are not null, also those of bodies within it."""
    return body.model_dump(exclude_unset=True, exclude_none=True)
