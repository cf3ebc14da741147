"""The one table of codecs: what this machine takes and gives, and why something is missing.

`mcu doctor`, the REST API and the negotiation read it.
"""

from dataclasses import dataclass
from functools import cache

import av

from mcu_core.media.codec import ALL_CODECS, RTP_CODECS, Codec, Kind
from mcu_core.media.libraries import PACKAGES, library


@dataclass(frozen=True, slots=True)
class CodecRow:
    """One codec, or one that we have not.

    `name` as in SDP; `payload_format` names its RFC, empty where it does not travel by RTP.
    `received`, `sent`: whether it can be decoded, encoded here. `note`: for people, why not, or
    what would mend it; empty where nothing is missing.
    """

    name: str
    kind: Kind
    payload_format: str
    clocks: tuple[int, ...]
    received: bool
    sent: bool
    note: str = ""

    @property
    def whole(self) -> bool:
        """Whether it works both ways."""
        return self.received and self.sent


PAYLOAD_FORMATS = {
    "H264": "RFC 6184",
    "VP8": "RFC 7741",
    "H263-2000": "RFC 4629",
    "H263-1998": "RFC 4629",
    "H263": "RFC 2190",
    "H261": "RFC 4587",
    "VP9": "RFC 9628",
    "H265": "RFC 7798",
    "AV1": "AOM, RTP payload format 1.0",
    "opus": "RFC 7587",
    "L16": "RFC 3551 4.5.11",
    "G722": "RFC 3551 4.5.2",
    "PCMA": "RFC 3551 4.5.14",
    "PCMU": "RFC 3551 4.5.14",
    "mpeg4-generic": "RFC 3640 (AAC-hbr)",
    "MP4A-LATM": "RFC 3016, RFC 6416",
    "G726-32": "RFC 3551 4.5.4",
    "G726-24": "RFC 3551 4.5.4",
    "G726-16": "RFC 3551 4.5.4",
    "G729": "RFC 3551 4.5.6",
    "GSM": "RFC 3551 4.5.8",
    "G723": "RFC 3551 4.5.3",
    "G728": "RFC 3551 4.5.5",
}

_ABSENT = (
    ("AAC-LD", Kind.AUDIO, "no encoder in Debian main (libfdk-aac is non-free)"),
    ("G7221", Kind.AUDIO, "G.722.1, G.722.1C (RFC 5577): no open implementation is packaged"),
    ("iLBC", Kind.AUDIO, "no encoder in PyAV's wheel or Debian, and none to prove a decoder with"),
    ("G719", Kind.AUDIO, "G.719 (RFC 5404): no open implementation is packaged"),
    ("HWA-LD", Kind.AUDIO, "a maker's own codec: nothing of it is published"),
)
"""Asked for by requirements, and with no implementation to be had.

One that appears is a row in `media/codec.py`, a payload format beside `protocol/payload/whole.py`
with its entry in `payload/base.py`, and a coder in `egress/sound_coders.py`."""


@cache
def decodes(codec: Codec) -> bool:
    """Whether this machine has the codec's decoder."""
    return _has(codec.decoder, "r")


@cache
def encodes(codec: Codec) -> bool:
    """Whether this machine has the codec's encoder."""
    return _has(codec.encoder, "w")


def _has(name: str, mode: str) -> bool:
    if name in PACKAGES and mode == "w":
        return library(name) is not None
    try:
        av.Codec(name, "r" if mode == "r" else "w")
    except ValueError:
        return False
    return True


def receivable_codecs() -> tuple[Codec, ...]:
    """What can be taken by RTP, in our order of preference: what can be sent too comes first."""
    taken = [codec for codec in RTP_CODECS if decodes(codec)]
    return tuple(sorted(taken, key=lambda codec: not encodes(codec)))


def sendable_codecs() -> frozenset[Codec]:
    """What can be sent by RTP."""
    return frozenset(codec for codec in RTP_CODECS if encodes(codec))


def codec_table() -> tuple[CodecRow, ...]:
    """All codecs, those last that are missing; one row for all the rates of a name."""
    named: dict[str, list[Codec]] = {}
    for codec in ALL_CODECS:
        named.setdefault(codec.name, []).append(codec)
    known = [_row(forms) for forms in named.values()]
    absent = [CodecRow(name, kind, "", (), False, False, why) for name, kind, why in _ABSENT]
    return (*known, *absent)


def _row(forms: list[Codec]) -> CodecRow:
    codec = forms[0]
    received, sent = decodes(codec), encodes(codec)
    costly = codec.kind is Kind.VIDEO
    reasons = [
        *([_reason("decoder", codec.decoder, costly)] if not received else []),
        *([_reason("encoder", codec.encoder, costly)] if not sent else []),
    ]
    return CodecRow(
        codec.name,
        codec.kind,
        PAYLOAD_FORMATS.get(codec.name, ""),
        tuple(dict.fromkeys(form.rtp_clock for form in forms)),
        received,
        sent,
        "; ".join(reasons),
    )


OPEN_NONE = "received only: no open encoder is packaged"


def _reason(what: str, name: str, costly: bool) -> str:
    if not name:
        return "received only: sending it costs several times H.264's CPU" if costly else OPEN_NONE
    if name in PACKAGES and what == "encoder":
        return f"no {what}: apt-get install {PACKAGES[name]}"
    return f"no {what} {name}: pip install av, its wheel brings it"
