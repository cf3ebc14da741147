"""Where one may push to, and what of an address is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control_api.services.push_address import check_remote, checked, pinned
from mcu_core.errors import BadInput


@pytest.mark.parametrize(
    ("url", "shown", "format_"),
    [
        ("rtmp://live.example.org/app/secret", "rtmp://live.example.org:1935/app/***", "flv"),
        ("rtmps://a:8443/app/room/s?token=x", "rtmps://a:8443/app/room/***", "flv"),
        ("srt://h:9000?streamid=secret&latency=200", "srt://h:9000", "mpegts"),
        ("srt://[2001:db8::1]:9000", "srt://[2001:db8::1]:9000", "mpegts"),
    ],
)
def test_addresses_are_read_and_keep_their_secrets(url: str, shown: str, format_: str) -> None:
    address = checked(url)
    assert (address.shown, address.format) == (shown, format_)
    assert "secret" not in address.shown


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://host/x",
        "file:///etc/passwd",
        "rtmp://host",
        "rtmp:///app/key",
        "rtmp://host/app playpath=x",
        "rtmp://host:99999/app/key",
        "rtmp://host/app/key#x",
        "rtmp://user:secret@host/app/key",
        "srt://host",
        "srt://host:9000?mode=listener",
        "srt://host:9000?localaddr=0.0.0.0",
        "srt://host:9000/path",
        "srt://host:9000?streamid=x%0Amode=listener",
        "srt://host:9000?streamid=x%0Dy",
        "srt://host:9000?mode=listener&mode=caller",
        "srt://host:9000|file:/tmp/x",
        "rtmp://host/app/" + "x" * 1000,
    ],
)
def test_what_is_no_address_to_send_to_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="url"):
        checked(url)


@pytest.mark.parametrize(
    ("url", "door", "options"),
    [
        ("rtmp://h/app/key", "rtmp://h:1935", {"rtmp_app": "app", "rtmp_playpath": "key"}),
        (
            "rtmps://h/app/room/key?sign=a/b=",
            "rtmps://h:443",
            {"rtmp_app": "app/room", "rtmp_playpath": "key?sign=a/b="},
        ),
        ("rtmp://h/key", "rtmp://h:1935", {"rtmp_app": "key", "rtmp_playpath": ""}),
        (
            "srt://h:9?streamid=%23!::r=a,m=publish&passphrase=0123456789&latency=200000",
            "srt://h:9",
            {
                "srt_streamid": "#!::r=a,m=publish",
                "passphrase": "0123456789",
                "latency": "200000",
            },
        ),
    ],
)
def test_what_is_secret_is_told_apart(url: str, door: str, options: dict[str, str]) -> None:
    address = checked(url)
    assert (address.door, dict(address.options)) == (door, options)


@given(st.text(max_size=60).map(lambda tail: f"srt://{tail}") | st.text(max_size=60))
def test_any_text_is_an_address_or_refused(url: str) -> None:
    try:
        address = checked(url)
    except BadInput:
        return
    assert address.host
    assert 0 < address.port < 65536


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "0.0.0.0", "169.254.1.1", "fe80::1%eth0", "224.0.0.1", "::ffff:127.0.0.1"],
)
def test_this_machine_is_no_place_to_push_to(address: str) -> None:
    check_remote(["10.1.2.3", "2001:db8::1"][:1])
    with pytest.raises(BadInput):
        check_remote(["10.1.2.3", address])


@pytest.mark.parametrize(
    ("url", "found", "door", "tcurl"),
    [
        ("rtmp://h/app/key", "203.0.113.7", "rtmp://203.0.113.7:1935", "rtmp://h:1935/app"),
        ("rtmp://h/a/b/key", "2001:db8::7", "rtmp://[2001:db8::7]:1935", "rtmp://h:1935/a/b"),
        ("srt://h:9000?streamid=x", "203.0.113.7", "srt://203.0.113.7:9000", None),
        ("rtmps://h/app/key", "203.0.113.7", "rtmps://h:443", None),
    ],
)
def test_what_was_looked_at_is_what_is_connected_to(
    url: str, found: str, door: str, tcurl: str | None
) -> None:
    address = checked(url)
    made = pinned(address, found)
    assert made.door == door
    assert dict(made.options).get("rtmp_tcurl") == tcurl
    assert set(address.options) <= set(made.options)
    assert made.shown == address.shown
