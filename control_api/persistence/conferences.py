"""Rows of wanted conferences, of RTP sites' offers and of wanted recordings."""

from dataclasses import dataclass, field

import msgspec
import structlog
from sqlalchemy import text

from control_api.persistence.database import Database
from control_api.persistence.rules import OPEN, Rules
from mcu_core.contract.definition import ConferenceDefinition

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RtpOffer:
    """What an RTP site offered, and the local ports (video, audio) that it was given."""

    sdp: str
    ports: tuple[int, int]


@dataclass(frozen=True, slots=True)
class WantedRecording:
    """A recording that shall be running."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class WantedConference:
    """Everything that is wanted of one conference, and the engine that shall carry it."""

    definition: ConferenceDefinition
    engine: str
    rtp: dict[str, RtpOffer] = field(default_factory=dict)
    recording: WantedRecording | None = None
    rules: Rules = OPEN


class ConferenceRows:
    """Reads and writes wanted conferences; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> list[WantedConference]:
        """All conferences that can be read, in the order in which they were made."""
        async with self._database.begin() as connection:
            conferences = await connection.execute(
                text("SELECT id, engine, definition, rules FROM conferences ORDER BY made, id")
            )
            offers = await connection.execute(
                text("SELECT conference, site, offer_sdp, video_port, audio_port FROM rtp_offers")
            )
            recordings = await connection.execute(
                text("SELECT conference, id, title FROM wanted_recordings")
            )
        rtp: dict[str, dict[str, RtpOffer]] = {}
        for row in offers:
            offer = RtpOffer(row.offer_sdp, (row.video_port, row.audio_port))
            rtp.setdefault(row.conference, {})[row.site] = offer
        recording = {row.conference: WantedRecording(row.id, row.title) for row in recordings}
        wanted = []
        for row in conferences:
            try:
                definition = msgspec.json.decode(row.definition, type=ConferenceDefinition)
                rules = msgspec.json.decode(row.rules, type=Rules)
            except msgspec.MsgspecError as error:  # the others are wanted all the same
                log.error("a conference cannot be read", conference=row.id, reason=str(error))
                continue
            offers_of = rtp.get(row.id, {})
            wanted.append(
                WantedConference(definition, row.engine, offers_of, recording.get(row.id), rules)
            )
        return wanted

    async def put(self, wanted: WantedConference) -> None:
        """Write a conference with its offers and its recording, new or changed."""
        conference = wanted.definition.id
        async with self._database.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO conferences (id, engine, definition, rules, made)"
                    " SELECT :id, :engine, :definition, :rules, coalesce(max(made), 0) + 1"
                    " FROM conferences WHERE true"
                    " ON CONFLICT (id) DO UPDATE"
                    " SET engine = :engine, definition = :definition, rules = :rules"
                ),
                {
                    "id": conference,
                    "engine": wanted.engine,
                    "definition": msgspec.json.encode(wanted.definition).decode(),
                    "rules": msgspec.json.encode(wanted.rules).decode(),
                },
            )
            await connection.execute(
                text("DELETE FROM rtp_offers WHERE conference = :id"), {"id": conference}
            )
            for site, offer in wanted.rtp.items():
                await connection.execute(
                    text(
                        "INSERT INTO rtp_offers"
                        " (conference, site, offer_sdp, video_port, audio_port)"
                        " VALUES (:conference, :site, :sdp, :video, :audio)"
                    ),
                    {
                        "conference": conference,
                        "site": site,
                        "sdp": offer.sdp,
                        "video": offer.ports[0],
                        "audio": offer.ports[1],
                    },
                )
            await connection.execute(
                text("DELETE FROM wanted_recordings WHERE conference = :id"), {"id": conference}
            )
            if wanted.recording is not None:
                await connection.execute(
                    text(
                        "INSERT INTO wanted_recordings (conference, id, title)"
                        " VALUES (:conference, :id, :title)"
                    ),
                    {
                        "conference": conference,
                        "id": wanted.recording.id,
                        "title": wanted.recording.title,
                    },
                )

    async def remove(self, conference: str) -> None:
        """Forget a conference and what belongs to it."""
        async with self._database.begin() as connection:
            await connection.execute(
                text("DELETE FROM conferences WHERE id = :id"), {"id": conference}
            )
