"""What each command costs, as a whole process, until it ends or has answered one line.

    ./talk python -m benchmarks.bench_start
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
BOT = "bots/clinic"
COMMANDS: dict[str, tuple[list[str], str]] = {
    "--help": (["--help"], ""),
    "explain": (["explain", "F101"], ""),
    "fmt --check": (["fmt", BOT, "--check"], ""),
    "check": (["check", BOT], ""),
    "graph": (["graph", BOT], ""),
    "test, one story": (["test", "stories/survey", "-k", "promoter"], ""),
    "chat, one line": (["chat", BOT, "--plain"], "hi\n"),
    "run, refused": (["run", BOT], ""),
}
ROUNDS = 5


def seconds(arguments: list[str], typed: str) -> float:
    """Processor seconds of the process and what it started."""
    before = os.times()
    subprocess.run([sys.executable, "-m", "runtime", *arguments], input=typed, text=True, cwd=ROOT, check=False,
                   capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        commands = {**COMMANDS, "new": (["new", f"{folder}/cafe"], "")}
        for name, (arguments, typed) in commands.items():
            print(f"{name:<16} {min(seconds(arguments, typed) for _ in range(ROUNDS)):.2f} s")


if __name__ == "__main__":
    main()
