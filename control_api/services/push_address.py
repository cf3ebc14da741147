"""Where a conference may be pushed to: addresses of RTMP and SRT, read and judged; pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, unquote_plus, urlsplit

from mcu_core.errors import BadInput

LONGEST = 1000
FORMATS = {"rtmp": "flv", "rtmps": "flv", "srt": "mpegts"}
PORTS = {"rtmp": 1935, "rtmps": 443}

SRT_OPTIONS = frozenset({"streamid", "passphrase", "pbkeylen", "latency", "mode", "pkt_size"})
"""What may stand behind an SRT address: ffmpeg knows options that read files and open ports."""

PLAIN = re.compile(r"[\x21-\x7e]+")
"""Blanks would begin options of ffmpeg's RTMP."""


@dataclass(frozen=True, slots=True)
class PushAddress:
    """A checked address; `shown` is it without its secrets, `format` how ffmpeg wraps for it.

    ffmpeg is given `door`, which anybody may read in its command line, and out of sight `options`.
    """

    url: str
    host: str
    port: int
    format: str
    shown: str
    door: str
    options: tuple[tuple[str, str], ...]


def checked(url: str) -> PushAddress:
    """The address; raises BadInput for all that is not an RTMP or SRT address to send to."""
    if not PLAIN.fullmatch(url) or len(url) > LONGEST:
        raise BadInput("url", f"up to {LONGEST} plain characters without blanks")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise BadInput("url", "an address with a host and a port") from error
    if parts.scheme not in FORMATS:
        raise BadInput("url", "rtmp://, rtmps:// or srt://")
    if not host or "%" in host or parts.fragment:
        raise BadInput("url", "an address with a host")
    if "@" in parts.netloc:
        raise BadInput("url", "an address without user and password; a key goes behind the host")
    port = port or PORTS.get(parts.scheme, 0)
    if not port:
        raise BadInput("url", "srt://host:port")
    if parts.scheme == "srt":
        _check_srt(parts.path, parts.query)
    elif len(parts.path.strip("/")) == 0:
        raise BadInput("url", "the application and the stream's key behind the host")
    where = f"[{host}]" if ":" in host else host
    path = parts.path.strip("/").split("/")[:-1] if parts.scheme != "srt" else []
    shown = "/".join([f"{parts.scheme}://{where}:{port}", *path, "***"])
    if parts.scheme == "srt":
        shown = f"srt://{where}:{port}"
    door = f"{parts.scheme}://{where}:{port}"
    hidden = _srt_options(parts.query) if parts.scheme == "srt" else _rtmp_options(parts)
    return PushAddress(url, host, port, FORMATS[parts.scheme], shown, door, hidden)


def _rtmp_options(parts: SplitResult) -> tuple[tuple[str, str], ...]:
    """Application (one part of the path, or two where there are three) and stream's key."""
    names = parts.path.lstrip("/").split("/", 2)
    app, key = "/".join(names[:-1]), names[-1]
    if len(names) == 1:
        app, key = key, ""
    if parts.query:
        key = f"{key}?{parts.query}"
    return ("rtmp_app", app), ("rtmp_playpath", key)


def _srt_options(query: str) -> tuple[tuple[str, str], ...]:
    """As ffmpeg reads them out of an address: the stream's id alone is written with %."""
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return tuple(
        ("srt_streamid", unquote_plus(value)) if name == "streamid" else (name, value)
        for name, _, value in pairs
        if value
    )


def _check_srt(path: str, query: str) -> None:
    if path not in ("", "/"):
        raise BadInput("url", "srt://host:port?streamid=…")
    pairs = parse_qsl(query, keep_blank_values=True)
    options = dict(pairs)
    if len(options) < len(pairs):
        raise BadInput("url", "each option once")
    if unknown := options.keys() - SRT_OPTIONS:
        raise BadInput("url", f"no option {min(unknown)!r}; there are {sorted(SRT_OPTIONS)}")
    if options.get("mode", "caller") != "caller":
        raise BadInput("url", "mode=caller: we call, nobody calls us")
    if not "".join(options.values()).isprintable():
        # ffmpeg reads them line by line: behind a break another option would begin.
        raise BadInput("url", "options of one line each")


def check_remote(addresses: Iterable[str]) -> None:
    """Raise BadInput when one of a host's addresses is this machine's own, or nobody's."""
    for address in addresses:
        found = ip_address(address.partition("%")[0])
        mapped = getattr(found, "ipv4_mapped", None) or found
        if (
            mapped.is_loopback
            or mapped.is_link_local
            or mapped.is_unspecified
            or mapped.is_multicast
            or mapped.is_reserved
        ):
            raise BadInput("url", "a host in the network, not this machine")


def pinned(address: PushAddress, found: str) -> PushAddress:
    """The address with what its name was found to stand for in its door: whoever owns the name
    could let it stand for this machine by the time that ffmpeg asks again.

    RTMPS keeps its name, which the other side's certificate and choice of host go by.
    """
    if address.url.startswith("rtmps:"):
        return address
    scheme = address.url.partition(":")[0]
    options = address.options
    if scheme == "rtmp":
        # What RTMP calls tcUrl says which of its hosts a server is asked for.
        app = dict(options)["rtmp_app"]
        options = (*options, ("rtmp_tcurl", f"{address.door}/{app}"))
    where = f"[{found}]" if ":" in found else found
    return replace(address, door=f"{scheme}://{where}:{address.port}", options=options)
