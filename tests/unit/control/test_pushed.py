"""What is pushed to live viewers: framed once for all who get it."""

import asyncio

from control_api.rest.push import ConnectionSink, chunk_of
from recorder.live import LiveChannel, LiveTallies


class Connection(asyncio.Transport):
    """Keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[object] = []

    def write(self, data: object) -> None:
        self.given.append(data)

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


def test_a_chunk_says_its_length() -> None:
    assert chunk_of(b"x" * 26) == b"1a\r\n" + b"x" * 26 + b"\r\n"


def test_viewers_share_the_bytes_that_all_of_them_get() -> None:
    channel = LiveChannel(LiveTallies())
    lines = [Connection() for _ in range(3)]
    for line in lines:
        channel.push(ConnectionSink(line, chunked=True))
    channel.tell({"live": True})
    channel.tell({"live": False})
    first = lines[0].given
    assert len(first) == 2
    for line in lines[1:]:
        assert [id(one) for one in line.given] == [id(one) for one in first]
    channel.close()


def test_an_old_caller_gets_no_chunks() -> None:
    line = Connection()
    ConnectionSink(line, chunked=False).write(b"all")
    assert line.given == [b"all"]
