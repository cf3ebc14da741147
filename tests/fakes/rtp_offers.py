"""Session descriptions as RTP devices write them, put together by hand, not by our own writer."""

HEAD = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=device
c=IN IP4 127.0.0.1
t=0 0
"""


def rtp_offer(*media: str) -> str:
    """A description of these media lines, from 127.0.0.1, with LF for line ends."""
    return HEAD + "".join(media)


def media_line(kind: str, port: int, number: int, coding: str, *attributes: str) -> str:
    """One m-line: payload type `number` is `coding` (`H264/90000`); attributes without `a=`."""
    lines = [f"m={kind} {port} RTP/AVP {number}", f"a=rtpmap:{number} {coding}"]
    return "".join(f"{line}\n" for line in (*lines, *(f"a={one}" for one in attributes)))
