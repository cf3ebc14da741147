"""A receiver asks at once, then patiently, and stops when pictures come."""

from mcu_core.ingress.keyframe_wish import ASK_EVERY_NS, KeyframeWish


def test_asks_at_once_and_then_twice_a_second() -> None:
    wish = KeyframeWish()
    asked = [now for now in range(0, 2 * 10**9, 20_000_000) if wish.due(now)]
    assert asked == [0, ASK_EVERY_NS, 2 * ASK_EVERY_NS, 3 * ASK_EVERY_NS]


def test_content_when_pictures_come() -> None:
    wish = KeyframeWish()
    assert wish.due(0)
    wish.came()
    assert not wish.due(10 * ASK_EVERY_NS)


def test_a_loss_after_a_picture_is_told_at_once() -> None:
    wish = KeyframeWish()
    assert wish.due(0)
    wish.came()
    wish.lost()
    assert wish.due(1)
    wish.lost()
    assert not wish.due(2)
