"""Bodies that are not JSON: SDP."""

from fastapi import Request

from control_api.errors import TooLarge, WrongType
from control_api.services.sites import LONGEST_SDP
from mcu_core.errors import BadInput

SDP = "application/sdp"


async def sdp_body(request: Request) -> str:
    """The session description in a request; raises WrongType, TooLarge, BadInput."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != SDP:
        raise WrongType(f"the body must be {SDP}")
    body = await request.body()
    if len(body) > LONGEST_SDP:
        raise TooLarge(f"an sdp has at most {LONGEST_SDP} bytes")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BadInput("sdp", f"UTF-8 text ({error.reason} at byte {error.start})") from error


SDP_BODY = {
    "requestBody": {
        "required": True,
        "content": {SDP: {"schema": {"type": "string"}, "example": "v=0\r\n…"}},
    }
}
"""How OpenAPI is told of such a body."""
