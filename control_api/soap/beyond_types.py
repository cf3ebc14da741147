"""Types beyond the standard as structs: call records, engines, organisations, the vendor's sites.

Fields in the order of the schema; names as the vendor's published description spells them.
"""

from datetime import datetime, timedelta

from msgspec import field

from control_api.soap.binding import Wire
from control_api.soap.conference_types import FreeBusyState, PageParam, SiteInfo


class VideoCapbilityItem(Wire, frozen=True):
    """A protocol, and the formats that go with it."""

    video_protocol: int
    video_format: tuple[int, ...] = ()


class TerminalInfo(Wire, frozen=True):
    """A site of the register. The last four are those of SiteInfo, which some callers send."""

    name: str | None = None
    uri: str | None = None
    type: int | None = None
    rate: str | None = None
    video_capbility: tuple[VideoCapbilityItem, ...] = ()
    reg_user: str | None = None
    reg_password: str | None = None
    origin: int | None = field(default=None, name="from")
    dialing_mode: int | None = None
    video_format: int | None = None
    video_protocol: int | None = None


class ConfTextParam(Wire, frozen=True):
    """A text over the picture as later clients send it: `op_type` 0 shows, 1 removes."""

    op_type: int
    text_type: int
    content: str | None = None
    dis_pos: int | None = None
    dis_type: int | None = None
    site_uri_list: tuple[str, ...] = ()


class MultiPointCDRQueryConfig(Wire, frozen=True):
    """Which call records: begun in that time, of all sites or of one; by pages."""

    begin_time: datetime
    duration: timedelta
    site_uri: str | None = None
    page_param: PageParam = PageParam(100, 1)


class MultiPointCDR(Wire, frozen=True):
    """A call record (话单): a site was in a conference; `rate` is what it sent on average."""

    site_name: str
    site_uri: str
    site_type: int
    participant_type: int
    rate: str
    start_time: datetime
    end_time: datetime
    conference_name: str
    conference_id: str
    conference_creater: str
    bill_code: str


class ConfRecordAddr(Wire, frozen=True):
    """Where a recording of a conference is to be had."""

    conf_id: str
    record_addr: str


class SiteMCU(Wire, frozen=True):
    """Which engine carries a site."""

    site_uri: str
    mcu_id: int


class MCUInfo(Wire, frozen=True):
    """An engine; `stutas` is 1 while it answers, else 0."""

    id: int
    name: str
    type: int
    ip1: str | None = None
    port1: int | None = None
    ip2: str | None = None
    port2: int | None = None
    domain_name: str = ""
    stutas: int = 0


class ResourceOccupiedStatus(Wire, frozen=True):
    """How much is free in a span."""

    free_count: int
    total_count: int
    begin_time: datetime
    duration: timedelta


class MCUResourceItem(Wire, frozen=True):
    """Of one kind of resource, span after span."""

    resource_type: int
    resource_status: tuple[ResourceOccupiedStatus, ...] = ()


class MCUResource(Wire, frozen=True):
    """What will be free on an engine."""

    mcu_id: int
    resource_list: tuple[MCUResourceItem, ...] = ()


class OrganizationItem(Wire, frozen=True):
    """An organisation: its path, and its name."""

    id: str
    name: str


class VideoParam(Wire, frozen=True):
    """How content is coded; without effect: it is coded as its sites have agreed."""

    protocol: int | None = None
    format: int | None = None


class AdhocNotice(Wire, frozen=True):
    """Who is told when it begins."""

    email: str | None = None
    content: str | None = None
    telephone: str | None = None


class AdhocConfTemplateParam(Wire, frozen=True):
    """An ad hoc conference; its id is the name that it was first given."""

    adhoc_conf_template_id: str | None = None
    name: str | None = None
    access_code: str | None = None
    duration: timedelta | None = None
    bill_code: str | None = None
    password: str | None = None
    cp_resource: int | None = None
    cp_resouce: int | None = None
    rate: str | None = None
    media_encrypt_type: int | None = None
    is_live_broadcast: int | None = None
    is_recording: int | None = None
    presentation: int | None = None
    chairman_password: str | None = None
    presentation_video: VideoParam | None = None
    main_site_uri: str | None = None
    notice: AdhocNotice | None = None
    max_sites_count: int | None = None
    reserved_csd_ports: int | None = None
    state: int | None = None
    sites: tuple[SiteInfo, ...] = ()


class AdhocConference(Wire, frozen=True):
    """Its name, and the code that begins it."""

    name: str
    conf_access_code: str


class AdhocConfFreeBusyState(Wire, frozen=True):
    """When the conference of a code takes place."""

    conf_access_code: str
    freebusys: tuple[FreeBusyState, ...] = ()
