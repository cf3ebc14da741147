"""The pages' decisions that need no browser, run in node: panes, places in JSON, waiting times."""

import json

import pytest

from tests.unit.web.node import run

AUTO = {"kind": "auto", "site": "", "fit": "auto", "sites": [], "interval_s": 10}


def fixed(site: str, fit: str = "auto") -> dict[str, object]:
    return {**AUTO, "kind": "site", "site": site, "fit": fit}


@pytest.mark.parametrize(
    ("query", "kept", "show"),
    [("", None, "beside"), ("?show=inset", "main", "inset"), ("?show=x", "main", "main")],
)
def test_pictures_stand_as_the_address_says_or_as_they_did(
    query: str, kept: str | None, show: str
) -> None:
    assert run("screens", f"m.wantedShow({json.dumps(query)}, {json.dumps(kept)})") == show


def test_a_site_is_put_into_a_pane() -> None:
    assert run("panes", 'm.withSite([], 3, 1, "a")') == [AUTO, fixed("a"), AUTO]


def test_two_fixed_sites_change_places_and_fits_stay_with_the_panes() -> None:
    panes = json.dumps([fixed("a", "crop"), fixed("b", "fit"), AUTO])
    assert run("panes", f'm.withSite({panes}, 3, 1, "a")') == [
        fixed("b", "crop"),
        fixed("a", "fit"),
        AUTO,
    ]


def test_a_site_dragged_from_an_automatic_pane_leaves_it_to_the_displaced() -> None:
    panes = json.dumps([AUTO, fixed("b")])
    assert run("panes", f'm.withSite({panes}, 2, 1, "a", 0)') == [fixed("b"), fixed("a")]


def test_a_pane_becomes_empty_and_keeps_its_fit() -> None:
    panes = json.dumps([fixed("a", "crop")])
    assert run("panes", f'm.withKind({panes}, 2, 0, "empty")') == [
        {**AUTO, "kind": "empty", "fit": "crop"},
        AUTO,
    ]
    assert run("panes", f'm.withFit({panes}, 1, 0, "fill")') == [fixed("a", "fill")]


def test_panes_that_a_smaller_layout_hides_are_kept() -> None:
    panes = json.dumps([AUTO, fixed("a"), fixed("b")])
    assert run("panes", f'm.withKind({panes}, 1, 0, "voice")')[1:] == [fixed("a"), fixed("b")]
    assert run("panes", f'm.withSite({panes}, 1, 0, "b")') == [fixed("b"), fixed("a"), AUTO]


def test_a_pane_polls_a_list_until_all_of_it_are_gone() -> None:
    poll = {**AUTO, "kind": "poll", "sites": ["a", "b"], "interval_s": 5}
    assert run("panes", 'm.withPoll([], 1, 0, ["a", "b"], 5)') == [poll]
    assert run("panes", f'm.withoutSite({json.dumps([poll])}, "a")') == [{**poll, "sites": ["b"]}]
    alone = json.dumps([{**poll, "sites": ["a"]}, fixed("a", "crop")])
    assert run("panes", f'm.withoutSite({alone}, "a")') == [AUTO, {**AUTO, "fit": "crop"}]


def conference(**fields: object) -> str:
    """A conference of the sites a and b, and c, which is away."""
    sites = [{"id": sid, "state": "joined"} for sid in "ab"] + [{"id": "c", "state": "away"}]
    whole = {
        "sites": sites,
        "hands": ["a"],
        "broadcast": "",
        "lecturer": "",
        "voice": {"enabled": True, "to": "panes"},
        "layout": {"mode": None},
        "shown": {"mode": 1, "panes": ["a"]},
    }
    return json.dumps({**whole, **fields})


BY_VOICE = {"enabled": True, "to": "broadcast"}


@pytest.mark.parametrize(
    ("fields", "lead"),
    [
        ({}, None),
        ({"broadcast": "a", "lecturer": "b"}, {"by": "broadcast", "site": "a"}),
        ({"broadcast": "c", "lecturer": "b"}, {"by": "lecture", "site": "b"}),
        ({"voice": BY_VOICE}, {"by": "voice", "site": "a"}),
        ({"voice": BY_VOICE, "layout": {"mode": 1}}, None),
        ({"voice": BY_VOICE, "shown": {"mode": 2, "panes": ["a", "b"]}}, None),
        ({"voice": {"enabled": False, "to": "broadcast"}}, None),
    ],
)
def test_who_is_shown_in_full(fields: dict[str, object], lead: object) -> None:
    assert run("lead", f"m.leader({conference(**fields)})") == lead


def test_what_a_site_sees_and_how_it_is_marked() -> None:
    assert run("lead", '[m.sees({watch: "b", view: {}}), m.sees({view: {}}), m.sees({})]') == [
        "b",
        "own",
        "",
    ]
    site = '{id: "a", watch: "", view: {}, video_off: true}'
    marks = run("lead", f"m.marks({site}, {conference(broadcast='a')})")
    assert marks == ["broadcast", "video_off", "own", "hand"]


@pytest.mark.parametrize(
    ("fields", "marks"),
    [
        ({"kind": "webrtc", "state": "joined", "encrypted": True}, ["encrypted"]),
        ({"kind": "rtp", "state": "joined", "encrypted": False}, ["readable"]),
        ({"kind": "rtp", "state": "away", "encrypted": False}, []),
        ({"kind": "file", "state": "joined", "encrypted": False}, []),
    ],
)
def test_a_lock_stands_beside_whose_media_comes_over_a_network(
    fields: dict[str, object], marks: list[str]
) -> None:
    site = json.dumps({"id": "d", "watch": "", "view": None, "video_off": False, **fields})
    assert run("lead", f"m.marks({site}, {conference()})") == marks


LAYOUT = """{
  "name": "x, \\"]}",
  "panes": [
    {"x": 0, "w": 0.5},
    {"x": 0.5, "w": 7}
  ]
}"""


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("layout.panes[1].w", "7", 5),
        ("layout.panes[0].x", "0", 4),
        ("own.panes[1]", '{"x": 0.5, "w": 7}', 5),
        ("layout.panes[1].h", '{"x": 0.5, "w": 7}', 5),  # missing: the pane that should have it
        ("layout.name", '"x, \\"]}"', 2),
    ],
)
def test_an_error_points_at_its_value(path: str, text: str, line: int) -> None:
    place = run("jsonplace", f"m.placeOf({json.dumps(LAYOUT)}, {json.dumps(path)})")
    assert LAYOUT[place["start"] : place["end"]] == text
    assert place["line"] == line


@pytest.mark.parametrize("broken", ['{"a": [1, {', "[1 }", '{"a" 1', '"', "[,,", "{]"])
def test_scanning_broken_json_comes_to_an_end(broken: str) -> None:
    assert run("jsonplace", f'm.placeOf({json.dumps(broken)}, "layout.a[0]").line') == 1


def test_the_pane_of_a_path() -> None:
    assert run("jsonplace", '[m.paneOf("layout.panes[2].w"), m.paneOf("layout.name")]') == [2, -1]


def test_waiting_times_double_up_to_eight_seconds() -> None:
    assert run("backoff", "[0, 1, 2, 3, 4, 9].map((n) => m.delayMs(n, 0.5))") == [
        500,
        1000,
        2000,
        4000,
        8000,
        8000,
    ]
    assert run("backoff", "[m.delayMs(4, 0), m.delayMs(4, 1)]") == [7200, 8800]


@pytest.mark.parametrize(
    ("next_", "leads_to"),
    [
        ("/join/c?site=s", "/join/c?site=s"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/..//evil.example", "//evil.example"),
        ("https://[", "/"),
    ],
)
def test_a_login_leads_to_this_site_only(next_: str, leads_to: str) -> None:
    """The answer is a whole address, so that a path like //evil.example stays a path."""
    call = f"m.destination({json.dumps(next_)}, 'https://mcu.test')"
    assert run("destination", call) == f"https://mcu.test{leads_to}"


def second(ago_s: float, verdict: str = "", shown: int = 30) -> dict[str, object]:
    counts = dict.fromkeys(("packets", "lost", "repaired"), 2)
    delays = {"delay_ms": 40.4 + ago_s, "sound_wait_ms": 0.0, "concealed_ms": 10.0}
    return {"ago_s": ago_s, "verdict": verdict, "shown": shown, **counts, **delays}


def test_a_last_minute_is_told_in_stretches() -> None:
    told = [second(4), second(3, "lost"), second(2.1, "lost"), second(1), second(0, "late", 15)]
    minute = json.dumps(told)
    assert run("lastminute", f"m.stills({minute})") == [
        {"from": 1, "to": 0, "verdict": "late"},
        {"from": 4, "to": 2, "verdict": "lost"},
    ]
    assert run("lastminute", "m.stills([])") == []
    assert run("lastminute", f"m.heights({minute})") == [1, 1, 1, 1, 0.5]
    numbers = {name: count for name, count, _ in run("lastminute", f"m.totals({minute})")}
    assert numbers == {
        "packets": 10,
        "lost": 10,
        "repaired": 10,
        "delay": 44,
        "wait": 0,
        "concealed": 50,
    }
    assert run("lastminute", 'm.wordsOf("nobody sees it: dark")') == "why.nobody_sees_it_dark"


def test_a_camera_goes_in_steps_that_it_knows_to_its_ends() -> None:
    degrees = '{"min": -100, "max": 100, "step": 1}'
    assert run("camera", f"m.stepped(0, 1, {degrees})") == 5
    assert run("camera", f"m.stepped(98, 1, {degrees})") == 100
    assert run("camera", f"m.stepped(-100, -1, {degrees})") == -100
    assert run("camera", 'm.stepped(1, 1, {"min": 1, "max": 4, "step": 1})') == 2


@pytest.mark.parametrize(
    ("off_s", "rule", "rate", "seeks"),
    [
        (0.01, "HEARD", 1.0, False),
        (0.1, "HEARD", 1.08, False),
        (0.6, "HEARD", 1.2, False),
        (-0.6, "HEARD", 0.9, False),
        (0.9, "HEARD", 1.0, True),
        (0.3, "SILENT", 2.5, False),
        (0.008, "SILENT", 1.0, False),
        (-0.6, "SILENT", 0.1, False),
    ],
)
def test_a_player_is_led_by_its_rate_and_by_a_seek_as_the_last_resort(
    off_s: float, rule: str, rate: float, seeks: bool
) -> None:
    led = run(
        "follow",
        "((video) => { "
        f"m.follow(video, {5 + off_s}, 1, m.{rule}, () => true); return video; "
        "})({ currentTime: 5, playbackRate: 1, paused: false, seeking: false })",
    )
    assert led["playbackRate"] == pytest.approx(rate)
    assert (led["currentTime"] != 5) == seeks


SCREENS = """((apart, rate) => {
  const video = (late) => ({
    playbackRate: 1, requestVideoFrameCallback(call) { this.call = call; },
    shows: (screen, k) => screen.call(0, { mediaTime: k / 30,
      expectedDisplayTime: 1000 * (k / 30 + late) }),
  });
  const [main, content] = [video(0), video(apart)];
  const phase = new m.Phase(main, content);
  content.playbackRate = rate;
  const looks = [];
  for (let k = 0; k < 13; k += 1) {
    for (const screen of [main, content]) screen.shows(screen, k);
    looks.push(phase.look());
  }
  return looks;
})"""


@pytest.mark.parametrize(
    ("apart", "rate", "corrections"),
    [
        (0.0333, 1, [0, 0.0167, 0.0333]),
        (-0.0167, 1, [0, -0.0083, -0.0167]),
        (0.004, 1, [0, 0, 0]),
        (0.2, 1, [0, 0, 0]),
        (0.0333, 1.05, [0, 0, 0]),
    ],
)
def test_a_screen_that_shows_pictures_late_is_led_ahead(
    apart: float, rate: float, corrections: list[float]
) -> None:
    looks = run("phase", f"{SCREENS}({apart}, {rate})")
    assert [looks[0], looks[5], looks[11]] == pytest.approx(corrections, abs=1e-3)


def test_a_rate_that_was_bent_is_bent_until_it_is_right_and_then_left_alone() -> None:
    off = "[0.03, 0.008, 0.002, 0.008, -0.009, 0.012]"
    rates = run(
        "follow",
        "((video) => "
        f"{off}.map((off) => {{ m.follow(video, 5 + off, 1, m.SILENT, () => true);"
        " return video.playbackRate; }))"
        "({ currentTime: 5, playbackRate: 1, paused: false, seeking: false })",
    )
    assert rates == pytest.approx([1.15, 1.04, 1.0, 1.0, 1.0, 1.06])


@pytest.mark.parametrize(
    ("now", "bps", "hd", "then"),
    [
        ("main", 0, 4e6, "main"),
        ("main", 3e6, 0, "main"),
        ("main", 4.4e6, 4e6, "sd"),
        ("main", 5e6, 4e6, "main"),
        ("sd", 5e6, 4e6, "sd"),
        ("sd", 7e6, 4e6, "main"),
    ],
)
def test_the_network_decides_between_hd_and_sd_and_does_not_waver(
    now: str, bps: float, hd: float, then: str
) -> None:
    assert run("quality", f'm.fitting("{now}", {{ bps: {bps}, hd: {hd} }})') == then


def test_statistics_become_rates_losses_and_delays() -> None:
    came = {"type": "inbound-rtp", "bytesReceived": 100_000, "packetsReceived": 95}
    sent = {"type": "outbound-rtp", "bytesSent": 50_000}
    there = {"type": "remote-inbound-rtp", "fractionLost": 0.02}
    pair = {"type": "candidate-pair", "nominated": True, "currentRoundTripTime": 0.04}
    after = json.dumps([{**came, "packetsLost": 5, "framesDecoded": 50}, sent, there, pair])
    found = run("measure", f"m.measured(m.totals([]), m.totals({after}), 2)")
    assert found == {
        "rate_there": 200,
        "rate_back": 400,
        "loss_there": 2,
        "loss_back": 5,
        "round_trip": 40,
        "jitter": 0,
        "pictures": 25,
    }
    assert run("measure", '[m.isBad("loss_back", 5), m.isBad("pictures", 25)]') == [True, False]
    assert run("measure", "m.measured(m.totals([]), m.totals([]), 2).loss_back") == 100


def test_a_plot_has_all_days_and_stands_on_its_base() -> None:
    all_days = [20280227, 20280228, 20280229, 20280301]
    assert run("plot", 'm.days("2028-02-27", "2028-03-01")') == all_days
    assert run("plot", "[0, 0.3, 7, 20, 101].map(m.ceiling)") == [1, 0.5, 10, 20, 200]
    rows = json.dumps(
        [
            {"of": "20280228", "hours": 3, "loss_percent": 0.5},
            {"of": "20280301", "hours": 5, "loss_percent": 0},
        ]
    )
    found = run("plot", f"m.drawing({rows}, {all_days})")
    size = run("plot", "m.SIZE")
    assert [round(bar["y"] + bar["height"]) for bar in found["bars"]] == [size["base"]] * 2
    assert found["bars"][1]["y"] == pytest.approx(size["top"]), "the highest reaches the top"
    assert len(found["line"].split()) == 2
    assert [label["day"] for label in found["labels"]] == all_days
    assert run("plot", "m.drawing([], [])")["bars"] == []


@pytest.mark.parametrize(
    ("connection", "slow"),
    [("undefined", False), ("{downlink: 0.1}", True), ("{downlink: 5}", False)]
    + [("{downlink: 5, saveData: true}", True)],
)
def test_a_line_that_carries_no_video_is_known(connection: str, slow: bool) -> None:
    assert run("sparing", f"m.slowLine({connection})") is slow


def test_pictures_stop_moving_when_a_tenth_is_lost_again_and_again() -> None:
    look = "(all, lost) => all.map((packets, k) => losses.look({ packets, lost: lost[k] }))"
    begun = f"(() => {{ const losses = new m.Losses(); return ({look})"
    steady = f"{begun}([0, 90, 180, 270, 360, 450], [0, 10, 20, 30, 40, 50]); }})()"
    assert run("sparing", steady) == [False, False, False, False, True, True]
    once = f"{begun}([0, 90, 180, 280, 370, 460], [0, 10, 20, 20, 30, 40]); }})()"
    assert run("sparing", once) == [False] * 6
