"""Routes: the API's description, as OpenAPI and as a plain page.

The usual pages load scripts from other sites; ours needs none, so it works without the internet
and under our content security policy.
"""

from collections.abc import Iterator
from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from control_api.errors import NotLoggedIn
from control_api.rest.guard import BridgeOf, PrincipalOf, token_of

router = APIRouter(include_in_schema=False)

Operation = tuple[str, str, dict[str, Any]]
"""Method, path, and its OpenAPI description."""


def _description(request: Request) -> dict[str, Any]:
    app = request.app
    assert isinstance(app, FastAPI)
    return app.openapi()


@router.get("/api/v1/openapi.json")
async def openapi(request: Request, _principal: PrincipalOf) -> dict[str, Any]:
    """The description for programs."""
    return _description(request)


@router.get("/docs")
async def docs(request: Request, bridge: BridgeOf) -> Response:
    """The description for people."""
    try:
        await bridge.sessions.identify(token_of(request))
    except NotLoggedIn:
        return RedirectResponse("/login?next=%2Fdocs", 303)
    return HTMLResponse(page(_description(request)))


def page(description: dict[str, Any]) -> str:
    """The description as one HTML page: operations by tag."""
    title = escape(description["info"]["title"])
    body = "".join(_section(tag, rows) for tag, rows in _by_tag(description).items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title>"
        '<link rel="icon" href="/static/favicon.svg" type="image/svg+xml">'
        '<link rel="stylesheet" href="/static/base.css">'
        '<link rel="stylesheet" href="/static/docs.css">'
        f'</head><body><main class="docs"><h1>{title}</h1>'
        "<p>Log in with <code>POST /api/v1/session</code>; then send the cookie"
        " <code>mcu_session</code>, or its value as <code>Authorization: Bearer</code>."
        " Errors are problem documents (RFC 9457) whose <code>field</code> names what is wrong."
        ' The same for programs: <a href="/api/v1/openapi.json">openapi.json</a>.</p>'
        f"{body}</main></body></html>"
    )


def _by_tag(description: dict[str, Any]) -> dict[str, list[Operation]]:
    tagged: dict[str, list[Operation]] = {}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            tag = operation.get("tags", ["other"])[0]
            tagged.setdefault(tag, []).append((method.upper(), path, operation))
    return tagged


def _section(tag: str, operations: list[Operation]) -> str:
    return f"<h2>{escape(tag)}</h2>" + "".join(_operation(row) for row in operations)


def _operation(operation: Operation) -> str:
    method, path, about = operation
    fields = "".join(
        f"<li><code>{escape(name)}</code> {escape(text)}</li>" for name, text in _fields(about)
    )
    return (
        f"<details><summary><code>{method} {escape(path)}</code>"
        f" {escape(about.get('summary', ''))}</summary>"
        f"<p>{escape(about.get('description', ''))}</p><ul>{fields}</ul></details>"
    )


def _fields(about: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Parameters, the body's type and the answers' types."""
    for parameter in about.get("parameters", []):
        yield parameter["name"], f"in {parameter['in']}. {parameter.get('description', '')}"
    for kind, content in about.get("requestBody", {}).get("content", {}).items():
        yield "body", f"{kind} {_type(content.get('schema', {}))}"
    for status, answer in about.get("responses", {}).items():
        for kind, content in answer.get("content", {}).items():
            yield status, f"{kind} {_type(content.get('schema', {}))}"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "items" in schema:
        return f"[{_type(schema['items'])}]"
    if "anyOf" in schema:
        return " | ".join(_type(option) for option in schema["anyOf"])
    return str(schema.get("type", ""))
