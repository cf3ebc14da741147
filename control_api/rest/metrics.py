"""Metrics in Prometheus' text form, made out of what is known when they are asked for."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from control_api.services.bridge import Bridge
from mcu_core.contract.snapshots import ConferenceSnapshot, EngineSnapshot

OF_CONFERENCE = ("engine", "conference")

CONFERENCE_COUNTERS: tuple[tuple[str, str, str], ...] = (
    ("mcu_pictures_composed", "serial", "Pictures composed"),
    ("mcu_late_ticks", "late_ticks", "Video ticks over one frame late"),
    ("mcu_late_audio_ticks", "late_audio_ticks", "Sound ticks that came late"),
)
CONFERENCE_GAUGES: tuple[tuple[str, str, str], ...] = (
    ("mcu_decoders", "decoders", "Video decoders at work"),
    ("mcu_viewers", "viewers", "Connections that only watch"),
)


class BridgeCollector(Collector):
    """Gauges and counters of the whole system, from the newest snapshots."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def collect(self) -> Iterator[Metric]:
        """All metrics as they are now."""
        bridge = self._bridge
        yield gauge("mcu_conferences", "Conferences that are wanted", len(bridge.wanted.all()))
        yield gauge("mcu_sites_joined", "Sites that are connected", bridge.observed.joined())
        yield gauge("mcu_recorder_up", "Whether the recorder answers", bridge.recordings.up)
        yield gauge("mcu_event_readers", "Readers of the event feed", bridge.feed.readers)
        yield counter("mcu_events_dropped", "Levels dropped", bridge.feed.events_dropped)
        yield counter("mcu_event_readers_cut", "Readers too slow", bridge.feed.readers_cut)
        yield gauge("mcu_live_viewers", "Viewers of live conferences", bridge.live.viewers)
        skips = bridge.live.tallies.live_skips_total
        yield counter("mcu_live_skips", "Live viewers too slow up to a keyframe", skips)
        yield from self._told()
        yield from self._engines()

    def _told(self) -> Iterator[Metric]:
        """Alarms, webhooks, call records."""
        alarms = GaugeMetricFamily("mcu_alarm", "1 while it is on", labels=["kind", "object"])
        for alarm in self._bridge.alarms.active:
            alarms.add_metric([alarm.kind, alarm.object], 1.0)
        yield alarms
        delivered = CounterMetricFamily("mcu_webhooks", "Events delivered", labels=["to"])
        dropped = CounterMetricFamily("mcu_webhooks_dropped", "Events dropped", labels=["to"])
        dead = GaugeMetricFamily("mcu_webhooks_dead", "Events given up", labels=["to"])
        waiting = GaugeMetricFamily("mcu_webhooks_waiting", "Events that wait", labels=["to"])
        for queue in self._bridge.webhooks.queues:
            to = [queue.target.shown]
            delivered.add_metric(to, queue.delivered)
            dropped.add_metric(to, queue.dropped)
            dead.add_metric(to, queue.dead)
            waiting.add_metric(to, len(queue.waiting))
        yield from (delivered, dropped, dead, waiting)
        missed, unkept = self._bridge.webhooks.missed, self._bridge.webhooks.unkept
        yield counter("mcu_webhooks_unkept", "Changes that the database did not take", unkept)
        yield counter("mcu_webhooks_missed", "Times that events were too many", missed)
        yield counter("mcu_call_records_dropped", "Records lost", self._bridge.calls.dropped)

    def _engines(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("mcu_engine_up", "Whether an engine answers", labels=["engine"])
        restarts = CounterMetricFamily(
            "mcu_engine_restarts", "New engine processes seen", labels=["engine"]
        )
        load = GaugeMetricFamily(
            "mcu_engine_load", "Load as the engine counts it", labels=["engine", "what"]
        )
        snapshots = []
        for name, member in self._bridge.keeper.fleet.members.items():
            up.add_metric([name], float(member.link.up))
            restarts.add_metric([name], member.restarts)
            if member.snapshot is not None and member.link.up:
                snapshots.append(member.snapshot)
                for what, value in member.snapshot.counters.items():
                    load.add_metric([name, what], value)
        yield from (up, restarts, load)
        yield from _conferences(snapshots)


def _conferences(snapshots: list[EngineSnapshot]) -> Iterator[Metric]:
    rows: list[tuple[str, ConferenceSnapshot]] = [
        (snapshot.name, conference) for snapshot in snapshots for conference in snapshot.conferences
    ]
    for name, field, text in CONFERENCE_COUNTERS:
        counters = CounterMetricFamily(name, text, labels=OF_CONFERENCE)
        for engine, conference in rows:
            counters.add_metric([engine, conference.id], getattr(conference, field))
        yield counters
    for name, field, text in CONFERENCE_GAUGES:
        gauges = GaugeMetricFamily(name, text, labels=OF_CONFERENCE)
        for engine, conference in rows:
            gauges.add_metric([engine, conference.id], getattr(conference, field))
        yield gauges
    rates = GaugeMetricFamily(
        "mcu_site_fps", "Pictures per second that a site sends", labels=(*OF_CONFERENCE, "site")
    )
    for engine, conference in rows:
        for site in conference.sites:
            rates.add_metric([engine, conference.id, site.id], site.fps)
    yield rates


def gauge(name: str, text: str, value: float) -> Metric:
    """A gauge without labels."""
    return GaugeMetricFamily(name, text, value=float(value))


def counter(name: str, text: str, value: float) -> Metric:
    """A counter without labels."""
    return CounterMetricFamily(name, text, value=value)


def exposition(bridge: Bridge) -> bytes:
    """The text that Prometheus reads."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(BridgeCollector(bridge))
    return generate_latest(registry)
