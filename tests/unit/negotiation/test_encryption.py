"""Which sections are encrypted, by policy and by what the other side can."""

import base64
import copy
from dataclasses import replace

import pytest

from mcu_core.contract.definition import Encryption
from mcu_core.errors import MalformedInput, Refused
from mcu_core.media.codec import PCMU, Kind
from mcu_core.negotiation.agreement import MediaAgreement, SrtpKeys
from mcu_core.negotiation.capabilities import Capabilities, LocalAddress
from mcu_core.negotiation.rtp_offer import offer, read_answer
from mcu_core.negotiation.rtp_session import answer, listening
from mcu_core.protocol import sdp
from mcu_core.protocol.sdes import (
    AES_128_GCM,
    AES_256_GCM,
    AES_CM_32,
    AES_CM_80,
    CryptoLine,
    Suite,
)
from mcu_core.protocol.sdp import MediaDescription

AUTOMATIC, FORCED, NONE = Encryption
OURS, THEIRS = bytes(range(100, 144)), bytes(range(44))
LOCAL = LocalAddress(
    "192.0.2.9",
    {Kind.VIDEO: 7000, Kind.AUDIO: 7002},
    keys={Kind.VIDEO: OURS[::-1], Kind.AUDIO: OURS},
)
REMOTE = replace(LOCAL, keys={Kind.VIDEO: THEIRS[::-1], Kind.AUDIO: THEIRS})
HEAD = "v=0\no=- 1 1 IN IP4 198.51.100.7\ns=-\nc=IN IP4 198.51.100.7\nt=0 0\n"


def caps(policy: Encryption = AUTOMATIC) -> Capabilities:
    return Capabilities(codecs=(PCMU,), encryption=policy)


def key(suite: Suite, tag: int = 1) -> str:
    return f"a=crypto:{CryptoLine(tag, suite, THEIRS[: suite.material_bytes]).serialize()}\n"


def section(profile: str, *keys: str, port: int = 5006) -> str:
    return f"m=audio {port} RTP/{profile} 0\n" + "".join(keys)


def settle(
    text: str, policy: Encryption = AUTOMATIC
) -> tuple[MediaAgreement, tuple[MediaDescription, ...]]:
    agreement = answer(sdp.parse(HEAD + text), caps(policy), LOCAL)
    assert agreement.audio is not None
    return agreement.audio, agreement.description.media


# ------------------------------------------------------------------------------------------ offered


@pytest.mark.parametrize("profile", ["SAVP", "SAVPF", "AVP", "AVPF"])
@pytest.mark.parametrize("policy", [AUTOMATIC, FORCED])
@pytest.mark.parametrize("suite", [AES_256_GCM, AES_128_GCM, AES_CM_80, AES_CM_32])
def test_keys_are_exchanged(profile: str, policy: Encryption, suite: Suite) -> None:
    agreed, (ours,) = settle(section(profile, key(suite, 7)), policy)
    size = suite.material_bytes
    assert agreed.keys == SrtpKeys(suite, OURS[:size], THEIRS[:size])
    assert ours.proto == f"RTP/{profile}"
    assert list(ours.values("crypto")) == [CryptoLine(7, suite, OURS[:size]).serialize()]


def test_the_strongest_suite_is_chosen_whatever_stands_first() -> None:
    lines = (key(AES_CM_32, 1), key(AES_CM_80, 2), key(AES_256_GCM, 3), key(AES_128_GCM, 4))
    agreed, (ours,) = settle(section("SAVP", *lines))
    assert agreed.keys is not None
    assert agreed.keys.suite is AES_256_GCM
    assert next(ours.values("crypto")).startswith("3 ")


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        (AUTOMATIC, section("AVP")),
        (NONE, section("AVP")),
        (NONE, section("AVP", key(AES_CM_80))),
        (AUTOMATIC, section("AVP", "a=crypto:1 F8_128_HMAC_SHA1_80 inline:x\n")),
    ],
)
def test_what_is_not_encrypted(policy: Encryption, text: str) -> None:
    agreed, (ours,) = settle(text, policy)
    assert agreed.keys is None
    assert not ours.has("crypto")


@pytest.mark.parametrize(
    ("policy", "text", "reason"),
    [
        (FORCED, section("AVP"), "this conference is encrypted"),
        (FORCED, section("SAVP"), "a=crypto"),
        (AUTOMATIC, section("SAVP"), "AEAD_AES_256_GCM"),
        (AUTOMATIC, section("SAVP", "a=crypto:1 F8_128_HMAC_SHA1_80 inline:x\n"), "AEAD"),
        (NONE, section("SAVP", key(AES_CM_80)), "nothing is encrypted in this conference"),
    ],
)
def test_what_is_refused_is_told_why(policy: Encryption, text: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        settle(text, policy)


@pytest.mark.parametrize(
    ("policy", "ports"), [(AUTOMATIC, [0, 7002]), (FORCED, [0, 7002]), (NONE, [7002, 0])]
)
def test_of_two_alternatives_the_policy_chooses(policy: Encryption, ports: list[int]) -> None:
    text = section("AVP") + section("SAVP", key(AES_CM_80), port=5008)
    _, sections = settle(text, policy)
    assert [one.port for one in sections] == ports


def test_a_key_that_cannot_be_read_is_an_error_that_names_the_line() -> None:
    with pytest.raises(MalformedInput) as error:
        settle(section("SAVP", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\n"))
    assert error.value.field == "sdp.a.crypto"


def test_no_key_of_ours_is_ever_short() -> None:
    bare = replace(LOCAL, keys={})
    with pytest.raises(Refused, match="no key"):
        answer(sdp.parse(HEAD + section("SAVP", key(AES_CM_80))), caps(), bare)


def test_the_view_of_a_player_has_the_key_that_it_needs() -> None:
    text = section("SAVP", key(AES_CM_80), "a=recvonly\n")
    agreement = answer(sdp.parse(HEAD + text), caps(), LOCAL)
    (player,) = listening(agreement).media
    assert base64.b64encode(OURS[:30]).decode() in next(player.values("crypto"))


def test_nothing_given_is_changed() -> None:
    given = (sdp.parse(HEAD + section("SAVP", key(AES_CM_80))), caps(), LOCAL)
    before = copy.deepcopy(given)
    answer(*given)
    assert given == before


# ------------------------------------------------------------------------------------ offered by us


@pytest.mark.parametrize("ours", Encryption)
@pytest.mark.parametrize("theirs", Encryption)
def test_two_of_us_meet_unless_one_must_and_the_other_must_not(
    ours: Encryption, theirs: Encryption
) -> None:
    offered = offer(caps(theirs), REMOTE)
    if {ours, theirs} == {FORCED, NONE}:
        with pytest.raises(Refused):
            answer(offered, caps(ours), LOCAL)
        return
    answered = answer(offered, caps(ours), LOCAL)
    settled = read_answer(offered, answered.description, caps(theirs))
    assert answered.audio is not None
    assert settled.audio is not None
    here, there = answered.audio.keys, settled.audio.keys
    if NONE in (ours, theirs):
        assert (here, there) == (None, None)
    else:
        assert here == SrtpKeys(AES_256_GCM, OURS, THEIRS)
        assert there == SrtpKeys(AES_256_GCM, THEIRS, OURS)


@pytest.mark.parametrize(
    ("policy", "lines", "reason"),
    [
        (FORCED, "", "the answer has no key"),
        (AUTOMATIC, key(AES_CM_80, 9), "nothing that was offered"),
        (AUTOMATIC, key(AES_CM_80, 1), "nothing that was offered"),  # tag 1 is another suite
    ],
)
def test_an_answer_by_other_keys_is_refused(policy: Encryption, lines: str, reason: str) -> None:
    offered = offer(caps(policy), replace(REMOTE, ports={Kind.AUDIO: 7002}))
    with pytest.raises(Refused, match=reason):
        read_answer(offered, sdp.parse(HEAD + section("SAVP", lines)), caps(policy))
