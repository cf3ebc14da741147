"""Operations that callers know and that have no effect here: said so, whatever they hold.

There are no calls but those to conferences (queryPointToPointCDR), no outputs of a site's device
that we reach (setVideoOutSrc) and no versions of it that we are told (querySiteVersionInfo), no
recorders beside our own (queryRseInfo); notifications (enablePush, subscribe, queryNotification) go
by our event feed and webhooks; of codes nobody keeps what was taken and is free again
(synchAdhocConfFreeBusy); and of the rest no description was ever published.
"""

from control_api.soap import messages as m
from control_api.soap.faults import Code, ResultError
from control_api.soap.operation import Call

NAMES = (
    "queryPointToPointCDR",
    "setVideoOutSrc",
    "querySiteVersionInfo",
    "queryRseInfo",
    "queryHistoryConfRecordAddr",
    "startRecord",
    "setRecordVideoSource",
    "setRecordingVideoSource",
    "enablePush",
    "subscribe",
    "queryNotification",
    "synchAdhocConfFreeBusy",
)


async def refuse(call: Call, request: m.Nothing) -> m.Result:
    """Not supported: 2130000017."""
    raise ResultError(Code.NOT_SUPPORTED)
