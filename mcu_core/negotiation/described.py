"""What a media section says of its author as a receiver, beyond codecs and addresses. Pure."""

import re

from mcu_core.negotiation.capabilities import SMALLEST, Capabilities
from mcu_core.negotiation.formats import FEEDBACK
from mcu_core.protocol.payload.events import ENCODING
from mcu_core.protocol.sdp import Attribute, MediaDescription, SessionDescription
from mcu_core.protocol.transport_cc import EXTENSION

SOUND_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
"""How loud each packet of sound is, told outside its encryption (RFC 6464 4)."""

TRANSPORT_CC = "transport-cc"
"""The feedback that tells when each packet of a path came."""

SLIDES = "slides"
"""What a video section beside the main one shows (RFC 4796 5)."""

MAIN = "main"
LABELS = {"audio": "sound", "video": "people", SLIDES: "slides", "application": "camera"}
"""What our sections are called (RFC 4574), by what they hold."""

LAYER = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPEATED_LAYER = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
SECTION_NAME = "urn:ietf:params:rtp-hdrext:sdes:mid"
"""Which layer, and which section, a packet belongs to (RFC 8852, RFC 9143)."""

MAX_EXTENSION_ID = 255
RESERVED_EXTENSION_ID = 15
MAX_SOURCES = 8
SIZE_STEP = 2
"""Pictures have an even number of columns and rows (4:2:0)."""

MAX_SETS = 32
"""Sets read of an imageattr line; phones list a handful."""

_SET = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]")
_SIDE = re.compile(r"(?:^|,)\s*([xy])=(\[[^\[\]]*\]|\d+)")
_NUMBER = re.compile(r"\d{1,6}")


def is_content(media: MediaDescription) -> bool:
    """Whether a section is for slides beside the main picture."""
    marks = ",".join(media.values("content")).replace(" ", "").split(",")
    return media.kind == "video" and SLIDES in marks


def label_line(media: MediaDescription) -> Attribute:
    """The name of a section of ours."""
    return "label", LABELS[SLIDES if is_content(media) else media.kind]


def feedback_of(media: MediaDescription, payload_type: int) -> tuple[str, ...]:
    """The feedback that both sides understand, as ``nack pli``."""
    theirs = media.rtcp_fb(payload_type)
    return tuple(one for one in FEEDBACK if one in theirs)


def events_type_of(media: MediaDescription, clock: int) -> int:
    """The payload type of their telephone events, best of that clock (RFC 4733 2.5); 0 for none."""
    told = {
        number: rtpmap
        for number, rtpmap in media.rtpmaps.items()
        if rtpmap.name.lower() == ENCODING and str(number) in media.formats
    }
    same = [number for number, rtpmap in told.items() if rtpmap.clock == clock]
    return next(iter([*same, *told]), 0)


def bitrate_of(session: SessionDescription, media: MediaDescription) -> int | None:
    """The most bits per second that they take (RFC 3890: TIAS; RFC 8866: AS in kbit/s)."""
    limits = session.bandwidth_of(media)
    return limits.get("TIAS", 0) or limits.get("AS", 0) * 1000 or None


def level_id_of(session: SessionDescription, media: MediaDescription) -> int:
    """The header extension by which they tell how loud their sound is; 0 for none."""
    return _extension_of(session, media, SOUND_LEVEL)


def transport_id_of(session: SessionDescription, media: MediaDescription, payload_type: int) -> int:
    """The header extension by which they want packets numbered that they tell of; 0 for none."""
    told = TRANSPORT_CC in media.rtcp_fb(payload_type)
    number = _extension_of(session, media, EXTENSION) if told else 0
    return number if number < RESERVED_EXTENSION_ID else 0


def layers_of(media: MediaDescription, payload_type: int) -> tuple[str, ...]:
    """The names of the sizes in which they would send one picture at once (RFC 8853 5.1), in their
    order; of alternatives the first. Only those that they describe (RFC 8851), and not as pictures
    of other payload types alone."""
    described = {
        words[0]
        for value in media.values("rid")
        if (words := value.split())[1:2] == ["send"] and _may_have(words[2:], payload_type)
    }
    for value in media.values("simulcast"):
        words = value.split()
        for way, listed in zip(words[::2], words[1::2], strict=False):
            if way == "send":
                streams = (one.split(",")[0].removeprefix("~") for one in listed.split(";"))
                return tuple(one for one in dict.fromkeys(streams) if one in described)[
                    :MAX_SOURCES
                ]
    return ()


def _may_have(restrictions: list[str], payload_type: int) -> bool:
    """Whether a layer so restricted may be of that payload type (RFC 8851 5)."""
    for one in ";".join(restrictions).split(";"):
        name, _, types = one.partition("=")
        if name == "pt":
            return str(payload_type) in types.split(",")
    return True


def rid_ids_of(session: SessionDescription, media: MediaDescription) -> tuple[int, int]:
    """The header extensions that name the layer of a packet, and of one that is sent again; 0 for
    none."""
    return _extension_of(session, media, LAYER), _extension_of(session, media, REPEATED_LAYER)


def layer_lines(
    session: SessionDescription, media: MediaDescription, rids: tuple[str, ...]
) -> list[Attribute]:
    """The attribute lines that answer with these layers."""
    lines: list[Attribute] = []
    for name in (LAYER, REPEATED_LAYER, SECTION_NAME) if rids else ():
        number = _extension_of(session, media, name)
        if number:
            lines.append(("extmap", f"{number} {name}"))
    lines += (("rid", f"{rid} recv") for rid in rids)
    if rids:
        lines.append(("simulcast", f"recv {';'.join(rids)}"))
    return lines


def transport_lines(transport_id: int, payload_type: int) -> list[Attribute]:
    """The attribute lines that answer with it."""
    if not transport_id:
        return []
    return [
        ("extmap", f"{transport_id} {EXTENSION}"),
        ("rtcp-fb", f"{payload_type} {TRANSPORT_CC}"),
    ]


def _extension_of(session: SessionDescription, media: MediaDescription, wanted: str) -> int:
    """The number of a header extension; 0 where they do not have it (RFC 8285 5)."""
    for where in (media, session):
        for name, value in where.attributes:
            mapping, _, rest = (value or "").partition(" ")
            number = mapping.partition("/")[0]
            if name != "extmap" or rest.split()[:1] != [wanted]:
                continue
            if _NUMBER.fullmatch(number) and _is_extension_id(int(number)):
                return int(number)
    return 0


def _is_extension_id(number: int) -> bool:
    return 1 <= number <= MAX_EXTENSION_ID and number != RESERVED_EXTENSION_ID


def largest_picture_of(media: MediaDescription, payload_type: int) -> tuple[int, int]:
    """Width and height of the largest picture that they receive, (0, 0) where they set no limit.

    Of imageattr's forms (RFC 6236 3.1.1) all sizes are read: one number, a list, a range with or
    without steps. What cannot be read sets no limit.
    """
    for value in media.values("imageattr"):
        target, _, rest = value.partition(" ")
        if target not in ("*", str(payload_type)):
            continue
        _, receives, sets = rest.partition("recv")
        sizes = [_largest(one) for one in _SET.findall(sets.partition("send")[0])[:MAX_SETS]]
        if receives and sizes:
            return max(sizes, key=lambda size: size[0] * size[1])
    return 0, 0


def sizes_line(payload_type: int, caps: Capabilities) -> Attribute:
    """The line that says which sizes we take of a format, and that any may be asked of us."""
    least, most = SMALLEST, caps.largest
    sides = ",".join(
        f"{side}=[{one}:{SIZE_STEP}:{other}]"
        for side, one, other in zip("xy", least, most, strict=False)
    )
    return "imageattr", f"{payload_type} send * recv [{sides}]"


def names_sizes(media: MediaDescription, payload_type: int) -> bool:
    """Whether they say anything of the sizes of a format."""
    told = (value.partition(" ")[0] for value in media.values("imageattr"))
    return any(one in ("*", str(payload_type)) for one in told)


def _largest(one_set: str) -> tuple[int, int]:
    sides = dict(_SIDE.findall(one_set))
    width, height = (_most(sides.get(side, "")) for side in "xy")
    return (width, height) if width and height else (0, 0)


def _most(values: str) -> int:
    """The largest of ``640``, ``[320,640]``, ``[320:640]`` or ``[320:16:640]``."""
    numbers = [int(text) for text in _NUMBER.findall(values)]
    if values.count(":") == 2:
        numbers = [numbers[0], numbers[-1]] if len(numbers) == 3 else []
    return max(numbers, default=0)


def sources_of(media: MediaDescription) -> list[int]:
    """The SSRCs that a section names (RFC 5576), at most MAX_SOURCES."""
    numbers = dict.fromkeys(value.partition(" ")[0] for value in media.values("ssrc"))
    named = [one for one in numbers if one.isascii() and one.isdigit() and len(one) <= 10]
    return [int(one) for one in named[:MAX_SOURCES]]
