"""Invented conferences, sites and recordings for looking at the pages."""

from typing import Any

Json = dict[str, Any]

HOSPITALS = (
    ("北京协和医院 心内科", "webrtc"),
    ("County Hospital · ICU 2", "rtp"),
    ("四川大学华西医院", "webrtc"),
    ("Mobile unit 7 (ambulance)", "rtp"),
    ("拉萨市人民医院 影像科", "webrtc"),
    ("Angiography recording", "file"),
    ("Room 204", "webrtc"),
)


VIDEO = {"codec": "h264", "width": 1280, "height": 720, "fps": 30.0, "stalled": False}


def site(sid: str, name: str, kind: str) -> Json:
    """A site that has joined, or waits where a person or device must come first."""
    there = kind in ("file", "pattern")
    return {
        "id": sid,
        "name": name,
        "kind": kind,
        "state": "joined" if there else "away",
        "muted": False,
        "talks_muted": False,
        "quiet": False,
        "gain_db": 0,
        "video_off": False,
        "auto_gain": False,
        "noise_gate": False,
        "watch": "",
        "view": None,
        "limit": {"width": 0, "height": 0, "fps": 0, "bitrate_bps": 0},
        "encrypted": False,
        "level_dbov": -127.0,
        "speaking": False,
        "video": dict(VIDEO) if there else None,
        "audio": {"codec": "opus"} if there else None,
        "reason": "",
    }


def _strip(position: str) -> Json:
    colors = {"color": "#ffffff", "background": "#00000099"}
    return {"text": "", "position": position, "size": 0.06, **colors}


def _joined(sid: str, name: str, kind: str) -> Json:
    audio = {"codec": "pcma" if kind == "rtp" else "opus"}
    private = kind == "webrtc"
    return {**site(sid, name, "file"), "kind": kind, "audio": audio, "encrypted": private}


def _conference(cid: str, name: str, sites: list[Json], speaker: str) -> Json:
    return {
        "id": cid,
        "name": name,
        "width": 1280,
        "height": 720,
        "fps": 30,
        "engine": "engine-0",
        "revision": 1,
        "layout": {"mode": None, "own": None, "policy": "equal"},
        "shown": {"mode": 1, "panes": []},
        "reduced": 0,
        "panes": [],
        "poll_s": 0.0,
        "groups": [],
        "broadcast": "",
        "lecturer": "",
        "chair": "",
        "content": {
            "senders": "anybody",
            "site": "",
            "locked": False,
            "share": 0.5,
            "motion": False,
            "several": False,
            "shown": None,
        },
        "voice": {"enabled": True, "gate": 15, "attack_s": 1.5, "hold_s": 2.0, "to": "panes"},
        "loudest": 0,
        "pan_by_pane": False,
        "encryption": "automatic",
        "sites": sites,
        "speaker": speaker,
        "hands": [],
        "rules": {
            "access_code": "88001234",
            "has_password": False,
            "has_chair_password": False,
            "anonymous": True,
            "locked": False,
            "live": True,
        },
        "recording": None,
        "recording_rules": {"consent": "asked", "agreed": False, "notice_s": 10},
        "show_names": True,
        "banner": _strip("top"),
        "caption": _strip("bottom"),
        "logo": None,
    }


def conferences() -> list[Json]:
    """A lively one and a small one."""
    sites = [_joined(f"s{k + 1}", name, kind) for k, (name, kind) in enumerate(HOSPITALS)]
    sites[0]["speaking"] = True
    sites[1]["muted"] = True
    sites[3]["video"]["stalled"] = True
    sites[4]["gain_db"] = 4
    sites[6].update(state="away", video=None, audio=None)
    lively = _conference("c1", "心血管远程会诊 · Cardiology round", sites, "s1")
    lively["layout"]["mode"] = 21
    lively["panes"] = [{"kind": "site", "site": "s3", "fit": "auto"}]
    lively["recording"] = {"id": "r1", "state": "recording"}
    pupils = [_joined("t1", "Lecture hall", "webrtc"), _joined("t2", "Nursing school", "webrtc")]
    return [lively, _conference("c2", "Teaching hour", pupils, "t1")]


def recordings() -> list[Json]:
    """One that runs, complete ones, one that was cut off."""
    rows = (
        (
            "r1",
            "心血管远程会诊 · Cardiology round",
            "recording",
            "2026-11-21T01:32:05+00:00",
            2765.0,
            712_000_000,
        ),
        ("r2", "Tumour board, week 47", "done", "2026-11-20T13:00:12+00:00", 5412.4, 1_384_000_000),
        (
            "r3",
            "县医院急诊会诊（胸痛中心）",
            "done",
            "2026-11-19T08:21:40+00:00",
            1284.0,
            301_500_000,
        ),
        (
            "r4",
            "Teaching hour: echo basics",
            "done",
            "2026-11-18T15:30:00+00:00",
            3604.0,
            905_000_000,
        ),
        (
            "r5",
            "Night call, mobile unit 7",
            "failed",
            "2026-11-17T23:04:18+00:00",
            96.0,
            22_400_000,
        ),
    )
    names = ("id", "title", "state", "started_at", "duration_s", "size_bytes")
    same = {"conference": "c1", "reason": "", "doctor": "", "department": "", "group": ""}
    tags = {"keywords": [], "patient": "", "hold": False, "may": "manage"}
    return [{**same, **tags, **dict(zip(names, row, strict=True))} for row in rows]


def trace(cid: str, sid: str) -> Json:
    """A minute of a site whose picture stood for three seconds, nine seconds ago."""
    still = "packets were lost on the way and not repaired"
    return {
        "conference": cid,
        "site": sid,
        "seconds": [_second(ago, still if 9 <= ago < 12 else "") for ago in range(59, -1, -1)],
    }


def _second(ago: int, verdict: str) -> Json:
    return {
        "ago_s": float(ago),
        "packets": 90,
        "lost": 4 if verdict else 0,
        "repaired": 1,
        "shown": 3 if verdict else 30,
        "delay_ms": 42.0,
        "concealed_ms": 20.0 if verdict else 0.0,
        "sound_wait_ms": 38.5,
        "watched": True,
        "effort": 0,
        "verdict": verdict,
    }


def users() -> list[Json]:
    """Of every role."""
    rows = (("admin", "admin", ""), ("wang.li", "operator", "一院/放射科"), ("nurse", "viewer", ""))
    return [dict(zip(("user", "role", "organisation"), row, strict=True)) for row in rows]


def groups() -> dict[str, dict[str, str]]:
    """One with members."""
    return {"心内科 Cardiology": {"wang.li": "manage", "nurse": "watch"}}
