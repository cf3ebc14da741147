"""What can be set from outside: read once at start, from the environment or the command line."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from mcu_core.errors import BadInput

PREFIX = "MCU_CONTROL_"


class Settings(BaseSettings):
    """Options of the control process; the environment gives them as MCU_CONTROL_<NAME>."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    tls_cert: Path | None = None
    tls_key: Path | None = None
    """PEM files; with them pages and API are served over HTTPS, which browsers want for cameras."""
    proxies: str = ""
    """Addresses of reverse proxies, with commas: what they say in X-Forwarded-For is believed."""
    data: Path = Path("var")
    database: str = ""
    """postgresql://user:password@host/name; empty: the SQLite file mcu.sqlite3 of the data."""
    engines: dict[str, Path] = Field(default_factory=dict)
    """Name and Unix socket of each media engine."""
    recorder: Path | None = None
    """Unix socket of the recorder; None where nothing is recorded."""
    demo: Path | None = None
    """A folder with demo.json: a demo conference is kept whose sites play its clips."""
    media: Path | None = None
    """File sites play clips of this folder only; None: the folder media of the data."""
    admin_password_file: Path | None = None
    """The first start takes the password of `admin` from here instead of inventing one."""
    keep_days: float = Field(0.0, ge=0)
    """Recordings older than this are deleted, those on hold apart; 0 keeps them for ever."""
    archive: str = ""
    """Where recordings that have ended are moved, such as s3://bucket/prefix; empty: nowhere."""
    archive_after_days: float = Field(0.0, ge=0)
    """How old they are then."""
    keep_calls_days: int = Field(0, ge=0)
    """Call records older than this are deleted; 0 keeps them for ever."""
    push_local: bool = False
    """Whether conferences may be pushed to this machine itself, as to a streaming server on it."""
    read_slides: bool = True
    """Whether the slides of recordings that have ended are read, to be found by their words."""
    pacs: dict[str, str] = Field(default_factory=dict)
    """Name and address (TITLE@host:port) of each DICOM archive that recordings can be sent to."""
    pacs_title: str = "MCU"
    """Our own AE title there."""
    session_hours: float = Field(12.0, gt=0, le=24 * 366)
    password_days: float = Field(90.0, ge=0)
    """How old a password may be at a login before it must be changed; 0: as old as it likes."""
    password_history: int = Field(4, ge=0, le=24)
    """How many passwords before the present one must not come again."""
    engine_patience_s: float = Field(10.0, gt=0)
    """An engine may be away that long before its conferences move to another one."""
    snapshot_every_s: float = Field(2.0, gt=0)
    """How often engines are asked for what no event tells: picture sizes, rates, counters."""

    soap_mute_on: int = Field(0, ge=0, le=1)
    """What mutes in setSitesMute and setSitesQuiet; 1: for callers of the other reading."""
    soap_lock_on: int = Field(1, ge=0, le=1)
    """What locks a site's video source in setVSAttrCtrl; 0: for callers of the other reading."""
    soap_single_login: bool = False
    """Whether a gateway user who is logged in must log out before logging in again."""

    alarm_cpu: float = Field(0.9, gt=0, le=1)
    alarm_memory: float = Field(0.9, gt=0, le=1)
    alarm_disk: float = Field(0.9, gt=0, le=1)
    """From which share of the machine in use on there is an alarm."""
    alarm_loss: float = Field(0.05, gt=0, le=1)
    """From which share of lost packets of a site, over half a minute, on there is an alarm."""
    alarm_after_s: float = Field(30.0, ge=0)
    """How long it must be so; as long it must be a tenth better until the alarm is over."""

    webhooks: str = ""
    """Addresses that events are posted to, with commas: https://host/path."""
    webhook_secret: str = ""
    """Signs them (HMAC-SHA256); must be given where there are any."""
    webhook_events: str = "alarm,recording,gone"
    """Which events of the feed, with commas."""
    webhook_http: bool = False
    """Whether http:// is allowed, too."""
    webhook_networks: str = ""
    """Only to these networks, with commas: 10.0.0.0/8; empty: anywhere but this machine."""

    zone: str = "Asia/Shanghai"
    """The zone of recurring conferences, and of times, for callers who name none."""
    mail_server: str = ""
    """Who is told of bookings by mail gets it by this server: smtp://host:25, smtps://user:…@host."""
    mail_from: str = ""
    """The address that it comes from."""
    mail_link: str = ""
    """Where people reach the pages, as https://mcu.hospital.example; stands in mails."""
    port_units: int = Field(0, ge=0)
    """Ports for bookings in units of SD (1080p60 is 8, 1080p30 4, 720p30 2); 0: not counted."""
    series_codes: bool = False
    """Whether each occurrence of a series booked over SOAP has an access code of its own."""
    prolong_least_min: float = Field(1, gt=0)
    prolong_most_min: float = Field(1440, gt=0)
    """How much a conference may be prolonged at once, in minutes."""

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as error:  # unknown, no name at all, a folder
            raise ValueError("a zone such as Asia/Shanghai") from error
        return zone

    @property
    def clips(self) -> tuple[Path, ...]:
        """Folders whose files may be played as sites."""
        folders = (self.media or self.data / "media", self.demo)
        return tuple(folder for folder in folders if folder is not None)

    @property
    def recordings(self) -> Path:
        """Where the recorder keeps its files."""
        return self.data / "recordings"


def read_settings(**given: Any) -> Settings:
    """The environment's settings, and those given; raises BadInput, which names the variable."""
    try:
        return Settings(**given)
    except SettingsError as error:
        raise BadInput(f"{PREFIX}…", f"JSON where it is a table ({error})") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        expected = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
        raise BadInput(variable(str(first["loc"][0])), expected) from error


def variable(setting: str) -> str:
    """The name by which the environment gives a setting; any other field's is its own."""
    return f"{PREFIX}{setting.upper()}" if setting in Settings.model_fields else setting
