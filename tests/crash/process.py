"""A server of its own, to be killed: `python -m tests.crash.process GRAPH DATABASE PORT FOLDER`.

All is as in production, but for the times: leases and scans are short, so that a take-over is seen within seconds.
"""

import sys
from pathlib import Path

from runtime import outbox, worker
from runtime.channels.whatsapp import WhatsApp
from runtime.serve import serve
from tests.runtime.toy import advance, settings, table

POST_S = 1.0                                 # longest post; a lease is twice that

if __name__ == "__main__":
    graph, database, port, folder = sys.argv[1:]
    WhatsApp.timeout_s = POST_S
    outbox.Outbox.lease_ms = property(lambda self: int(2_000 * POST_S))  # type: ignore[assignment,method-assign]
    worker.SCAN_MS = 500
    serve(table(), Path(folder), settings(graph, database, port=int(port)), advance)
