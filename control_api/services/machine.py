"""How full this machine is: processor, memory, disk, as the kernel tells (proc(5), statvfs(3))."""

import os
from dataclasses import dataclass
from pathlib import Path

STAT = Path("/proc/stat")
MEMORY = Path("/proc/meminfo")
IDLE, IOWAIT = 3, 4
"""Columns of the line `cpu`."""


@dataclass(frozen=True, slots=True)
class Fullness:
    """Shares, 0..1. `cpu` since the last look."""

    cpu: float
    memory: float
    disk: float


class Machine:
    """Looks at the machine; `data` is on the disk that counts."""

    def __init__(self, data: Path, stat: Path = STAT, memory: Path = MEMORY) -> None:
        self._data = data
        self._stat = stat
        self._memory = memory
        self._before = (0, 0)

    def look(self) -> Fullness:
        """How full it is; raises OSError or ValueError where the kernel does not tell."""
        busy, all_ = self._cpu()
        busy_before, all_before = self._before
        self._before = (busy, all_)
        passed = all_ - all_before
        cpu = (busy - busy_before) / passed if all_before and passed > 0 else 0.0
        return Fullness(cpu, self._memory_used(), self._disk_used())

    def _cpu(self) -> tuple[int, int]:
        line = self._stat.read_text("ascii").partition("\n")[0]
        ticks = [int(word) for word in line.split()[1:9]]
        return sum(ticks) - ticks[IDLE] - ticks[IOWAIT], sum(ticks)

    def _memory_used(self) -> float:
        lines = (line.split() for line in self._memory.read_text("ascii").splitlines())
        kilobytes = {words[0]: int(words[1]) for words in lines if len(words) > 1}
        return 1 - kilobytes["MemAvailable:"] / kilobytes["MemTotal:"]

    def _disk_used(self) -> float:
        disk = os.statvfs(self._data)
        # What root alone may write is full for us.
        usable = disk.f_blocks - disk.f_bfree + disk.f_bavail
        return 1 - disk.f_bavail / usable if usable else 0.0
