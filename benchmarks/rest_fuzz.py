"""REST requests made to break control, out of its own OpenAPI: half whole, half broken (bar 6)."""

import json
import random
from collections import Counter
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from fastapi import FastAPI

from benchmarks.gateway_texts import NUMBERS, TEXTS, TIMES
from control_api.services.bridge import Bridge

Json = dict[str, Any]

ENDLESS = ("/events", "/live")
"""What these answer does not end by itself."""

WORDS = ("0", "1", "1001", "admin", "c1", "..", "%2e%2e", "a b", "会诊", "x" * 300, "\x00", "-1")
WILD: tuple[Any, ...] = (None, True, 0, -1, 1e308, 2**70, "", "x" * 3000, [], {}, [[]], "\ud800")
DEEPEST = 6
SHARE_WILD = 0.15
TYPES = ("application/json", "text/plain", "application/sdp", "image/png", "multipart/form-data")


class RestDice:
    """Makes requests out of a seed and of what the application says that it takes."""

    def __init__(self, app: FastAPI, seed: int) -> None:
        self._dice = random.Random(seed)
        whole = app.openapi()
        self._parts: Json = whole["components"]["schemas"]
        self._operations = [
            (method.upper(), path, operation)
            for path, methods in whole["paths"].items()
            for method, operation in methods.items()
            if not path.endswith(ENDLESS)
        ]

    def request(self, client: httpx.AsyncClient) -> httpx.Request:
        """One request, whole or broken."""
        method, path, operation = self._dice.choice(self._operations)
        query: list[tuple[str, str]] = []
        for one in operation.get("parameters", []):
            value = str(self._value(one.get("schema", {}), 0))
            if one["in"] == "path":
                path = path.replace("{" + one["name"] + "}", quote(value or "0", safe=""))
            elif one["in"] == "query" and self._dice.random() < 0.7:
                query.append((one["name"], value))
        body, kind = self._body(operation)
        address = f"{path}?{urlencode(query, errors='replace')}" if query else path
        headers = {"Content-Type": kind} if body else {}
        return client.build_request(method, address, content=body, headers=headers)

    def _body(self, operation: Json) -> tuple[bytes, str]:
        content = operation.get("requestBody", {}).get("content", {})
        if not content:
            return b"", ""
        kind, schema = self._dice.choice(list(content.items()))
        if "json" in kind:
            value = self._value(schema.get("schema", {}), 0)
            body = json.dumps(value).encode("utf-8", "replace")
        else:
            body = self._dice.randbytes(self._dice.choice([0, 1, 200]))
        if self._dice.random() < 0.5:
            return body, kind
        if self._dice.random() < 0.1:
            kind = self._dice.choice(TYPES)
        return self._broken(body), kind

    def _broken(self, body: bytes) -> bytes:
        at, length = self._dice.randrange(len(body) + 1), self._dice.choice([1, 4, 30])
        changes = (
            body[:at],
            body[:at] + body[at + length :],
            body[:at] + self._dice.randbytes(length) + body[at + length :],
            body[:at] + b"[" * 3000 + body[at:],
            body * 3,
        )
        return self._dice.choice(changes)

    def _value(self, schema: Json, depth: int) -> Any:
        if depth > DEEPEST or self._dice.random() < SHARE_WILD:
            return self._dice.choice(WILD if depth else WORDS)
        if "$ref" in schema:
            return self._value(self._parts[schema["$ref"].rpartition("/")[2]], depth + 1)
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices:
            return self._value(self._dice.choice(choices), depth + 1)
        if "enum" in schema:
            return self._dice.choice(schema["enum"])
        if "const" in schema:
            return schema["const"]
        return self._plain(schema, depth)

    def _plain(self, schema: Json, depth: int) -> Any:
        kind = schema.get("type")
        if kind == "object":
            names = schema.get("properties", {})
            wanted = [name for name in names if self._dice.random() < 0.8]
            return {name: self._value(names[name], depth + 1) for name in wanted}
        if kind == "array":
            items = schema.get("items", {})
            return [self._value(items, depth + 1) for _ in range(self._dice.choice([0, 1, 4]))]
        return self._dice.choice(_single(schema))


def _single(schema: Json) -> tuple[Any, ...]:
    """Values of a kind that has no parts."""
    kind = schema.get("type")
    if kind == "integer":
        low, high = schema.get("minimum", 0), schema.get("maximum", 5000)
        return (low, high, low - 1, high + 1, 1, 2, 3, 8)
    if kind == "number":
        return (0, 0.5, 1e9, -3, schema.get("maximum", 1))
    if kind == "boolean":
        return (True, False)
    if kind == "null":
        return (None,)
    if "date" in schema.get("format", ""):
        return (*TIMES, "2027-03-01")
    return (*WORDS, *TEXTS, *NUMBERS)


class RestFuzz:
    """Sends them to an application in this process, logged in as an administrator."""

    def __init__(self, app: FastAPI, bridge: Bridge, seed: int) -> None:
        transport = httpx.ASGITransport(app)
        self._bridge = bridge
        self._client = httpx.AsyncClient(transport=transport, base_url="http://control")
        self._dice = RestDice(app, seed)
        self.undefined: Counter[str] = Counter()
        """Requests that broke us, by method and path."""

    async def ask(self) -> str:
        """One request; its status."""
        request = self._dice.request(self._client)
        try:
            reply = await self._client.send(request)
        except Exception as error:  # noqa: BLE001 - what is not answered is what is looked for
            self._note(request, f"raised {error!r}")
            return "raised"
        if reply.status_code == 401:
            await self.log_in()
        if reply.status_code == 500:
            self._note(request, reply.text)
        return str(reply.status_code)

    def _note(self, request: httpx.Request, what: str) -> None:
        sample = f"{request.method} {request.url.raw_path.decode()[:80]} {request.content[:80]!r}"
        self.undefined[f"{sample}: {what[:120]}"] += 1

    async def log_in(self) -> None:
        """By the link of this start."""
        token = (self._bridge.settings.data / "login-token").read_text().strip()
        self._client.cookies.clear()
        await self._client.post("/api/v1/session", json={"token": token})

    async def close(self) -> None:
        """End."""
        await self._client.aclose()
