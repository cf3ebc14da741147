"""HLS playlists of a recording's index."""

from recorder.hls import MediaPlaylist, media_playlist, multivariant_playlist, segments
from recorder.index import RecordingIndex
from recorder.journal import FragmentWritten, InitWritten
from recorder.tracks import TRACKS

SCALE = TRACKS["main"].timescale


def index(count: int = 24, hole_at: int = -1) -> RecordingIndex:
    """Fragments of 250 ms and 100 bytes, a keyframe each second, ten seconds missing at a place."""
    made = RecordingIndex()
    made.add(InitWritten("main", 0, 0, 700, "avc1.42C01F", 1280, 720))
    made.add(InitWritten("sound", 0, 0, 600, "mp4a.40.2"))
    for name in ("main", "sound"):
        scale = TRACKS[name].timescale
        for k in range(count):
            late = 40 if 0 <= hole_at <= k else 0
            time = (k + late) * scale // 4
            place = 700 + k * 100
            made.add(FragmentWritten(name, place, 100, time, scale // 4, k % 4 == 0, 0))
    return made


def test_segments_are_whole_and_begin_with_keyframes() -> None:
    parts = list(segments(index().tracks["main"], True))
    assert [part.seconds for part in parts] == [2.0, 2.0, 2.0]
    assert [(part.offset, part.size) for part in parts] == [(700, 800), (1500, 800), (2300, 800)]


def test_what_may_still_grow_is_not_told() -> None:
    track = index(20).tracks["main"]
    assert len(list(segments(track, False))) == 2
    assert sum(part.seconds for part in segments(track, True)) == 5.0


def test_a_hole_is_told_as_one_and_the_times_add_up() -> None:
    parts = list(segments(index(16, hole_at=10).tracks["main"], True))
    assert [part.seconds for part in parts if not part.size] == [10.0]
    assert sum(part.seconds for part in parts) == 14.0


def test_the_playlists_name_bytes_codecs_and_sound() -> None:
    made = index()
    text = media_playlist(made.tracks["main"], True, "../tracks/main")
    assert '#EXT-X-MAP:URI="../tracks/main",BYTERANGE="700@0"' in text
    assert "#EXT-X-BYTERANGE:800@1500\n../tracks/main\n" in text
    assert text.endswith("#EXT-X-ENDLIST\n")
    growing = media_playlist(made.tracks["main"], False, "../tracks/main")
    assert "EVENT" in growing
    assert "ENDLIST" not in growing
    whole = multivariant_playlist(made, {"main": 400_000})
    assert "BANDWIDTH=528000," in whole, "picture and sound"
    assert "TYPE=VIDEO" not in whole
    assert 'CODECS="avc1.42C01F,mp4a.40.2",RESOLUTION=1280x720,AUDIO="sound"' in whole
    assert 'URI="sound.m3u8"' in whole


def test_a_new_size_gets_a_new_map() -> None:
    made = index(8)
    made.add(InitWritten("main", 1, 1500, 700, "avc1.42C01E", 640, 360))
    made.add(FragmentWritten("main", 2200, 100, 2 * SCALE, SCALE // 4, True, 1))
    text = media_playlist(made.tracks["main"], True, "x")
    assert text.count("#EXT-X-MAP") == 2
    assert "DISCONTINUITY" not in text


def test_a_playlist_that_was_brought_on_is_the_one_made_anew() -> None:
    grown, made = MediaPlaylist("x"), index(1, hole_at=10)
    for count in range(1, 25):
        made = index(count, hole_at=10)
        ended = count == 24
        grown.take(made.tracks["main"], ended)
        assert grown.text(ended) == media_playlist(made.tracks["main"], ended, "x")
    assert grown.text(True).count("#EXT-X-GAP") == 1


def test_content_is_another_angle_and_no_variant() -> None:
    made = index()
    made.add(InitWritten("content", 0, 0, 700, "avc1.42C028", 1920, 1080))
    made.add(FragmentWritten("content", 700, 100, 0, SCALE // 4, True, 0))
    text = multivariant_playlist(made, {})
    assert text.count("#EXT-X-STREAM-INF") == 1
    assert 'VIDEO="main",AUDIO="sound"' in text
    assert 'NAME="content",DEFAULT=NO,AUTOSELECT=NO,URI="content.m3u8"' in text


def test_what_has_lost_its_init_segment_is_a_gap() -> None:
    made = index(8)
    made.tracks["main"].inits.clear()
    text = media_playlist(made.tracks["main"], True, "x")
    assert text.count("#EXT-X-GAP") == 1
    assert "#EXTINF:2.00000," in text
    assert "BYTERANGE" not in text
