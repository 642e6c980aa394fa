"""A server of its own, to be killed: `python -m tests.crash.process GRAPH DATABASE PORT FOLDER`.

All is as in production, but for the times: leases and scans are short, so that a take-over is seen within seconds.
"""

import os
import sys
from pathlib import Path

from runtime import outbox, worker
from runtime.channels.whatsapp import WhatsApp
from runtime.serve import serve
from runtime.telemetry import log_to
from tests.runtime.toy import advance, settings, table

POST_S = 1.0                                 # longest post; a lease is twice that
SCAN_MS = 500


def live(graph: str, database: str, port: int, folder: Path, settle: int = 0) -> None:
    WhatsApp.timeout_s = POST_S
    outbox.Outbox.lease_ms = property(lambda self: int(2_000 * POST_S))  # type: ignore[assignment,method-assign]
    worker.SCAN_MS = SCAN_MS
    log_to()
    serve(table(), folder, settings(graph, database, port=port, settle=settle), advance)


def logged(log: Path, *args: object) -> None:
    """`live`, with what it says in a file; begun by a process that has imported all this already."""
    with log.open("ab") as file:
        os.dup2(file.fileno(), sys.stderr.fileno())
    live(*args)  # type: ignore[arg-type]


if __name__ == "__main__":
    graph, database, port, folder = sys.argv[1:]
    live(graph, database, int(port), Path(folder))
