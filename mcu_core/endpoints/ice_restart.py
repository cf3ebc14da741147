"""ICE begun anew within a connection (RFC 8445 9, RFC 8839 4.4.1.1.1), on the same ports.

aioice knows no restart: its state is set back here to what it was before the first check. Keys stay
(RFC 8842 4.4), and so do ports; only names, passwords and the other side's candidates are new.
"""

import asyncio
from typing import Any


async def forget_checks(connection: Any) -> None:
    """Set an aioice connection back; its checks, and those of consent, are over then."""
    connection._early_checks_done = False  # what comes from now on waits for `connect`
    tasks = [pair.task for pair in connection._check_list if pair.task is not None]
    if connection._query_consent_task is not None:
        tasks.append(connection._query_consent_task)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    connection._query_consent_task = None
    connection._early_checks.clear()
    connection._check_list, connection._check_list_done = [], False
    connection._check_list_state = asyncio.Queue()
    connection._nominated, connection._nominating = {}, set()
    connection._remote_candidates = []
    connection.remote_username = connection.remote_password = None
