"""What a recorder counts, by the names under which it is measured."""

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class RecorderTallies:
    """Totals of this process since it began."""

    recorder_units_total: int = 0
    recorder_units_lost_total: int = 0
    """By the tap, because we read too slowly."""
    recorder_units_undecodable_total: int = 0
    """Pictures passed over because the keyframe before them is missing."""
    recorder_units_stale_total: int = 0
    """Replayed ones that were stored already."""
    recorder_units_malformed_total: int = 0
    recorder_frames_silent_total: int = 0
    """Sound frames of silence put in where some were missing."""
    recorder_fragments_total: int = 0
    recorder_fragments_dropped_total: int = 0
    """Not written because the disk is too slow."""
    recorder_bytes_total: int = 0
    recorder_data_total: int = 0
    """Values of timed data that were taken, such as vital signs."""
    recorder_data_dropped_total: int = 0
    recorder_gaps_total: int = 0
    recorder_tap_connections_total: int = 0
    recorder_syncs_total: int = 0
    recorder_sync_longest_ms: float = 0.0
    recorder_recordings_failed_total: int = 0
    recorder_recordings_active: int = 0

    def as_counters(self) -> dict[str, float]:
        """By name."""
        return asdict(self)
