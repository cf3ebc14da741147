"""Messages on the wire, byte by byte where a real client depends on it, and hostile ones."""

import base64
import gzip
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from control_api.auth.digests import digest, inner_hash
from control_api.soap.faults import Code
from control_api.soap.gateway import Asked, Gateway, Said
from control_api.soap.sessions import session_of, set_cookie
from tests.component.control.conftest import Control

PASSWORD = "Passw0rd!demo"
V11, V12 = "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"
SMC = "http://smc.huawei.com/"


def sent(body: str, version: str = V11, header: str = "") -> bytes:
    """A request as the vendor's Java client writes it."""
    return (
        f'<soap:Envelope xmlns:soap="{version}">{header}<soap:Body>{body}</soap:Body>'
        "</soap:Envelope>"
    ).encode()


def request(name: str, inner: str = "") -> str:
    return f'<ns2:{name} xmlns:ns2="{SMC}">{inner}</ns2:{name}>'


def said(inner: str, version: str = V11) -> bytes:
    return (
        f'<soap:Envelope xmlns:soap="{version}"><soap:Body>{inner}</soap:Body></soap:Envelope>'
    ).encode()


class Talk:
    """A caller that keeps its cookie and shows the bytes."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.cookie = ""

    async def send(self, body: str, version: str = V11) -> Said:
        asked = Asked(sent(body, version), self.cookie, "text/xml", "10.0.0.1")
        answer = await self.gateway.answer(asked)
        if answer.session:
            self.cookie = set_cookie(answer.session, False)
        return answer

    async def code(self, body: str) -> int:
        """The result code of an ordinary answer."""
        answer = await self.send(body)
        assert answer.status == 200, answer.data
        return int(etree.fromstring(answer.data).findtext(".//resultCode", "-1"))


@pytest.fixture
async def talk(control: Control) -> Talk:
    await control.bridge.digests.set("admin", PASSWORD)
    return await logged_in(Talk(Gateway(control.bridge)))


async def log_in(talk: Talk) -> int:
    """Both steps of the login; the result code of the second."""
    begun = await talk.send(request("LoginRequest", "<userName>admin</userName>"))
    sequence = etree.fromstring(begun.data).findtext(".//randomSequence", "")
    secret = digest(inner_hash(PASSWORD), base64.b64decode(sequence))
    inner = f"<encryptPassword>{base64.b64encode(secret).decode()}</encryptPassword>"
    return await talk.code(request("Authenticate", inner))


async def logged_in(talk: Talk) -> Talk:
    """The same, after both steps of the login."""
    assert await log_in(talk) == 0
    return talk


async def test_a_plain_answer_is_written_as_clients_look_for_it(talk: Talk) -> None:
    for version in (V11, V12):
        answer = await talk.send(request("KeepAlive"), version)
        expected = (
            f'<ns2:KeepAliveResponse xmlns:ns2="{SMC}"><resultCode>0</resultCode>'
            "</ns2:KeepAliveResponse>"
        )
        assert answer.data == said(expected, version)
        assert answer.media_type == ("text/xml" if version == V11 else "application/soap+xml")


async def test_names_are_taken_in_any_capitals_and_answered_as_asked(talk: Talk) -> None:
    answer = await talk.send(request("keepAlive"))
    assert b"<ns2:keepAliveResponse " in answer.data


@pytest.mark.parametrize(
    "cookie",
    [
        "JSESSIONID=BBBB2222; Path=/services; HttpOnly",
        "JSESSIONID=BBBB2222; JSESSIONID=BBBB2222",
        "other=1; JSESSIONID=BBBB2222",
        '$Version=1; JSESSIONID="BBBB2222"; $Path=/',
    ],
)
def test_cookies_come_back_in_strange_ways(cookie: str) -> None:
    assert session_of(cookie) == "BBBB2222"


def test_the_cookie_has_a_semicolon_behind_its_value() -> None:
    assert set_cookie("abc", False) == "JSESSIONID=abc; Path=/; HttpOnly"


async def test_a_fault_is_one_that_the_vendors_client_maps(talk: Talk) -> None:
    wrong = request("setSitesMuteEx", "<confId>1</confId><isMute>x</isMute>")
    answer = await talk.send(wrong)
    assert answer.status == 500
    root = etree.fromstring(answer.data)
    assert root.findtext(".//faultcode") == "soap:Client"
    assert "Unmarshalling Error" in root.findtext(".//faultstring", "")
    answer = await talk.send(wrong, V12)
    assert answer.status == 400
    assert b"<soap:Value>soap:Sender</soap:Value>" in answer.data


async def test_a_misprint_another_order_and_qualified_children_are_taken(
    control: Control, talk: Talk
) -> None:
    conference = await control.conference()
    first, second = [await control.site(conference, "webrtc") for _ in range(2)]
    inner = (
        f"<ns2:videoSourceUri>{second}</ns2:videoSourceUri><siteUri>{first}</siteUri>"
        f"<confide>{conference}</confide>"
    )
    assert await talk.code(request("setVideoSource", inner)) == 0
    shown = await control.json("GET", f"/conferences/{conference}")
    assert shown["sites"][0]["watch"] == second


@pytest.mark.parametrize(("value", "muted"), [("0", True), ("1", False)])
async def test_zero_mutes(control: Control, talk: Talk, value: str, muted: bool) -> None:
    conference = await control.conference()
    site = await control.site(conference, "webrtc", muted=not muted)
    inner = f"<confId>{conference}</confId><siteUris>{site}</siteUris><isMute>{value}</isMute>"
    assert await talk.code(request("setSitesMute", inner)) == 0
    shown = await control.json("GET", f"/conferences/{conference}")
    assert shown["sites"][0]["muted"] is muted
    two = inner.replace(f"<isMute>{value}", "<isMute>2")
    assert await talk.code(request("setSitesMute", two)) == Code.OUT_OF_RANGE


async def test_what_is_without_effect_is_said_to_be(control: Control, talk: Talk) -> None:
    conference = await control.conference()
    site = await control.site(conference, "pattern")
    move = "<cameraControl><camState>0</camState><camAction>0</camAction></cameraControl>"
    inner = f"<siteUri>{site}</siteUri>{move}"
    assert await talk.code(request("ctrlCameraEx", inner)) == Code.NOT_SUPPORTED


async def test_unknown_ones_have_their_codes(control: Control, talk: Talk) -> None:
    inner = "<confId>{}</confId><siteUris>nobody</siteUris><isMute>0</isMute>"
    assert await talk.code(request("setSitesMute", inner.format("77"))) == Code.NO_CONFERENCE
    assert await talk.code(request("setSitesMute", inner.format(""))) == Code.CONFERENCE_ID_EMPTY
    conference = await control.conference()
    assert await talk.code(request("setSitesMute", inner.format(conference))) == Code.NO_SITE


def security(password: str) -> str:
    oasis = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
    return (
        f'<soap:Header><w:Security xmlns:w="{oasis}" soap:mustUnderstand="1"><w:UsernameToken>'
        f"<w:Username>admin</w:Username><w:Password>{password}</w:Password>"
        "</w:UsernameToken></w:Security></soap:Header>"
    )


async def test_a_username_token_serves_without_a_session(control: Control, talk: Talk) -> None:
    conference = await control.conference()
    body = request("setAudioSwitch", f"<confId>{conference}</confId><isSwitch>1</isSwitch>")
    for password, expected in ((PASSWORD, 0), ("wrong", Code.WRONG_LOGIN)):
        answer = await talk.gateway.answer(Asked(sent(body, V11, security(password))))
        assert f"<resultCode>{int(expected)}</resultCode>".encode() in answer.data


# ---------------------------------------------------------------------- hostile ones

BOMB = "".join(f'<!ENTITY a{k} "{f"&a{k - 1};" * 10}">' for k in range(1, 10))


def hostile() -> Iterator[tuple[str, bytes]]:
    plain = sent(request("KeepAlive"))
    yield "external entity", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + plain
    yield "laughs", f'<!DOCTYPE a [<!ENTITY a0 "ha">{BOMB}]>'.encode() + plain
    yield "plain type", b"<!DOCTYPE a>" + plain
    yield "depth", b"<a>" * 50_000
    yield "no envelope", b"<a/>"
    yield "two bodies", sent(request("KeepAlive") * 2)
    yield "empty body", sent("")
    yield "gzip", gzip.compress(plain)
    yield "nothing", b""
    yield (
        "a number without end",
        sent(request("setDirectBroad", f"<siteUri>a</siteUri><action>{'9' * 9000}</action>")),
    )
    yield (
        "a year far off",
        sent(
            request(
                "querySiteStatus",
                "<siteUris>a</siteUris><beginTime>9999-12-31T24:00:00Z</beginTime>"
                "<duration>P9999999999D</duration>",
            )
        ),
    )
    yield (
        "header",
        sent(request("KeepAlive"), V11, '<soap:Header><x soap:mustUnderstand="1"/></soap:Header>'),
    )


@pytest.mark.parametrize("name", [name for name, _ in hostile()])
async def test_a_hostile_message_is_a_fault_that_tells_nothing(talk: Talk, name: str) -> None:
    answer = await talk.gateway.answer(Asked(dict(hostile())[name], talk.cookie))
    assert answer.status == 500
    assert b"<faultcode>soap:" in answer.data
    assert b"2130000010" not in answer.data, "not an error of ours"
    assert b"root:" not in answer.data
    assert len(answer.data) < 1000


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_any_bytes_are_answered(talk: Talk, data: st.DataObject) -> None:
    """Noise, and valid requests with noise in them."""
    inner = f"<confId>1</confId><target>0</target><presenceMode>{data.draw(st.integers())}"
    whole = sent(request("setContinuousPresence", f"{inner}</presenceMode><subPics></subPics>"))
    at = data.draw(st.integers(0, len(whole)))
    noise = data.draw(st.binary(max_size=40))
    cut = data.draw(st.sampled_from([0, 1, 5]))
    raw = data.draw(st.sampled_from([noise, whole[:at] + noise + whole[at + cut :]]))
    answer = await talk.gateway.answer(Asked(raw, talk.cookie))
    assert answer.status in {200, 400, 500}
    assert b"2130000010" not in answer.data, "not an error of ours"
    etree.fromstring(answer.data)
