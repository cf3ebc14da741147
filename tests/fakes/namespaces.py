"""Two networks behind NATs of their own, in network namespaces of this test alone.

    site 10.77.1.2 -- 10.77.1.1 home, masquerading 198.51.100.1
                      -- 198.51.100.9 edge, one to one 10.77.2.1 -- 10.77.2.2 bridge

A socket belongs to the namespace that its thread was in when it was made, so both ends of a call
can be in one process and one event loop.
"""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

SITE, HOME, EDGE, BRIDGE = "site", "home", "edge", "bridge"
NAMES = (SITE, HOME, EDGE, BRIDGE)

SITE_ADDRESS, NAT_ADDRESS = "10.77.1.2", "198.51.100.1"
BRIDGE_ADDRESS, PUBLIC_ADDRESS = "10.77.2.2", "198.51.100.9"

NEW_NETWORK = 0x40000000
"""CLONE_NEWNET."""

MASQUERADE = """
table ip nat {
  chain post {
    type nat hook postrouting priority 100
    oifname "out" masquerade
  }
}
"""
ONE_TO_ONE = f"""
table ip nat {{
  chain pre {{
    type nat hook prerouting priority -100
    iifname "out" dnat to {BRIDGE_ADDRESS}
  }}
  chain post {{
    type nat hook postrouting priority 100
    oifname "out" snat to {PUBLIC_ADDRESS}
  }}
}}
"""


REFUSALS = ("not permitted", "not supported", "ermission denied", "Read-only")
"""Of a kernel, or of a container around us."""


class NoNamespaces(Exception):
    """The system does not let us; with its reason."""


def _run(*command: str, text: str | None = None) -> None:
    found = shutil.which(command[0], path="/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        raise NoNamespaces(f"there is no {command[0]}")
    done = subprocess.run(
        [found, *command[1:]], input=text, capture_output=True, text=True, check=False
    )
    if done.returncode:
        told = f"{' '.join(command)}: {done.stderr.strip()}"
        raise (NoNamespaces if any(word in told for word in REFUSALS) else RuntimeError)(told)


class Nats:
    """The four namespaces; their names in the system end in our process's number."""

    def __init__(self) -> None:
        self._names = {name: f"mcu-{name}-{os.getpid()}" for name in NAMES}

    def build(self, undo: ExitStack) -> None:
        """Make all; raises NoNamespaces."""
        for name in self._names.values():
            _run("ip", "netns", "add", name)
            undo.callback(_run, "ip", "netns", "del", name)
            self._ip(name, "link", "set", "lo", "up")
        self._join(SITE, "eth", f"{SITE_ADDRESS}/24", HOME, "in", "10.77.1.1/24")
        self._join(HOME, "out", f"{NAT_ADDRESS}/24", EDGE, "out", f"{PUBLIC_ADDRESS}/24")
        self._join(EDGE, "in", "10.77.2.1/24", BRIDGE, "eth", f"{BRIDGE_ADDRESS}/24")
        for name, gateway in ((SITE, "10.77.1.1"), (BRIDGE, "10.77.2.1")):
            self._ip(self._names[name], "route", "add", "default", "via", gateway)
        for name, rules in ((HOME, MASQUERADE), (EDGE, ONE_TO_ONE)):
            inside = ("ip", "netns", "exec", self._names[name])
            _run(*inside, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
            _run(*inside, "nft", "-f", "-", text=rules)

    def _join(self, one: str, link: str, address: str, other: str, far: str, there: str) -> None:
        ends = ((one, link, address), (other, far, there))
        (first, _, _), (second, _, _) = ends
        _run(
            *("ip", "link", "add", "name", link, "netns", self._names[first], "type", "veth"),
            *("peer", "name", far, "netns", self._names[second]),
        )
        for name, end, at in ends:
            self._ip(self._names[name], "address", "add", at, "dev", end)
            self._ip(self._names[name], "link", "set", end, "up")

    def _ip(self, name: str, *command: str) -> None:
        _run("ip", "-n", name, *command)

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """Let this thread make sockets there."""
        with (
            Path("/proc/thread-self/ns/net").open() as here,
            Path("/run/netns", self._names[name]).open() as there,
        ):
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(here.fileno())


def _enter(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "no way into a namespace")


@contextmanager
def behind_nats() -> Iterator[Nats]:
    """Both networks; raises NoNamespaces."""
    with ExitStack() as undo:
        nats = Nats()
        nats.build(undo)
        yield nats
