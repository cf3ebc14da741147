"""The one table from operation to use case."""

from control_api.auth.roles import Action
from control_api.soap import (
    auxiliary,
    chair,
    control,
    engines,
    pages,
    queries,
    records,
    registering,
    scheduling,
    unsupported,
)
from control_api.soap import messages as m
from control_api.soap.operation import Operation

_ROWS = (
    Operation("setVideoSource", m.VideoSource, control.set_video_source),
    Operation("setAudioSwitch", m.AudioSwitch, control.set_audio_switch),
    Operation("setSitesMute", m.SitesMute, control.set_sites_mute),
    Operation("setSitesQuiet", m.SitesQuiet, control.set_sites_quiet),
    Operation("setContinuousPresence", m.ContinuousPresence, control.set_continuous_presence),
    Operation("setRecordBroad", m.SiteAction, chair.set_record, Action.RECORD),
    Operation("setDirectBroad", m.SiteAction, auxiliary.set_live, Action.RECORD),
    Operation("setBroadcastSite", m.BroadcastSite, control.set_broadcast_site),
    Operation(
        "setBroadcastContinuousPresence", m.BroadcastPresence, control.set_broadcast_presence
    ),
    Operation("requestConfChair", m.ConfChair, chair.request_chair),
    Operation("releaseConfChair", m.Conf, chair.release_chair),
    Operation("requestChair", m.Site, chair.request_chair_of_site),
    Operation("releaseChair", m.Site, chair.release_chair_of_site),
    Operation("setFloor", m.ConfSite, chair.set_floor),
    Operation("setConfSiteVolume", m.SiteVolumes, control.set_volumes),
    Operation("displayConfSiteLocalVideo", m.ConfSites, control.show_video),
    Operation("hideConfSiteLocalVideo", m.ConfSites, control.hide_video),
    Operation("setVSAttrCtrl", m.SiteControls, control.lock_sources),
    Operation("moveSite", m.MoveSite, control.move_site),
    Operation("lockPresentation", m.ConfSite, chair.lock_content),
    Operation("unlockPresentation", m.Conf, chair.unlock_content),
    Operation("setConfTextCtrl", m.TextControl, chair.set_text),
    Operation("queryBroadInfo", m.Site, auxiliary.broad_info, Action.SEE),
    Operation("queryConfCtrlPwd", m.Site, auxiliary.has_password, Action.SEE),
    Operation("scheduleConf", m.ScheduleConf, scheduling.schedule),
    Operation("scheduleRecurrenceConference", m.ScheduleRecurrence, scheduling.schedule_recurrence),
    Operation("editScheduledConf", m.EditConf, scheduling.edit),
    Operation("editRecurrenceConference", m.EditRecurrence, scheduling.edit_recurrence),
    Operation("querySites", m.Nothing, queries.sites, Action.SEE),
    Operation("querySitesByCondition", m.Query, pages.sites, Action.SEE),
    Operation("queryScheduleConferences", m.Query, pages.conferences, Action.SEE),
    Operation("prolongScheduledConf", m.Prolong, scheduling.prolong),
    Operation("querySiteStatus", m.SitesWhen, queries.free_busy, Action.SEE),
    Operation("queryConferencesStatus", m.ConfIds, queries.conferences_status, Action.SEE),
    Operation("queryConfSitesStatus", m.ConfSites, queries.sites_status, Action.SEE),
    Operation("synchSiteStatus", m.SitesWhen, queries.free_busy_changes, Action.SEE),
    Operation("addSiteToConf", m.AddSite, scheduling.add_site),
    Operation("delSiteFromConf", m.DelSite, scheduling.remove_site),
    Operation("connectSites", m.ConfSites, chair.connect),
    Operation("disconnectSites", m.ConfSites, chair.disconnect),
    Operation("delScheduledConf", m.DelConf, scheduling.delete),
    Operation("getContinuousPresenceInfo", m.Conf, queries.presence_info, Action.SEE),
    Operation("getContinuousPresenceParam", m.ConfTarget, queries.presence_param, Action.SEE),
    Operation("setAuxStream", m.AuxStream, auxiliary.set_aux_stream),
    Operation("queryAuxStreamSources", m.Site, auxiliary.aux_sources, Action.SEE),
    Operation("queryVideoOutSrcState", m.Site, queries.video_sources, Action.SEE),
    Operation("ctrlCamera", m.Camera, auxiliary.control_camera),
    Operation("isConnectAuxSource", m.Site, auxiliary.has_aux_source, Action.SEE),
    Operation("isSendAuxStream", m.Site, auxiliary.sends_aux, Action.SEE),
    Operation("isReceiveRemAuxStrm", m.Site, auxiliary.receives_aux, Action.SEE),
    Operation("addSiteInfo", m.AddTerminal, registering.add),
    Operation("editSiteInfo", m.EditTerminal, registering.edit),
    Operation("deleteSiteInfo", m.SiteUris, registering.delete),
    Operation("querySitesInfo", m.Query, pages.terminals, Action.SEE),
    Operation("queryMainStreamSources", m.Site, queries.main_sources, Action.SEE),
    Operation("setMainAuxStreamSources", m.SiteSources, auxiliary.choose_sources),
    Operation("startRecording", m.Conf, chair.start_recording, Action.RECORD),
    Operation("stopRecording", m.Conf, chair.stop_recording, Action.RECORD),
    Operation("startLiveBroadcast", m.Conf, auxiliary.start_live, Action.RECORD),
    Operation("stopLiveBroadcast", m.Conf, auxiliary.stop_live, Action.RECORD),
    Operation("queryHistoryRecordAddr", m.ConfIds, records.record_addresses, Action.PLAY),
    Operation("queryMultiPointCDR", m.CallRecords, records.call_records, Action.REPORTS),
    Operation("queryConfSiteMCU", m.SitesThen, engines.engines_of_sites, Action.SEE),
    Operation("queryMCUInfo", m.Query, engines.engines, Action.SEE_SYSTEM),
    Operation("queryMCUFutureResource", m.MCUsWhen, engines.future_resource, Action.SEE),
    Operation("queryOrganization", m.Nothing, registering.organisations, Action.SEE),
    *(Operation(name, m.Nothing, unsupported.refuse, Action.SEE) for name in unsupported.NAMES),
)

OPERATIONS = {row.name: row for row in _ROWS}
"""By the standard's name; with `Ex` behind it, it is the vendor's."""

STANDARD_NAMES = {
    "scheduleRecurrenceConference": {
        "recurrenceConfInfo": "conferenceInfo",
        "siteAccessInfos": "sitesAccessInfo",
    },
    "editRecurrenceConference": {
        "recurrenceConfInfo": "RecurrenceConfInfo",
        "siteAccessInfos": "sitesAccessInfo",
    },
    "querySites": {"siteInfos": "sites"},
    "queryConferencesStatus": {"conferenceStatuses": "ConferenceStatuss"},
    "queryConfSitesStatus": {"siteStatuses": "SiteStatuss"},
    "synchSiteStatus": {"siteFreeBusyStates": "freeBusyStates"},
    "addSiteToConf": {"siteAccessInfos": "siteInfo"},
    "queryAuxStreamSources": {"auxStreams": "auxStream"},
    "queryVideoOutSrcState": {
        "videoSourcesInfos": "VideoSourcesInfos",
        "sourcesId": "sourcesID",
    },
}
"""What the standard calls elements of answers that the vendor calls otherwise (contract 11.2)."""
