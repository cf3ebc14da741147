"""The faulty network: what is asked for happens, and with the same seed it happens again."""

import pytest

from benchmarks.load.faults import OVERTAKEN_MS, Faults, FaultyWay
from mcu_core.media.clock import NS_PER_MS

PACKETS = 20_000
MANY = 1200


def arrivals(faults: Faults, count: int = PACKETS, seed: int = 1) -> list[tuple[int, ...]]:
    """Of one packet a millisecond, in ms after each left."""
    way = FaultyWay(faults, seed)
    return [
        tuple(round(at / NS_PER_MS - k) for at in way.carry(MANY, k * NS_PER_MS))
        for k in range(count)
    ]


def lost_runs(came: list[tuple[int, ...]]) -> list[int]:
    runs, run = [], 0
    for one in came:
        if not one:
            run += 1
        elif run:
            runs.append(run)
            run = 0
    return runs


def test_a_way_without_faults_passes_all_at_once() -> None:
    assert arrivals(Faults(), 100) == [(0,)] * 100


@pytest.mark.parametrize("faults", [Faults(loss=0.1), Faults(bursts=0.2), Faults(jitter_ms=50)])
def test_a_seed_decides_all(faults: Faults) -> None:
    assert arrivals(faults, 1000) == arrivals(faults, 1000)
    assert arrivals(faults, 1000) != arrivals(faults, 1000, seed=2)


def test_what_happens_to_one_packet_does_not_move_the_dice_of_the_next() -> None:
    jitter = arrivals(Faults(jitter_ms=50), 1000)
    both = arrivals(Faults(jitter_ms=50, loss=0.3), 1000)
    assert [one for one, other in zip(jitter, both, strict=True) if other] == [
        other for other in both if other
    ]


def test_single_losses() -> None:
    came = arrivals(Faults(loss=0.1))
    runs = lost_runs(came)
    assert sum(runs) / PACKETS == pytest.approx(0.1, abs=0.01)
    assert sum(runs) / len(runs) == pytest.approx(1 / 0.9, abs=0.05)


def test_bursts_have_their_share_and_their_length() -> None:
    came = arrivals(Faults(bursts=0.2))
    runs = lost_runs(came)
    assert sum(runs) / PACKETS == pytest.approx(0.2, abs=0.03)
    assert sum(runs) / len(runs) == pytest.approx(5, abs=0.5)


def test_delay_and_jitter() -> None:
    late = [at for (at,) in arrivals(Faults(delay_ms=50, jitter_ms=100))]
    assert 50 <= min(late) < 52
    assert 148 < max(late) <= 150
    assert sum(late) / len(late) == pytest.approx(100, abs=2)


def test_packets_overtake_each_other_unless_the_way_is_in_order() -> None:
    def order(in_order: bool) -> list[int]:
        came = arrivals(Faults(jitter_ms=30, in_order=in_order), 1000)
        return [k + at for k, (at,) in enumerate(came)]

    assert order(True) == sorted(order(True))
    assert order(False) != sorted(order(False))


def test_duplicates_and_those_held_back() -> None:
    came = arrivals(Faults(duplicates=0.05, overtaken=0.1))
    assert sum(len(one) == 2 for one in came) / PACKETS == pytest.approx(0.05, abs=0.01)
    held = sum(one[0] == OVERTAKEN_MS for one in came)
    assert held / PACKETS == pytest.approx(0.1, abs=0.01)


def test_a_rate_fills_its_queue_and_then_drops() -> None:
    faults = Faults(rate_bps=4_800_000, queue_ms=100)  # half of what comes
    way = FaultyWay(faults)
    late = []
    for k in range(PACKETS):
        late += [at / NS_PER_MS - k for at in way.carry(MANY, k * NS_PER_MS)]
    assert max(late) <= 100 + 2
    assert late[-1] > 95
    assert way.passed == pytest.approx(PACKETS / 2, rel=0.02)
    assert way.passed + way.overflowed == PACKETS


def test_faults_change_in_the_middle() -> None:
    way = FaultyWay(Faults(loss=1.0))
    assert way.carry(MANY, 0) == ()
    way.faults = Faults()
    assert way.carry(MANY, NS_PER_MS) == (NS_PER_MS,)


@pytest.mark.parametrize(
    "wrong", [{"loss": 1.1}, {"bursts": 1.0}, {"delay_ms": -1}, {"mean_burst": 0.5}]
)
def test_nonsense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="that are none"):
        Faults(**wrong)  # type: ignore[arg-type] # numbers by name
