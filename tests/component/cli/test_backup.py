"""A backup taken while control runs brings everything back, in both databases."""

import tarfile
from pathlib import Path

import pytest

from control_api.cli.backup import backup, restore
from control_api.cli.run import only_one, socket_folder
from control_api.persistence.bookings import BookedSite
from control_api.services.booking_request import BookingRequest
from mcu_core.errors import BadInput, Refused
from mcu_core.media.clock import wall_time_s
from tests.component.conftest import Fresh
from tests.component.control.conftest import running_control

PASSWORD = "Passw0rd!demo"


@pytest.fixture(params=["sqlite", "postgresql"])
async def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "sqlite":
        return ""
    fresh: Fresh = request.getfixturevalue("fresh_database")
    url = await fresh()
    monkeypatch.setenv("MCU_CONTROL_DATABASE", url)
    return url


async def test_what_was_there_is_there_again(tmp_path: Path, server: str) -> None:
    data, file = tmp_path / "data", tmp_path / "backup.tar.gz"
    async with running_control(data, {}, database=server) as control:
        await control.bridge.digests.set("admin", PASSWORD)
        request = BookingRequest("会诊", wall_time_s() + 7200, 3600, (BookedSite("ct", "CT"),))
        booking = await control.bridge.bookings.book(request, "admin")
        (data / "content").mkdir(exist_ok=True)
        (data / "content" / "kept.png").write_bytes(b"png")
        backup(file, data)
        await control.bridge.bookings.delete(booking.id)
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Refused, match="--force"):
        restore(file, data)
    (data / "content" / "kept.png").unlink()
    (data / "gateway-key").write_text("lost")
    restore(file, data, force=True)
    assert (data / "content" / "kept.png").read_bytes() == b"png"
    async with running_control(data, {}, database=server) as control:
        (one,) = await control.bridge.bookings.occurrences(booking.id)
        assert one.state == "booked"
        who = await control.bridge.digests.user_by_password("admin", PASSWORD)
        assert who is not None
        assert await control.bridge.audit.first_broken() is None


async def test_a_new_machine_has_the_settings_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCU_CONTROL_WEBHOOK_SECRET", 'a "b" 字')
    data, file = tmp_path / "data", tmp_path / "backup.tar.gz"
    async with running_control(data, {}):
        backup(file, data)
    restore(file, tmp_path / "other")
    text = (tmp_path / "other" / "settings.env").read_text("utf-8")
    assert text == 'MCU_CONTROL_WEBHOOK_SECRET="a \\"b\\" 字"\n'
    assert (tmp_path / "other" / "mcu.sqlite3").stat().st_mode & 0o777 == 0o600


async def test_what_is_no_whole_backup_changes_nothing(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "backup.tar.gz"
    async with running_control(data, {}):
        backup(file, data)
    whole = file.read_bytes()
    changed = tmp_path / "changed.tar.gz"
    with tarfile.open(file) as old, tarfile.open(changed, "w:gz") as new:
        for member in old.getmembers():
            content = old.extractfile(member)
            if member.name == "gateway-key":
                member.name = "../gateway-key"
            new.addfile(member, content)
    key = (data / "gateway-key").read_bytes()
    for broken in (b"", b"no tar", whole[: len(whole) // 2], changed.read_bytes()):
        bad = tmp_path / "bad.tar.gz"
        bad.write_bytes(broken)
        with pytest.raises(BadInput, match="FILE"):
            restore(bad, data, force=True)
    assert (data / "gateway-key").read_bytes() == key
    assert [path.name for path in data.iterdir() if path.name.startswith(".mcu")] == []
    with only_one(socket_folder(data)), pytest.raises(Refused, match="already runs"):
        restore(file, data, force=True)
    with pytest.raises(BadInput, match="--data"):
        backup(tmp_path / "x.tar.gz", tmp_path / "nothing")
