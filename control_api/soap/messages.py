"""What stands in requests and answers: one struct per form, fields in the order of the schema.

Names within are those of the standard, turned into ours by `rename`; times and lengths are values.
"""

from datetime import datetime, timedelta

from msgspec import field

from control_api.soap.beyond_types import ConfTextParam
from control_api.soap.binding import Wire
from control_api.soap.conference_types import (
    AuxStreamInfo,
    BroadInfo,
    CameraControl,
    ConferenceInfo,
    ConferenceStatus,
    PagesInfo,
    QueryConfig,
    RecurrenceConfInfo,
    SiteAccessInfo,
    SiteControl,
    SiteFreeBusyStates,
    SiteInfo,
    SiteStatus,
    SiteVolume,
    VideoSourcesInfo,
)

# ---------------------------------------------------------------------- requests


class Nothing(Wire, frozen=True):
    """A request without content."""


class LoginRequest(Wire, frozen=True):
    user_name: str
    client_type: str | None = None
    version: int | None = None


class Authenticate(Wire, frozen=True):
    encrypt_password: bytes


class ScheduleConf(Wire, frozen=True):
    schedule_conf: ConferenceInfo


class ScheduleRecurrence(Wire, frozen=True):
    schedule_conf: RecurrenceConfInfo


class EditConf(Wire, frozen=True):
    edit_conf: ConferenceInfo


class EditRecurrence(Wire, frozen=True):
    edit_conf: RecurrenceConfInfo
    begin_time: datetime | None = None


class Prolong(Wire, frozen=True):
    conf_id: str
    begin_date: datetime | None = None
    prolong_time: timedelta = timedelta()


class SitesWhen(Wire, frozen=True):
    site_uris: tuple[str, ...]
    begin_time: datetime
    duration: timedelta


class ConfIds(Wire, frozen=True):
    conf_ids: tuple[str, ...] = ()


class Conf(Wire, frozen=True):
    conf_id: str


class ConfSites(Wire, frozen=True):
    conf_id: str
    site_uris: tuple[str, ...] = ()


class AddSite(Wire, frozen=True):
    conf_id: str
    site_info: SiteInfo
    begin_time: datetime | None = None


class DelSite(Wire, frozen=True):
    conf_id: str
    site_uri: str
    begin_time: datetime | None = None


class DelConf(Wire, frozen=True):
    conf_id: str
    begin_time: tuple[datetime, ...] = ()


class ConfTarget(Wire, frozen=True):
    conf_id: str
    target: str | None = None


class VideoSource(Wire, frozen=True):
    conf_id: str
    site_uri: str
    video_source_uri: str
    is_lock: int | None = None


class AudioSwitch(Wire, frozen=True):
    conf_id: str
    switch_gate: int | None = None
    is_switch: int = 0


class SitesMute(Wire, frozen=True):
    conf_id: str
    site_uris: tuple[str, ...]
    is_mute: int


class SitesQuiet(Wire, frozen=True):
    conf_id: str
    site_uris: tuple[str, ...]
    is_quiet: int


class ContinuousPresence(Wire, frozen=True):
    conf_id: str
    target: str | None = None
    presence_mode: int = 0
    sub_pics: tuple[str, ...] = ()


class SiteAction(Wire, frozen=True):
    site_uri: str
    action: int


class BroadcastSite(Wire, frozen=True):
    conf_id: str
    site_uri: str
    is_broadcast: int


class BroadcastPresence(Wire, frozen=True):
    conf_id: str
    is_broadcast: int


class ConfChair(Wire, frozen=True):
    conf_id: str
    chairman_uri: str


class Site(Wire, frozen=True):
    site_uri: str


class ConfSite(Wire, frozen=True):
    conf_id: str
    site_uri: str = ""


class SiteVolumes(Wire, frozen=True):
    conf_id: str
    site_volumes: tuple[SiteVolume, ...]


class SiteControls(Wire, frozen=True):
    conf_id: str
    ws_ctrl_site_comm_params: tuple[SiteControl, ...]


class MoveSite(Wire, frozen=True):
    conf_id: str
    site_uri: str
    dest_conf_id: str


class Query(Wire, frozen=True):
    query_config: QueryConfig


class TextControl(Wire, frozen=True):
    """Either the three values themselves, or all in `ws_conf_text_param`."""

    conf_id: str
    text_type: int = 0
    action: int = 0
    content: str | None = None
    ws_conf_text_param: ConfTextParam | None = None


class AuxStream(Wire, frozen=True):
    site_uri: str
    control_code: int


class Camera(Wire, frozen=True):
    site_uri: str
    camera_control: CameraControl


class SiteUris(Wire, frozen=True):
    site_uris: tuple[str, ...] = ()


class GetPublicKey(Wire, frozen=True):
    secret_type: str


class SetSecretKey(Wire, frozen=True):
    secret_type: str
    secret_key: str
    iv: str


# ---------------------------------------------------------------------- answers


class Result(Wire, frozen=True):
    """Every answer begins with its code; alone it is the answer to most requests."""

    result_code: int = 0


class LoginAnswer(Result, frozen=True):
    random_sequence: bytes | None = None
    hash_type: str | None = None


class PublicKeyAnswer(Result, frozen=True):
    public_key: str | None = None


class ConferenceAnswer(Result, frozen=True):
    conference_info: ConferenceInfo | None = None


class RecurrenceAnswer(Result, frozen=True):
    recurrence_conf_info: RecurrenceConfInfo | None = None


class SitesAnswer(Result, frozen=True):
    site_infos: tuple[SiteInfo, ...] = ()


class SitesPageAnswer(SitesAnswer, frozen=True):
    page_info: PagesInfo | None = None


class FreeBusyAnswer(Result, frozen=True):
    site_free_busy_states: tuple[SiteFreeBusyStates, ...] = ()


class ConferencesStatusAnswer(Result, frozen=True):
    conference_statuses: tuple[ConferenceStatus, ...] = ()


class ConferencesPageAnswer(Result, frozen=True):
    confs: tuple[ConferenceStatus, ...] = ()
    page_info: PagesInfo | None = None


class SitesStatusAnswer(Result, frozen=True):
    site_statuses: tuple[SiteStatus, ...] = ()


class AccessAnswer(Result, frozen=True):
    site_access_infos: tuple[SiteAccessInfo, ...] = ()


class PresenceInfoAnswer(Result, frozen=True):
    targets: tuple[str, ...] = ()
    cp_resource: int | None = None
    modes: tuple[int, ...] = field(default=(), name="supportCPModes")


class PresenceParamAnswer(Result, frozen=True):
    presence_mode: int | None = None
    sub_pics: tuple[str, ...] = ()


class BroadAnswer(Result, frozen=True):
    broad_info: BroadInfo | None = None


class VideoSourcesAnswer(Result, frozen=True):
    video_sources_infos: tuple[VideoSourcesInfo, ...] = ()


class AuxStreamsAnswer(Result, frozen=True):
    aux_streams: tuple[AuxStreamInfo, ...] = ()


class NumberAnswer(Result, frozen=True):
    """0 or 1: whether it is so."""

    result: int | None = None
