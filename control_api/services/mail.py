"""Mail to those who take part in what is booked, with a calendar file (CONF-04).

A queue of bounded length and one task: what the server does not take now is tried again, ever more
seldom, and given up after some hours; what it will never take (5xx) is given up at once. Neither
holds up what comes behind it, nor one recipient the others. What waits is lost when the process
ends.
"""

import asyncio
import re
import smtplib
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from typing import TypeAlias
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import structlog

from control_api.persistence.bookings import Booking, Occurrence
from control_api.services.calendar_file import calendar_file, method_of
from control_api.services.own_tasks import OwnTasks
from mcu_core.errors import BadInput
from mcu_core.media.clock import wall_time_s

log = structlog.get_logger()

MOST_WAITING = 1000
"""Then the oldest goes."""

PAUSES_S = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
"""Before the second try, the third, and so on; after the last one a mail is given up."""

NEVER = 500
"""From this code on a server has refused for ever."""

PATIENCE_S = 20.0
MOST_TIMES = 10
"""Times of a series that stand in the text; the file has all."""

PORTS = {"smtp": 25, "smtps": 465}
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is given: TLS from the start (smtps), or as soon as it is offered (smtp)."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = ""


def read_server(url: str) -> Server | None:
    """The server in `smtp://user:password@host:587`; none in an empty text. Raises BadInput."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadInput("mail_server", "smtp://host:port or smtps://host:port") from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise BadInput("mail_server", "smtp://host:port or smtps://host:port")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    tls = parts.scheme == "smtps"
    return Server(parts.hostname, port or PORTS[parts.scheme], tls, user, password)


def check_address(address: str, field: str) -> str:
    """The address, unless it cannot be one; raises BadInput."""
    if len(address) > 254 or not ADDRESS.fullmatch(address):
        raise BadInput(field, "addresses such as name@hospital.example")
    return address


Refusals: TypeAlias = dict[str, int]
"""Recipients that the server did not take, and with which code (RFC 5321 4.2.1)."""


def give(server: Server, message: EmailMessage, to: Sequence[str]) -> Refusals:
    """Give a mail to the server, in a thread; raises OSError, SMTPException when nobody got it."""
    context = ssl.create_default_context()
    if server.tls:
        with smtplib.SMTP_SSL(
            server.host, server.port, timeout=PATIENCE_S, context=context
        ) as line:
            return _give(line, server, message, to)
    else:
        with smtplib.SMTP(server.host, server.port, timeout=PATIENCE_S) as line:
            line.ehlo()
            if server.user or line.has_extn("starttls"):
                # Whoever is in between may hide that it is offered: no password goes in clear.
                line.starttls(context=context)
            return _give(line, server, message, to)


def _give(line: smtplib.SMTP, server: Server, message: EmailMessage, to: Sequence[str]) -> Refusals:
    if server.user:
        line.login(server.user, server.password)
    try:
        refused = line.send_message(message, to_addrs=to)
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    return {address: code for address, (code, _) in refused.items()}


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """A mail, to whom it has not come yet, and how often it was tried."""

    message: EmailMessage
    to: tuple[str, ...]
    tries: int = 0


class Mail:
    """Owns one task; `start` and `stop` are its life. Without a server it tells nobody."""

    def __init__(
        self,
        server: Server | None,
        sender: str,
        link: str,
        zone: str,
        wall_s: Callable[[], float] = wall_time_s,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._server = server
        self._sender = check_address(sender, "mail_from") if server is not None else ""
        self._link = link.rstrip("/")
        self._zone = ZoneInfo(zone)
        self._wall_s = wall_s
        self._sleep = sleep
        self._waiting: deque[_Outgoing] = deque()
        self._resting: dict[_Outgoing, asyncio.Task[None]] = {}
        self._ready = asyncio.Event()
        self._tasks = OwnTasks()
        self.sent = self.dropped = self.failed = self.given_up = 0

    def start(self) -> None:
        """Begin to send, if there is a server."""
        if self._server is not None:
            self._tasks.start(self._run(self._server), "mail")

    async def stop(self) -> None:
        """End, and wait for it; safe twice."""
        await self._tasks.stop()
        resting = list(self._resting.values())
        for task in resting:
            task.cancel()
        await asyncio.gather(*resting, return_exceptions=True)

    def tell(self, booking: Booking, occurrences: Sequence[Occurrence], gone: bool) -> None:
        """Tell who shall know that this takes place, as it does now, or no more."""
        if self._server is None or not booking.notify or not occurrences:
            return
        message = self._message(booking, occurrences, gone)
        if len(self._waiting) + len(self._resting) >= MOST_WAITING:
            self._drop_oldest()
        self._put(_Outgoing(message, tuple(booking.notify)))

    def _drop_oldest(self) -> None:
        self.dropped += 1
        if self._resting:
            self._resting.pop(next(iter(self._resting))).cancel()
        else:
            self._waiting.popleft()

    def _put(self, mail: _Outgoing) -> None:
        self._waiting.append(mail)
        self._ready.set()

    def _message(
        self, booking: Booking, occurrences: Sequence[Occurrence], gone: bool
    ) -> EmailMessage:
        text = self._text(booking, occurrences, gone)
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = ", ".join(booking.notify)
        message["Subject"] = f"{'已取消 Cancelled' if gone else '会议 Conference'}: {booking.name}"
        message.set_content(text)
        data = calendar_file(
            booking, occurrences, gone, self._sender, self._wall_s(), booking.notice
        )
        message.add_attachment(
            data,
            maintype="text",
            subtype="calendar",
            filename="conference.ics",
            params={"method": method_of(occurrences, gone), "charset": "utf-8"},
        )
        return message

    def _text(self, booking: Booking, occurrences: Sequence[Occurrence], gone: bool) -> str:
        lines = [booking.name, ""]
        for one in occurrences[:MOST_TIMES]:
            begin = datetime.fromtimestamp(one.begin_s, self._zone)
            code = one.access_code or booking.access_code
            told = "" if gone else f"   接入号 Access code: {code}"
            lines.append(f"{begin:%Y-%m-%d %H:%M %Z}{told}")
        if len(occurrences) > MOST_TIMES:
            lines.append("…")
        if self._link and not gone:
            lines += ["", f"{self._link}/enter"]
        if booking.notice:
            lines += ["", booking.notice]
        return "\n".join(lines) + "\n"

    async def _run(self, server: Server) -> None:
        while True:
            self._ready.clear()
            while self._waiting:
                await self._send(server, self._waiting.popleft())
            await self._ready.wait()

    async def _send(self, server: Server, mail: _Outgoing) -> None:
        """Give it to the server, and try again while that is away: then all others wait, too."""
        while True:
            try:
                refused = await asyncio.to_thread(give, server, mail.message, mail.to)
            except ValueError as error:  # it is no mail
                self._give_up(mail, mail.to, str(error))
                return
            except (OSError, smtplib.SMTPException) as error:
                code = _code_about_mail(error)
                if code:
                    self._judge(mail, dict.fromkeys(mail.to, code))
                    return
                self.failed += 1
                log.warning("mail", reason=str(error)[:200], server=server.host)
                if mail.tries == len(PAUSES_S):
                    self._give_up(mail, mail.to, "the server is away")
                    return
                await self._sleep(PAUSES_S[mail.tries])
                mail = replace(mail, tries=mail.tries + 1)
            else:
                self._judge(mail, refused)
                return

    def _judge(self, mail: _Outgoing, refused: Refusals) -> None:
        """Try again later for whom the server did not take it now; nobody else waits for that."""
        if len(refused) < len(mail.to):
            self.sent += 1
        if not refused:
            return
        self.failed += 1
        later = tuple(address for address in mail.to if 0 < refused.get(address, 0) < NEVER)
        never = tuple(address for address in refused if address not in later)
        if never or mail.tries == len(PAUSES_S):
            self._give_up(mail, never or later, f"refused: {sorted(set(refused.values()))}")
        if later and mail.tries < len(PAUSES_S):
            again = replace(mail, to=later, tries=mail.tries + 1)
            rest = self._rest(again, PAUSES_S[mail.tries])
            self._resting[again] = asyncio.create_task(rest, name="mail rests")

    async def _rest(self, mail: _Outgoing, pause_s: float) -> None:
        await self._sleep(pause_s)
        self._resting.pop(mail, None)
        self._put(mail)

    def _give_up(self, mail: _Outgoing, to: Sequence[str], reason: str) -> None:
        self.given_up += 1
        log.warning("mail given up", recipients=len(to), tries=mail.tries, reason=reason[:200])


def _code_about_mail(error: Exception) -> int:
    """The code by which a server refused the mail itself; 0 where it is away, or refuses us."""
    if isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPDataError):
        return error.smtp_code
    return 0
