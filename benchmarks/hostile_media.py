"""Inputs made to break us: real RTP, RTCP, repair packets, SDP with and without keys, encrypted
packets and STUN, mutated; the same for the same number."""

import random
from collections.abc import Callable, Mapping

from aioice import stun

from benchmarks.load.simulated_call import drawn
from mcu_core.egress.video_encoder import VideoEncoder
from mcu_core.endpoints.srtp import SrtpSessions
from mcu_core.media.codec import H264, VP8, Codec
from mcu_core.media.units import VideoForm
from mcu_core.negotiation.agreement import SrtpKeys
from mcu_core.protocol import flexfec, red, rtcp, rtx, sdes, ulpfec
from mcu_core.protocol.rtp import header

VIDEO_TYPE, VP8_TYPE, RTX_TYPE, SOUND_TYPE, RED_TYPE, EVENTS_TYPE = 96, 98, 97, 111, 63, 101
MENDED_TYPE, MENDED_RED_TYPE, ULPFEC_TYPE = 102, 103, 104
VIDEO_SSRC, VP8_SSRC, SOUND_SSRC, RTX_SSRC, MENDED_SSRC = 1001, 1003, 1002, 1004, 1005
OURS = 7001
PICTURES = 4
WIDTH, HEIGHT = 176, 144
PASSWORD = b"0123456789abcdefghijklmn"
OUR_KEY, THEIR_KEY = (bytes((n,)) * sdes.MOST_MATERIAL_BYTES for n in (1, 2))
"""What the keys of encrypted packets are cut from."""

TOGETHER, REPAIRS = 6, 2
"""So many packets are protected together, by so many repair packets."""

MOST_FLIPS, MOST_ADDED = 8, 64

RTP_OFFER = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=device
c=IN IP4 127.0.0.1
t=0 0
m=video 40000 RTP/AVPF 96 97
b=TIAS:2000000
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1;profile-level-id=42e01f;sprop-parameter-sets=Z0LgHw==,aM4G
a=rtcp-fb:96 nack pli
a=rtcp-fb:* nack
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=imageattr:96 recv [x=[64:16:1280],y=[64:16:720]]
a=extmap:3/sendrecv urn:ietf:params:rtp-hdrext:toffset
a=rtcp-mux
a=mid:0
m=audio 40002 RTP/AVP 111 63 101 0
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:101 telephone-event/8000
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=ssrc:12345 cname:x
a=rtcp:40003 IN IP4 127.0.0.1
a=sendrecv
m=video 40004 RTP/AVP 99
a=rtpmap:99 VP8/90000
a=content:slides
"""

KEYED_OFFER = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=device
c=IN IP4 127.0.0.1
t=0 0
m=audio 40002 RTP/SAVP 0
{keys}a=rtpmap:0 PCMU/8000
m=video 40000 RTP/AVPF 96 97 98
{keys}a=rtpmap:96 H264/90000
a=rtpmap:97 red/90000
a=rtpmap:98 ulpfec/90000
m=application 40006 RTP/SAVP 100
{keys}a=rtpmap:100 H224/4800
"""


def corpus() -> dict[str, list[bytes]]:
    """What is mutated, by kind; a real encoder's packets among it."""
    return {
        "RTP": _rtp(),
        "RTCP": _rtcp(),
        "ULPFEC": _mended(),
        "FlexFEC": [flexfec.serialize(one) for one in _repairs()],
        "SRTP": [sealed for suite in sdes.SUITES for sealed in _sealed(suite)],
        "SDES": [*_keyed_offers()],
        "SDP": [RTP_OFFER.encode(), RTP_OFFER.replace("\n", "\r\n").encode()],
        "STUN": _stun(),
    }


SHARES: Mapping[str, float] = {
    "RTP": 0.33,
    "RTCP": 0.25,
    "ULPFEC": 0.12,
    "FlexFEC": 0.03,
    "SRTP": 0.06,
    "SDES": 0.04,
    "SDP": 0.04,
    "STUN": 0.13,
}


class Hostile:
    """The inputs of a seed: `made(n)` is the n-th one, whatever was made before."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._corpus = corpus()
        self._ways: tuple[Callable[[random.Random, bytearray], None], ...] = (
            _flip,
            _flip,
            _cut,
            _add,
            _fill,
            _join_twice,
            _nothing,
        )

    def made(self, number: int) -> tuple[str, bytes]:
        """Kind and bytes."""
        dice = random.Random(self._seed << 32 | number)
        kind = dice.choices(list(SHARES), list(SHARES.values()))[0]
        data = bytearray(dice.choice(self._corpus[kind]))
        for _ in range(dice.randint(1, 3)):
            if data:
                dice.choice(self._ways)(dice, data)
        return kind, bytes(data)


def _place(dice: random.Random, data: bytearray) -> int:
    """Mostly where headers are."""
    most = len(data) if dice.random() < 0.3 else min(len(data), 48)
    return dice.randrange(most)


def _flip(dice: random.Random, data: bytearray) -> None:
    for _ in range(dice.randint(1, MOST_FLIPS)):
        data[_place(dice, data)] = dice.randrange(256)


def _cut(dice: random.Random, data: bytearray) -> None:
    del data[dice.randrange(len(data)) :]


def _add(dice: random.Random, data: bytearray) -> None:
    at = _place(dice, data)
    data[at:at] = dice.randbytes(dice.randint(1, MOST_ADDED))


def _fill(dice: random.Random, data: bytearray) -> None:
    at = _place(dice, data)
    end = min(len(data), at + dice.randint(1, 16))
    data[at:end] = bytes([dice.choice((0, 0x7F, 0x80, 0xFF))]) * (end - at)


def _join_twice(dice: random.Random, data: bytearray) -> None:
    at = dice.randrange(len(data))
    data[at:] = data[: len(data) - at] + data[at:]
    del data[1500:]


def _nothing(dice: random.Random, data: bytearray) -> None:
    """Some come as they are: what follows them meets a stream that has begun."""


# ----------------------------------------------------------------------------------- what is real


def _rtp() -> list[bytes]:
    packets = _pictures(H264, VIDEO_TYPE, VIDEO_SSRC) + _pictures(VP8, VP8_TYPE, VP8_SSRC)
    level = [(1, b"\x55")]
    for n in range(8):
        frame = bytes((0xFC, n)) * 40
        head = header(SOUND_TYPE, n == 0, 500 + n, 960 * n, SOUND_SSRC, level if n % 2 else ())
        packets.append(head + frame)
        older = [red.RedBlock(SOUND_TYPE, 960 * k, frame) for k in (2, 1)]
        several = red.serialize(older, SOUND_TYPE, frame)
        packets.append(header(RED_TYPE, False, 508 + n, 960 * (8 + n), SOUND_SSRC) + several)
        key = bytes((n, 0x80, 3, 0x20))
        packets.append(header(EVENTS_TYPE, False, 516 + n, 960, SOUND_SSRC) + key)
        again = rtx.wrapped(100 + n, packets[n][12:])
        packets.append(header(RTX_TYPE, False, n, 0, RTX_SSRC) + again)
    return packets


def _pictures(codec: Codec, number: int, ssrc: int) -> list[bytes]:
    encoder = VideoEncoder(VideoForm(codec, WIDTH, HEIGHT, 30, 400_000))
    found: list[bytes] = []
    for n in range(PICTURES):
        payloads = encoder.encode(drawn(WIDTH, HEIGHT, n), n == 0).payloads
        for k, payload in enumerate(payloads):
            last = k == len(payloads) - 1
            found.append(header(number, last, 100 + len(found), 3000 * n, ssrc) + payload)
    encoder.close()
    return found


def protected() -> list[bytes]:
    """The packets that repair packets are made for, as they were before they were wrapped."""
    return _pictures(H264, MENDED_TYPE, MENDED_SSRC)


def _repairs() -> list[ulpfec.Repair]:
    found = []
    packets = protected()
    for at in range(0, len(packets), TOGETHER):
        strings = [(k, ulpfec.bit_string(one)) for k, one in enumerate(packets[at : at + TOGETHER])]
        found += ulpfec.repairs(100 + at, strings, REPAIRS)
    return [ulpfec.Repair.read(one) for one in found]


def _mended() -> list[bytes]:
    """A stream in RED with its repair packets, in RED and bare."""
    packets = protected()
    wrapped = [
        one[:1] + bytes((one[1] & 0x80 | MENDED_RED_TYPE,)) + one[2:12] + lead + one[12:]
        for one in packets
        for lead in (bytes((MENDED_TYPE,)),)
    ]
    for n, repair in enumerate(_repairs(), 100 + len(packets)):
        payload = repair.serialize()
        wrapped.append(header(ULPFEC_TYPE, False, n, 3000, MENDED_SSRC) + payload)
        lead = bytes((ULPFEC_TYPE,))
        wrapped.append(header(MENDED_RED_TYPE, False, n, 3000, MENDED_SSRC) + lead + payload)
    return wrapped


def sessions(suite: sdes.Suite, ours: bytes, theirs: bytes) -> SrtpSessions:
    """Both ways of a line with keys cut from these."""
    size = suite.material_bytes
    return SrtpSessions(SrtpKeys(suite, ours[:size], theirs[:size]))


def _sealed(suite: sdes.Suite) -> list[bytes]:
    """RTP and RTCP as the other side encrypts them."""
    theirs = sessions(suite, THEIR_KEY, OUR_KEY)
    control = [theirs.protect_rtcp(one) for one in _rtcp()]
    return control + [bytes(theirs._out.protect(one)) for one in _rtp()]


def _keyed_offers() -> list[bytes]:
    lines = [
        f"a=crypto:{sdes.CryptoLine(tag, suite, THEIR_KEY[: suite.material_bytes]).serialize()}"
        for tag, suite in enumerate(sdes.SUITES, 1)
    ]
    several = "\n".join(lines) + "\n"
    one = f"{lines[2]}|2^20|1:4 KDR=1 UNENCRYPTED_SRTCP\n{lines[3]}|2^31 WSH=128\n"
    return [KEYED_OFFER.format(keys=keys).encode() for keys in (several, one, "")]


def _rtcp() -> list[bytes]:
    block = rtcp.ReportBlock(OURS, 25, 100, 70_000, 90, 0x1234_5678, 6000)
    report = rtcp.SenderReport(VIDEO_SSRC, 0xE000_0000_0000_0000, 90_000, 10, 1000, (block,))
    named = rtcp.SourceDescription.named(VIDEO_SSRC, "somebody")
    told: list[rtcp.RtcpPacket] = [
        rtcp.Nack(VIDEO_SSRC, OURS, (1, 2, 5, 60)),
        rtcp.PictureLoss(VIDEO_SSRC, OURS),
        rtcp.FullIntra(VIDEO_SSRC, ((OURS, 1),)),
        rtcp.Remb(VIDEO_SSRC, 900_000, (OURS,)),
        rtcp.TransportFeedback(VIDEO_SSRC, OURS, 10, 1, (1000, None, 3000, 4000, None)),
        rtcp.Bye((VIDEO_SSRC,), b"left"),
    ]
    quiet = rtcp.ReceiverReport(VIDEO_SSRC, (block, block))
    return [
        rtcp.compound([report, named]),
        rtcp.compound([quiet, named, *told[:4]]),
        *(rtcp.compound([one]) for one in told),
    ]


def _stun() -> list[bytes]:
    found = []
    for use in (False, True):
        message = stun.Message(
            message_method=stun.Method.BINDING,
            message_class=stun.Class.REQUEST,
            transaction_id=b"fixed twelve"[:12],
        )
        message.attributes["USERNAME"] = "here:there"
        message.attributes["PRIORITY"] = 1_862_270_975
        message.attributes["ICE-CONTROLLING"] = 1234
        if use:
            message.attributes["USE-CANDIDATE"] = None
        found.append(bytes(message))
        message.add_message_integrity(PASSWORD)
        found.append(bytes(message))
    answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, b"fixed twelve"[:12])
    answer.attributes["XOR-MAPPED-ADDRESS"] = ("127.0.0.1", 40000)
    return [*found, bytes(answer)]
