"""The one table from operation to use case. Who has no handler is answered "not supported"."""

from control_api.auth.roles import Action
from control_api.soap import control
from control_api.soap import messages as m
from control_api.soap.operation import Operation

_ROWS = (
    Operation("setVideoSource", m.VideoSource, control.set_video_source),
    Operation("setAudioSwitch", m.AudioSwitch, control.set_audio_switch),
    Operation("setSitesMute", m.SitesMute, control.set_sites_mute),
    Operation("setSitesQuiet", m.SitesQuiet, control.set_sites_quiet),
    Operation("setContinuousPresence", m.ContinuousPresence, control.set_continuous_presence),
    Operation("setRecordBroad", m.SiteAction, None, Action.RECORD),
    Operation("setDirectBroad", m.SiteAction, None, Action.RECORD),
    Operation("setBroadcastSite", m.BroadcastSite, control.set_broadcast_site),
    Operation(
        "setBroadcastContinuousPresence", m.BroadcastPresence, control.set_broadcast_presence
    ),
    Operation("requestConfChair", m.ConfChair, None),
    Operation("releaseConfChair", m.Conf, None),
    Operation("requestChair", m.Site, None),
    Operation("releaseChair", m.Site, None),
    Operation("setFloor", m.ConfSite, None),
    Operation("setConfSiteVolume", m.SiteVolumes, control.set_volumes),
    Operation("displayConfSiteLocalVideo", m.ConfSites, control.show_video),
    Operation("hideConfSiteLocalVideo", m.ConfSites, control.hide_video),
    Operation("lockPresentation", m.ConfSite, None),
    Operation("unlockPresentation", m.Conf, None),
    Operation("setConfTextCtrl", m.TextControl, None),
    Operation("queryBroadInfo", m.Site, None, Action.SEE),
    Operation("queryConfCtrlPwd", m.Site, None, Action.SEE),
    Operation("scheduleConf", m.ScheduleConf, None),
    Operation("scheduleRecurrenceConference", m.ScheduleRecurrence, None),
    Operation("editScheduledConf", m.EditConf, None),
    Operation("editRecurrenceConference", m.EditRecurrence, None),
    Operation("querySites", m.Nothing, None, Action.SEE),
    Operation("prolongScheduledConf", m.Prolong, None),
    Operation("querySiteStatus", m.SitesWhen, None, Action.SEE),
    Operation("queryConferencesStatus", m.ConfIds, None, Action.SEE),
    Operation("queryConfSitesStatus", m.ConfSites, None, Action.SEE),
    Operation("synchSiteStatus", m.SitesWhen, None, Action.SEE),
    Operation("addSiteToConf", m.AddSite, None),
    Operation("delSiteFromConf", m.DelSite, None),
    Operation("connectSites", m.ConfSites, None),
    Operation("disconnectSites", m.ConfSites, None),
    Operation("delScheduledConf", m.DelConf, None),
    Operation("getContinuousPresenceInfo", m.Conf, None, Action.SEE),
    Operation("getContinuousPresenceParam", m.ConfTarget, None, Action.SEE),
    Operation("setAuxStream", m.AuxStream, None),
    Operation("queryAuxStreamSources", m.Site, None, Action.SEE),
    Operation("queryVideoOutSrcState", m.Site, None, Action.SEE),
    Operation("ctrlCamera", m.Camera, None),
    Operation("isConnectAuxSource", m.Site, None, Action.SEE),
    Operation("isSendAuxStream", m.Site, None, Action.SEE),
    Operation("isReceiveRemAuxStrm", m.Site, None, Action.SEE),
    Operation("addSiteInfo", m.RegisterSite, None),
    Operation("editSiteInfo", m.RegisterSite, None),
    Operation("deleteSiteInfo", m.SiteUris, None),
    Operation("querySitesInfo", m.SiteUris, None, Action.SEE),
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
