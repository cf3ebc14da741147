"""What a process of this machine has used so far, out of /proc."""

import os
from dataclasses import dataclass
from pathlib import Path

from mcu_core.errors import McuError


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds of all its threads, resident memory, threads, open descriptors."""

    cpu_s: float
    rss_mb: float
    threads: int
    descriptors: int


def usage(pid: int) -> Usage:
    """Raises McuError when the process is gone."""
    folder = Path(f"/proc/{pid}")
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        pages = int((folder / "statm").read_text().split()[1])
        descriptors = len(os.listdir(folder / "fd"))
    except OSError as error:
        raise McuError(f"process {pid} is gone") from error
    cpu_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    rss_mb = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return Usage(cpu_s, rss_mb, int(fields[17]), descriptors)
