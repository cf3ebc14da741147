"""The types of WS/T 546-2017 clause 4.3 as structs, fields in the order of the schema."""

from datetime import datetime, timedelta

from msgspec import field

from control_api.soap.binding import Wire


class SiteInfo(Wire, frozen=True):
    """Table 6. `type`, `from` and `dialingMode` are left out by clients that set none."""

    name: str | None = None
    uri: str | None = None
    type: int | None = None
    origin: int | None = field(default=None, name="from")
    dialing_mode: int | None = None
    rate: str | None = None
    video_format: int | None = None
    video_protocol: int | None = None
    is_lock_video_source: int | None = None
    participant_type: int | None = None
    status: int | None = None


class ConferenceNotice(Wire, frozen=True):
    """Whom later clients want told of a conference."""

    email: str | None = field(default=None, name="Email")
    content: str | None = field(default=None, name="Content")


class ConferenceInfo(Wire, frozen=True):
    """Table 4; `cpResouce` is spelt so on the wire. Passwords come in, and never go out."""

    conf_id: str | None = None
    name: str | None = None
    begin_time: datetime | None = None
    duration: timedelta | None = None
    access_code: str | None = None
    password: str | None = None
    chairman_password: str | None = None
    media_encrypt_type: int | None = None
    aux_video_format: int | None = None
    aux_video_protocol: int | None = None
    cp_resouce: int | None = None
    rate: str | None = None
    is_recording: int | None = None
    recorder_addr: str | None = None
    is_live_broadcast: int | None = None
    presentation: int | None = None
    status: int | None = None
    bill_code: str | None = None
    sites: tuple[SiteInfo, ...] = ()
    main_site_uri: str | None = None
    conference_notice: ConferenceNotice | None = None
    max_sites_count: int | None = None


class SiteAccessInfo(Wire, frozen=True):
    """Table 7."""

    uri: str
    conf_access_code: str
    begin_time: datetime
    mcu_uri: str | None = None


class RecurrenceConfInfo(ConferenceInfo, frozen=True):
    """Table 5. `week_day` is which week of the month, `week_days` the days of the week."""

    frequency: int = 0
    interval: int = 1
    week_days: tuple[int, ...] = ()
    week_day: int | None = None
    time_zone: str | None = None
    month_day: int | None = None
    count: int | None = None
    end_date: datetime | None = None
    site_access_infos: tuple[SiteAccessInfo, ...] = ()


class ConferenceStatus(Wire, frozen=True):
    """Table 8."""

    id: str
    name: str | None
    status: int
    chair: str | None = None
    broadcast: str | None = None
    speaking: str | None = None
    presentation: str | None = None
    is_lock: int | None = None
    is_audio_switch: int | None = None
    switch_gate: int | None = None
    begin_time: datetime | None = None
    end_time: datetime | None = None


class SiteStatus(Wire, frozen=True):
    """Table 9."""

    uri: str
    name: str
    status: int
    volume: int
    video_source: str
    is_mute: int
    is_quiet: int
    type: int


class FreeBusyState(Wire, frozen=True):
    """Table 10: `state` 0 free, 1 busy, 2 no such site."""

    start_time: datetime | None = None
    span: timedelta | None = None
    state: int = 0
    conf_id: str | None = None
    conf_name: str | None = None


class SiteFreeBusyStates(Wire, frozen=True):
    """Table 14."""

    uri: str
    states: tuple[FreeBusyState, ...] = ()


class CameraControl(Wire, frozen=True):
    """Table 11."""

    cam_state: int
    cam_action: int
    cam_pos: int | None = None
    cam_src: int | None = None


class AuxStreamInfo(Wire, frozen=True):
    """What a site can send as content."""

    id: int
    name: str


class VideoSourcesInfo(Wire, frozen=True):
    """Table 13: `sources_state` 0 nothing connected, 1 connected."""

    sources_id: int
    sources_state: int
    sources_name: str | None = None


class BroadInfo(Wire, frozen=True):
    """Table 12: whether live and recording can be had (1), and whether they run (1)."""

    direct_broad: int
    record_broad: int
    direct_broad_status: int | None = None
    record_broad_status: int | None = None


class SiteControl(Wire, frozen=True):
    """What is done to one of several sites: whether its video source is locked."""

    site_uri: str
    opera_type_param: int


class SortItem(Wire, frozen=True):
    """How a list by pages is sorted: `sort` 0 upwards, 1 downwards, by the column `item_index`."""

    sort: int
    item_index: int


class Filter(Wire, frozen=True):
    """What a column of a list by pages must contain, or the bounds that it must keep."""

    column_index: int
    value: str | None = None
    greater_than: str | None = None
    less_than: str | None = None
    equal_to: str | None = None


class PageParam(Wire, frozen=True):
    """Which page; the first is 1."""

    number_per_page: int
    current_page: int


class QueryConfig(Wire, frozen=True):
    """What a list by pages is to have."""

    sort_items: tuple[SortItem, ...] = ()
    filters: tuple[Filter, ...] = ()
    focus_item: int | None = None
    page_param: PageParam = PageParam(100, 1)


class PagesInfo(Wire, frozen=True):
    """Which page of a list it is."""

    total_pages: int
    current_page: int
    total_records: int


class SiteVolume(Wire, frozen=True):
    """How loud a site is heard, 0..100."""

    site_uri: str
    volume: int
