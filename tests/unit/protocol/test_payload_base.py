"""The table of payload formats."""

import pytest

from mcu_core.errors import NotFound
from mcu_core.media.codec import AAC, RTP_CODECS, Codec
from mcu_core.protocol.payload.base import depayloader, payloader
from mcu_core.protocol.rtp import RtpPacket


@pytest.mark.parametrize("codec", RTP_CODECS, ids=lambda codec: codec.name)
def test_every_rtp_codec_has_both_halves(codec: Codec) -> None:
    if codec.encoder:
        assert payloader(codec).payloads(b"", False) == ()
    assert depayloader(codec).push(RtpPacket(96, 1, 1, 1, True, b""), False) == []


def test_a_codec_without_an_rtp_form_is_not_found() -> None:
    with pytest.raises(NotFound, match="AAC"):
        depayloader(AAC)
    with pytest.raises(NotFound, match="AAC"):
        payloader(AAC)
