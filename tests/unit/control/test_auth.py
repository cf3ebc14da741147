"""Throttle, invitations, roles, names: pure decisions."""

import base64
import hmac

import pytest

from control_api.auth.invitations import Invitation, invite, read_invitation
from control_api.auth.roles import ALLOWED, Action, Principal, Role, check
from control_api.auth.throttle import (
    DAY_NS,
    FREE_ATTEMPTS,
    FREE_OF_SOURCE,
    MOST_KEPT,
    WINDOW_NS,
    Throttle,
    neighbourhood,
)
from control_api.errors import Forbidden, NotLoggedIn
from control_api.services.names import clean_name
from mcu_core.errors import BadInput
from mcu_core.media.clock import NS_PER_SECOND


def test_a_day_has_a_limit_of_its_own() -> None:
    throttle = Throttle(free_of_day=40)
    now_ns = 0
    for k in range(40):
        assert throttle.wait_s(f"code {k}", "2001:db8::1", now_ns) == 0
        throttle.begins(f"code {k}", "2001:db8::2", now_ns)
        throttle.begins("own", "2001:db8::3", now_ns)
        throttle.was_right("own", "2001:db8::3")
        now_ns += WINDOW_NS
    assert throttle.wait_s("code", "2001:db8::1", now_ns) == (DAY_NS - now_ns) // NS_PER_SECOND
    assert throttle.wait_s("code", "192.0.2.1", now_ns) == 0
    assert throttle.wait_s("code", "2001:db8::1", DAY_NS) == 0
    throttle.begins("code", "2001:db8::1", DAY_NS)
    assert throttle.wait_s("code", "2001:db8::1", DAY_NS) == 0, "the next day has begun"


def test_the_sixth_wrong_attempt_waits() -> None:
    throttle = Throttle()
    for _ in range(FREE_ATTEMPTS):
        assert throttle.wait_s("admin", "here", 0) == 0
        throttle.begins("admin", "here", 0)
    assert throttle.wait_s("admin", "here", 0) == 300
    assert throttle.wait_s("admin", "here", 299_500_000_000) == 1
    assert throttle.wait_s("admin", "elsewhere", 0) == 0
    assert throttle.wait_s("somebody", "here", 0) == 0
    assert throttle.wait_s("admin", "here", 300 * NS_PER_SECOND) == 0


def test_an_ipv6_source_is_its_64() -> None:
    throttle = Throttle()
    for number in range(FREE_ATTEMPTS):
        throttle.begins("admin", f"2001:db8:0:1::{number:x}", 0)
    assert throttle.wait_s("admin", "2001:db8:0:1:ffff::1", 0) == 300
    assert throttle.wait_s("admin", "2001:db8:0:2::1", 0) == 0
    throttle.was_right("admin", "2001:db8:0:1::abcd")
    assert throttle.wait_s("admin", "2001:db8:0:1::1", 0) == 0
    sources = ("::ffff:10.0.0.1", "10.0.0.1", "fe80::1%eth0", "here", "")
    assert [neighbourhood(one) for one in sources] == [
        "10.0.0.1",
        "10.0.0.1",
        "fe80::/64",
        "here",
        "",
    ]


def test_a_right_one_forgives() -> None:
    throttle = Throttle()
    for _ in range(FREE_ATTEMPTS):
        throttle.begins("admin", "here", 0)
    throttle.was_right("admin", "here")
    assert throttle.wait_s("admin", "here", 0) == 0


def test_one_source_guesses_at_few_names_and_others_log_in_meanwhile() -> None:
    throttle = Throttle()
    for number in range(FREE_OF_SOURCE):
        assert throttle.wait_s(f"user {number}", "here", 0) == 0
        throttle.begins(f"user {number}", "here", 0)
    assert throttle.wait_s("one more", "here", 0) == 300
    assert throttle.wait_s("one more", "elsewhere", 0) == 0


def test_right_ones_and_those_turned_away_do_not_count() -> None:
    throttle = Throttle()
    for _ in range(2 * FREE_OF_SOURCE):
        assert throttle.wait_s("admin", "here", 0) == 0
        throttle.begins("admin", "here", 0)
        throttle.was_right("admin", "here")
        throttle.begins("other", "here", 0)
        throttle.not_looked_at("other", "here")
    assert throttle.wait_s("other", "here", 0) == 0


def test_the_throttle_does_not_grow_without_end() -> None:
    throttle = Throttle()
    for number in range(MOST_KEPT + 10):
        throttle.begins("admin", f"source {number}", 0)
    assert len(throttle._wrong) == MOST_KEPT


def test_an_invitation_is_good_for_its_seat_until_it_expires() -> None:
    token = invite("secret", Invitation("c", "s", 100.0))
    assert read_invitation("secret", token, 99.0) == Invitation("c", "s", 100.0)
    with pytest.raises(NotLoggedIn, match="expired"):
        read_invitation("secret", token, 100.0)
    with pytest.raises(NotLoggedIn, match="not valid"):
        read_invitation("another secret", token, 0.0)


def test_an_invitation_of_earlier_days_does_not_say_which_chairs_password() -> None:
    known = invite("secret", Invitation("c", "s", 100.0, "p", "mark"))
    assert read_invitation("secret", known, 0.0).chair == "mark"
    body = base64.urlsafe_b64encode(b'{"c":"c","s":"s","e":100,"k":true}').rstrip(b"=").decode()
    signature = hmac.new(b"secret", f"v1.{body}".encode(), "sha256").digest()
    token = f"v1.{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    assert read_invitation("secret", token, 0.0) == Invitation("c", "s", 100.0)


def test_a_changed_invitation_is_refused() -> None:
    token = invite("secret", Invitation("c", "s", 100.0))
    other = invite("other", Invitation("c2", "s", 100.0))
    mixed = ".".join([*other.split(".")[:2], token.split(".")[2]])
    for forged in ("", "v1.", "v1.x.y", token + "A", "A" + token, mixed, "v1." + "A" * 5000):
        with pytest.raises(NotLoggedIn):
            read_invitation("secret", forged, 0.0)


@pytest.mark.parametrize("role", Role)
def test_every_role_may_do_what_the_weaker_may(role: Role) -> None:
    order = [Role.VIEWER, Role.OPERATOR, Role.ADMIN]
    if role in order[:-1]:
        assert ALLOWED[role] < ALLOWED[order[order.index(role) + 1]]
    assert (Action.USERS in ALLOWED[role]) == (role is Role.ADMIN)


def test_a_guest_is_bound_to_one_seat() -> None:
    guest = Principal("guest", Role.GUEST, "c", "s")
    check(guest, Action.JOIN, "c", "s")
    check(guest, Action.SEE_ONE, "c")
    for action, conference, site in (
        (Action.JOIN, "c", "other"),
        (Action.JOIN, "other", "s"),
        (Action.SEE_ONE, "other", ""),
        (Action.SEE, "c", ""),
        (Action.CONTROL, "c", "s"),
    ):
        with pytest.raises(Forbidden):
            check(guest, action, conference, site)


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("  北京协和医院 ", "北京协和医院"),
        ("e\u0301", "é"),
        ("Prof. 👩‍⚕️ Wang", "Prof. 👩‍⚕️ Wang"),
        ("x" * 64, "x" * 64),
    ],
)
def test_a_good_name(given: str, cleaned: str) -> None:
    assert clean_name(given) == cleaned


@pytest.mark.parametrize(
    "name", ["", " \t", "x" * 65, "a\nb", "a\x00b", "\u202eabc", "a\u2028b", "\u200b\u200b"]
)
def test_a_bad_name(name: str) -> None:
    with pytest.raises(BadInput, match=r"^title: "):
        clean_name(name, "title")
