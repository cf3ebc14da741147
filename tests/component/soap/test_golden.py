"""One conversation that uses every operation, byte for byte, in both dialects and both versions.

tests/vectors/soap/conversation.txt: `@` an operation, `>` the children of its request as a client
of WS/T 546 writes them, `=` those of the answer, `+` those of the vendor's answer where it differs.
What the bytes must be is said in docs/soap.md and the schema files.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from control_api.soap.contract import PLAIN
from control_api.soap.gateway import Gateway
from control_api.soap.operations import OPERATIONS
from tests.component.control.conftest import Control
from tests.component.soap.test_messages import PASSWORD, SMC, V11, V12, Talk, logged_in, said

CONVERSATION = Path(__file__).parents[2] / "vectors" / "soap" / "conversation.txt"


@dataclass
class Exchange:
    """A request, and what is answered in each dialect: the children alone."""

    name: str
    asked: str = ""
    standard: str = ""
    vendor: str = ""


def conversation() -> list[Exchange]:
    """All exchanges in order."""
    found: list[Exchange] = []
    for line in CONVERSATION.read_text("utf-8").splitlines():
        kind, _, text = line.partition(" ")
        match kind:
            case "@":
                found.append(Exchange(text))
            case ">":
                found[-1].asked = text
            case "=":
                found[-1].standard = found[-1].vendor = text
            case "+":
                found[-1].vendor = text
            case _:
                raise AssertionError(line)
    return found


def test_every_operation_is_in_it() -> None:
    named = {one.name for one in conversation()}
    at_login = {"LoginRequest", "Authenticate", "getPublicKey", "setSecretKey"}
    assert set(OPERATIONS) | PLAIN == named | at_login


@pytest.mark.parametrize("version", [V11, V12], ids=["soap11", "soap12"])
@pytest.mark.parametrize("vendor", [False, True], ids=["standard", "vendor"])
async def test_the_conversation(control: Control, version: str, vendor: bool) -> None:
    await control.bridge.digests.set("admin", PASSWORD)
    talk = await logged_in(Talk(Gateway(control.bridge)))
    for one in conversation():
        name = one.name if one.name in PLAIN or not vendor else f"{one.name}Ex"
        answer = await talk.send(f'<ns2:{name} xmlns:ns2="{SMC}">{one.asked}</ns2:{name}>', version)
        inner = one.vendor if vendor else one.standard
        expected = said(
            f'<ns2:{name}Response xmlns:ns2="{SMC}">{inner}</ns2:{name}Response>', version
        )
        assert answer.data.decode() == expected.decode(), f"{name} {one.asked}"
        assert answer.status == 200
