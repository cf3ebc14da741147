"""When an alarm is raised and when it is over: pure."""

from collections.abc import Mapping
from dataclasses import dataclass

NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Threshold:
    """Raised at `high` or over it, over at `low` or under it; either only after `hold_s` of it."""

    high: float
    low: float
    hold_s: float


SEVERITIES = {
    "cpu": "warning",
    "memory": "critical",
    "disk": "critical",
    "loss": "warning",
    "engine": "critical",
    "recorder": "critical",
}
"""By kind. Critical: conferences or recordings fail, or soon will; warning: they get worse."""

Key = tuple[str, str]
"""Kind and object of an alarm."""


class Levels:
    """Which alarms are on, by what was measured."""

    def __init__(self, thresholds: Mapping[str, Threshold]) -> None:
        self._thresholds = thresholds
        self._since_ns: dict[Key, int] = {}
        """Since when it has been as it would have to be for a change."""
        self.on: set[Key] = set()

    def look(self, measured: Mapping[Key, float], now_ns: int) -> tuple[list[Key], list[Key]]:
        """What is raised and what is over by these measurements.

        What is not among them any more is over: there is nothing that it could be about.
        """
        gone = [key for key in self.on if key not in measured]
        raised: list[Key] = []
        over: list[Key] = gone
        for key, value in measured.items():
            threshold = self._thresholds[key[0]]
            changes = value <= threshold.low if key in self.on else value >= threshold.high
            if not changes:
                self._since_ns.pop(key, None)
                continue
            since_ns = self._since_ns.setdefault(key, now_ns)
            if now_ns - since_ns >= threshold.hold_s * NS_PER_S:
                (over if key in self.on else raised).append(key)
        for key in [*raised, *over]:
            self._since_ns.pop(key, None)
        self._since_ns = {key: since for key, since in self._since_ns.items() if key in measured}
        self.on = (self.on | set(raised)) - set(over)
        return raised, over
