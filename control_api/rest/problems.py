"""Errors as problem+json (RFC 9457): one table from exception to status."""

import http

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from control_api.errors import (
    Away,
    DoorClosed,
    Forbidden,
    NotLoggedIn,
    NotStored,
    PasswordExpired,
    Throttled,
    TooLarge,
    WrongType,
)
from mcu_core.contract.line import LineClosed
from mcu_core.errors import BadInput, McuError, NotFound, Refused
from recorder.errors import BrokenRecording

log = structlog.get_logger()

PROBLEM_TYPE = "application/problem+json"

STATUS: tuple[tuple[type[McuError], int, str], ...] = (
    (NotLoggedIn, 401, "Not logged in"),
    (Forbidden, 403, "Not allowed"),
    (DoorClosed, 403, "Not let in"),
    (NotFound, 404, "Not found"),
    (Refused, 409, "Not possible now"),
    (BrokenRecording, 409, "Nothing to play"),
    (TooLarge, 413, "Too large"),
    (WrongType, 415, "Unsupported media type"),
    (BadInput, 422, "Wrong input"),
    (Throttled, 429, "Too many attempts"),
    (NotStored, 507, "Cannot be stored"),
    (Away, 503, "Not available now"),
    (LineClosed, 503, "Not available now"),
    (McuError, 500, "Failed"),
)
"""The first row that fits counts."""


DOOR = "urn:mcu:door:"
PASSWORD_EXPIRED = "urn:mcu:login:password-expired"


def problem(
    status: int,
    title: str,
    detail: str,
    field: str = "",
    headers: dict[str, str] | None = None,
    kind: str = "about:blank",
) -> JSONResponse:
    """A problem document; `field` is the path of the value that is wrong, or empty."""
    body: dict[str, object] = {
        "type": kind,
        "title": title,
        "status": status,
        "detail": detail,
        "field": field,
    }
    return JSONResponse(body, status, headers, PROBLEM_TYPE)


def problem_of(error: McuError) -> JSONResponse:
    """What a caller is told of an error of ours."""
    status, title = next((s, t) for kind, s, t in STATUS if isinstance(error, kind))
    headers: dict[str, str] = {}
    if isinstance(error, NotLoggedIn):
        headers["WWW-Authenticate"] = 'Bearer realm="mcu"'
    if isinstance(error, Throttled):
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, Away):
        headers["Retry-After"] = "1"
    field = error.field if isinstance(error, BadInput) else ""
    kind = f"{DOOR}{error.reason}" if isinstance(error, DoorClosed) else "about:blank"
    if isinstance(error, PasswordExpired):
        kind = PASSWORD_EXPIRED
    return problem(status, title, str(error), field, headers, kind)


def path_of(location: tuple[int | str, ...]) -> str:
    """Where a value stands, as people write it: ("body", "panes", 2, "w") is panes[2].w."""
    parts = location[1:] if location and location[0] in {"body", "query", "path"} else location
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".") or "body"


def _invalid(error: RequestValidationError) -> JSONResponse:
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        reason = first.get("ctx", {}).get("error", "")
        return problem(400, "Not JSON", f"the body is not JSON: {reason}", "body")
    field = path_of(tuple(first["loc"]))
    return problem(422, "Wrong input", f"{field}: {first['msg']}", field)


def install(app: FastAPI) -> None:
    """Answer all errors of `app` as problems."""

    @app.exception_handler(McuError)
    async def ours(_request: Request, error: McuError) -> JSONResponse:
        answer = problem_of(error)
        if answer.status_code == 500:
            log.error("request failed", reason=repr(error))
        return answer

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return _invalid(error)

    @app.exception_handler(HTTPException)
    async def theirs(_request: Request, error: HTTPException) -> JSONResponse:
        title = http.HTTPStatus(error.status_code).phrase
        headers = dict(error.headers) if error.headers else None
        return problem(error.status_code, title, str(error.detail), "", headers)

    @app.exception_handler(ClientDisconnect)
    async def gone(_request: Request, _error: ClientDisconnect) -> JSONResponse:
        # Nobody hears this answer; and a stranger who hangs up fills no log with it.
        return problem(400, "Not whole", "the body ended before its length", "body")

    @app.exception_handler(Exception)
    async def unexpected(_request: Request, error: Exception) -> JSONResponse:
        log.error("request broke", exc_info=error)
        return problem(500, "Failed", "an internal error; the log has it")
