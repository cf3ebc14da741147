"""A program behind the fence: reached over loopback, and by nobody else."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.fakes.ports import free_port
from tests.fakes.waiting import until

LISTEN = """
import socket, sys
server = socket.create_server(("0.0.0.0", int(sys.argv[1])))
while True:
    peer, _ = server.accept()
    peer.sendall(peer.recv(100)[::-1])
    peer.close()
"""


def _namespaces() -> bool:
    done = subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.fixture
def fenced() -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.fenced", str(port), "--"]
    process = subprocess.Popen([*command, sys.executable, "-c", LISTEN, str(port)])
    yield port
    process.terminate()
    process.wait()


def _said(host: str, port: int) -> bytes:
    try:
        with socket.create_connection((host, port), timeout=5) as peer:
            peer.sendall(b"abc")
            return peer.recv(100)
    except OSError:
        return b""


@pytest.mark.skipif(not _namespaces(), reason="needs a kernel that lets namespaces be made")
async def test_it_is_reached_over_loopback_alone(fenced: int) -> None:
    await until(lambda: _said("127.0.0.1", fenced) == b"cba", "it answers")
    assert _said("127.0.0.2", fenced) == b"", "it listens on all addresses, but not on ours"
