"""What stands in requests and answers beyond the standard, as in messages.py."""

from datetime import datetime, timedelta

from control_api.soap.beyond_types import (
    AdhocConference,
    AdhocConfFreeBusyState,
    AdhocConfTemplateParam,
    ConfRecordAddr,
    MCUInfo,
    MCUResource,
    MultiPointCDR,
    MultiPointCDRQueryConfig,
    OrganizationItem,
    SiteMCU,
    TerminalInfo,
)
from control_api.soap.binding import Wire
from control_api.soap.conference_types import PagesInfo
from control_api.soap.messages import Result


class AddTerminal(Wire, frozen=True):
    org_id: str | None = None
    site_info: TerminalInfo = TerminalInfo()


class EditTerminal(Wire, frozen=True):
    site_info: TerminalInfo


class SiteSources(Wire, frozen=True):
    site_uri: str
    local_main_srcs: tuple[int, ...]
    local_aux_src: int | None = None


class CallRecords(Wire, frozen=True):
    query_config: MultiPointCDRQueryConfig


class SitesThen(Wire, frozen=True):
    conf_id: str
    site_uris: tuple[str, ...] = ()
    begin_time: datetime | None = None


class AddAdhoc(Wire, frozen=True):
    org_id: str | None = None
    adhoc_conf_template: AdhocConfTemplateParam = AdhocConfTemplateParam()


class EditAdhoc(Wire, frozen=True):
    adhoc_conf_template: AdhocConfTemplateParam


class AdhocId(Wire, frozen=True):
    adhoc_conf_template_id: str


class CodesWhen(Wire, frozen=True):
    conf_access_codes: tuple[str, ...]
    begin_time: datetime
    duration: timedelta


class MCUsWhen(Wire, frozen=True):
    mcus: tuple[int, ...]
    begin_time: datetime
    duration: timedelta


class TerminalsPageAnswer(Result, frozen=True):
    sites: tuple[TerminalInfo, ...] = ()
    page_info: PagesInfo | None = None


class CallRecordsAnswer(Result, frozen=True):
    cdr: tuple[MultiPointCDR, ...] = ()
    page_info: PagesInfo | None = None


class RecordAddressesAnswer(Result, frozen=True):
    record_addrs: tuple[ConfRecordAddr, ...] = ()


class SiteMCUsAnswer(Result, frozen=True):
    mcus: tuple[SiteMCU, ...] = ()


class MCUsPageAnswer(Result, frozen=True):
    mcus: tuple[MCUInfo, ...] = ()
    page_info: PagesInfo | None = None


class MCUResourcesAnswer(Result, frozen=True):
    mcu_res_list: tuple[MCUResource, ...] = ()


class AdhocAnswer(Result, frozen=True):
    adhoc_conf_template_id: str | None = None


class AdhocTemplatesPageAnswer(Result, frozen=True):
    adhoc_conferences: tuple[AdhocConfTemplateParam, ...] = ()
    page_info: PagesInfo | None = None


class AdhocPageAnswer(Result, frozen=True):
    adhoc_conferences: tuple[AdhocConference, ...] = ()
    page_info: PagesInfo | None = None


class CodesFreeBusyAnswer(Result, frozen=True):
    freebusy: tuple[AdhocConfFreeBusyState, ...] = ()


class OrganisationsAnswer(Result, frozen=True):
    orgs: tuple[OrganizationItem, ...] = ()
