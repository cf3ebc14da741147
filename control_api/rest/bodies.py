"""Bodies that are not JSON: SDP, images."""

from collections.abc import Iterable

from fastapi import Request

from control_api.errors import TooLarge, WrongType
from control_api.services.documents import READERS
from control_api.services.sites import LONGEST_SDP
from control_api.services.stills import FORMATS
from mcu_core.errors import BadInput

SDP = "application/sdp"


async def typed_body(request: Request, kinds: Iterable[str]) -> tuple[bytes, str]:
    """A request's body and its media type, one of `kinds`; raises WrongType."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in kinds:
        raise WrongType(f"the body must be {' or '.join(kinds)}")
    return await request.body(), kind


async def sdp_body(request: Request) -> str:
    """The session description in a request; raises WrongType, TooLarge, BadInput."""
    body, _ = await typed_body(request, (SDP,))
    if len(body) > LONGEST_SDP:
        raise TooLarge(f"an sdp has at most {LONGEST_SDP} bytes")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BadInput("sdp", f"UTF-8 text ({error.reason} at byte {error.start})") from error


IMAGES = (*FORMATS, *READERS)
"""Media types of what can be shown as content."""

IMAGE_BODY = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in IMAGES},
    }
}

SDP_BODY = {
    "requestBody": {
        "required": True,
        "content": {SDP: {"schema": {"type": "string"}, "example": "v=0\r\n…"}},
    }
}
"""How OpenAPI is told of such a body."""
