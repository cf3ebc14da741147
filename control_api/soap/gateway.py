"""From the bytes of a request to the bytes of its answer: parse, check, identify, do, say."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import structlog

from control_api.auth.roles import Action, Principal, check
from control_api.services.bridge import Bridge
from control_api.soap import contract
from control_api.soap import messages as m
from control_api.soap.background import Background
from control_api.soap.binding import local, read, tidy, write
from control_api.soap.envelope import (
    NAMESPACE,
    PLATFORM,
    SHOWN,
    Message,
    Version,
    envelope,
    fault,
    fault_status,
    read_message,
)
from control_api.soap.faults import Code, ResultError, SoapFault, code_of
from control_api.soap.key_agreement import KeyAgreement
from control_api.soap.operation import Call
from control_api.soap.operations import OPERATIONS, STANDARD_NAMES
from control_api.soap.polarity import Polarity
from control_api.soap.security import SECURITY, username_token
from control_api.soap.sessions import GatewaySessions, session_of
from mcu_core.errors import McuError

log = structlog.get_logger()

PATIENCE_S = 20.0
"""An operation that takes longer is answered "busy, try again"."""

HASH_TYPE = "SHA256"
QUIET = {"LoginRequest", "KeepAlive", "getPublicKey", "setSecretKey"}
ASKS = {Action.SEE, Action.SEE_SYSTEM, Action.PLAY, Action.REPORTS}
"""What changes nothing."""

KEY_CALLS = {"getPublicKey", "setSecretKey"}
ALIASES = {"confide": "confId"}
"""Misprints of the standard (tables 42 and 53)."""

_SESSION_REQUESTS: dict[str, type[msgspec.Struct]] = {
    "LoginRequest": m.LoginRequest,
    "Authenticate": m.Authenticate,
    "Logout": m.Nothing,
    "KeepAlive": m.Nothing,
    "getPublicKey": m.GetPublicKey,
    "setSecretKey": m.SetSecretKey,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came: body, Cookie header, media type, and the address it came from."""

    data: bytes
    cookies: str = ""
    media_type: str = "text/xml"
    source: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer; `session` is a new session to be set as a cookie, if there is one."""

    status: int
    media_type: str
    data: bytes
    session: str = ""


@dataclass(frozen=True, slots=True)
class _Named:
    """An operation as it was asked for: `name` as sent, `known` as the contract spells it."""

    name: str
    known: str

    @property
    def namespace(self) -> str:
        return PLATFORM if self.known in KEY_CALLS else NAMESPACE

    @property
    def vendor(self) -> bool:
        return self.known.endswith(contract.VENDOR)

    @property
    def standard(self) -> str:
        return self.known.removesuffix(contract.VENDOR)


class Gateway:
    """The SOAP side of a bridge."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._polarity = Polarity(
            mute_on=bridge.settings.soap_mute_on, source_locked=bridge.settings.soap_lock_on
        )
        self._background = Background()
        self._keys = KeyAgreement()
        self.sessions = GatewaySessions(
            bridge.digests, bridge.clock, bridge.settings.soap_single_login
        )

    async def stop(self) -> None:
        """End what goes on after answers, and wait; safe twice."""
        await self._background.stop()

    async def answer(self, asked: Asked) -> Said:
        """The answer; whatever came, it is a message of the contract or a fault."""
        twelve = asked.media_type == Version.V12.media_type
        version = Version.V12 if twelve else Version.V11
        try:
            message = read_message(asked.data, SECURITY)
            version = message.version
            return await self._answer(message, asked)
        except SoapFault as error:
            return self.refusal(version, error)
        except Exception as error:  # a bug of ours has a defined answer, too
            log.error("soap request broke", exc_info=error)
            return self.refusal(version, SoapFault(str(int(Code.INTERNAL)), "internal error"))

    def refusal(self, version: Version, error: SoapFault) -> Said:
        """A fault as an answer."""
        if version is Version.V12 and error.code.isdecimal():
            error = SoapFault("Server", f"{error.code}: {error}")
        data = fault(version, error.code, str(error))
        return Said(fault_status(version, error.code), version.media_type, data)

    async def _answer(self, message: Message, asked: Asked) -> Said:
        named = _named(message)
        request = _SESSION_REQUESTS.get(named.known)
        kind: type[msgspec.Struct] = request or OPERATIONS[named.standard].request
        message.body.tag = f"{{{named.namespace}}}{named.known}"
        tidy(message.body, kind, ALIASES)
        contract.check(message.body)
        content = read(message.body, kind)
        session = ""
        user = self.sessions.user_of(session_of(asked.cookies)) if request is not None else ""
        try:
            async with asyncio.timeout(PATIENCE_S):
                if request is not None:
                    result, session = await self._session_call(named.known, content, asked)
                else:
                    principal = await self._principal(message, asked)
                    user = principal.name
                    result = await self._carry_out(named, content, principal, asked)
        except TimeoutError:
            result = m.Result(Code.BUSY)
        except SoapFault:
            raise
        except McuError as error:
            result = m.Result(code_of(error))
            log.info("soap request refused", operation=named.known, reason=str(error)[:SHOWN])
        await self._note(named, content, result, asked, user or self.sessions.user_of(session))
        return self._said(message.version, named, result, session)

    async def _note(
        self, named: _Named, content: object, result: m.Result, asked: Asked, user: str
    ) -> None:
        """Changes and logins go to the audit log; questions and keep-alives do not."""
        operation = OPERATIONS.get(named.standard)
        asks = operation.action in ASKS if operation is not None else named.known in QUIET
        if asks:
            return
        what = getattr(content, "conf_id", "") or getattr(content, "site_uri", "")
        done = str(int(result.result_code))
        await self._bridge.audit.note(user, asked.source, f"SOAP {named.known}", what, done)

    def _said(self, version: Version, named: _Named, result: m.Result, session: str) -> Said:
        renamed: Mapping[str, str] = {} if named.vendor else STANDARD_NAMES.get(named.standard, {})
        name = f"ns2:{named.name}{contract.ANSWER}"
        body = f'<{name} xmlns:ns2="{named.namespace}">{write(result, renamed)}</{name}>'
        return Said(200, version.media_type, envelope(version, body), session)

    async def _session_call(self, name: str, content: object, asked: Asked) -> tuple[m.Result, str]:
        """One of the operations upon the session: its answer, and a new session."""
        session = session_of(asked.cookies)
        match content:
            case m.LoginRequest(user_name=user, client_type=client):
                if client == "INVALID":
                    raise ResultError(Code.OUT_OF_RANGE, "clientType INVALID")
                fresh, sequence = self.sessions.begin(user, asked.source)
                return m.LoginAnswer(0, sequence, HASH_TYPE), fresh
            case m.Authenticate(encrypt_password=given):
                return m.Result(), await self.sessions.authenticate(session, given, asked.source)
            case _:
                self.sessions.identify(session)
        if name == "Logout":
            self.sessions.end(session)
        return await self._key_call(content, session), ""

    async def _key_call(self, content: object, session: str) -> m.Result:
        """One of the two operations of the key agreement; the others have done what they do."""
        match content:
            case m.GetPublicKey():
                return m.PublicKeyAnswer(0, await self._keys.public_key())
            case m.SetSecretKey(secret_key=key, iv=iv):
                self.sessions.keep_key(session, self._keys.agreed(key, iv))
            case _:
                pass
        return m.Result()

    async def _carry_out(
        self, named: _Named, content: object, principal: Principal, asked: Asked
    ) -> m.Result:
        operation = OPERATIONS[named.standard]
        check(principal, operation.action)
        call = Call(
            self._bridge,
            principal,
            asked.source,
            named.vendor,
            self._polarity,
            self.sessions.key_of(session_of(asked.cookies)),
            self._background.begin,
        )
        call.check_named(content)
        return await operation.handler(call, content)

    async def _principal(self, message: Message, asked: Asked) -> Principal:
        token = username_token(message.headers)
        if token is None:
            return self.sessions.identify(session_of(asked.cookies))
        return await self.sessions.by_password(token.user, token.password, asked.source)


def _named(message: Message) -> _Named:
    name = local(message.body)
    known = contract.element_names().get(name.lower())
    if known is None:
        raise SoapFault("Client", "Unmarshalling Error: no operation of this service")
    named = _Named(name, known)
    if message.body.tag != f"{{{named.namespace}}}{name}":
        raise SoapFault("Client", f"Unmarshalling Error: it is in {named.namespace}")
    return named
