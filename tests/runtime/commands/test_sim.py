"""`talktable sim` as a process beside `talktable run`: what it prints is all that the other needs."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from runtime.__main__ import main

ROOT = Path(__file__).parent.parent.parent.parent


def test_it_says_what_a_bot_beside_it_needs_and_ends_when_told():
    process = subprocess.Popen(
        [sys.executable, "-m", "runtime", "sim", "--port", "0", "--webhook", "http://127.0.0.1:1/x", "--app-secret",
         "a b"], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "TALKTABLE_WHATSAPP_VERIFY_TOKEN": "from-outside"})
    assert process.stdout
    lines = []
    while not (lines and lines[-1].startswith("waiting")):
        lines.append(process.stdout.readline())
    process.send_signal(signal.SIGINT)

    assert process.wait(10) == 0
    told = dict(re.findall(r"^export TALKTABLE_WHATSAPP_(\w+)=(.*)$", "".join(lines), re.M))
    assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d+", told.pop("GRAPH_URL"))
    assert told == {"APP_SECRET": "'a b'", "VERIFY_TOKEN": "from-outside", "ACCESS_TOKEN": "simulated-access-token",
                    "PHONE_NUMBER_ID": "100200300"}


def test_a_port_that_is_taken_is_said_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = CliRunner().invoke(main, ["sim", "--port", str(taken.getsockname()[1])])

    assert result.exit_code == 3
    assert result.output.startswith("talktable: cannot listen on 127.0.0.1:")
