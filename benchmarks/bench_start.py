"""What each command costs until its first word, and as a whole where it ends by itself; processor time of the process.

    ./talk python -m benchmarks.bench_start

The first word is whatever it writes first, to standard output or standard error. Byte code is written by the first
round, wherever the environment says it is not to be.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
BOT = "bots/clinic"
COMMANDS: dict[str, tuple[str, ...]] = {
    "--help": ("--help",),
    "explain": ("explain", "F101"),
    "new": ("new", "FOLDER/cafe{round}"),
    "fmt --check": ("fmt", BOT, "--check"),
    "check": ("check", BOT),
    "check, three bots": ("check", BOT, "bots/shop", "bots/survey"),
    "build": ("build", BOT, "-o", "FOLDER/table.json"),
    "graph": ("graph", BOT),
    "test, clinic": ("test", "stories/clinic"),
    "test, all stories": ("test", "stories"),
    "chat, one line": ("chat", BOT, "--plain"),
    "run, refused": ("run", BOT, "--config", "FOLDER/refused.toml"),
    "db current": ("db", "current"),
    "dlq list": ("dlq", "list"),
    "backup": ("backup", "FOLDER/saved{round}.db"),
}
SERVERS: dict[str, tuple[str, ...]] = {
    "run": ("run", BOT, "--port", "0"),
    "dev": ("dev", BOT, "--port", "0"),
    "sim": ("sim", "--port", "0"),
}
SECRETS = {f"TALKTABLE_WHATSAPP_{name}": "a" * 20 for name in ("APP_SECRET", "VERIFY_TOKEN", "ACCESS_TOKEN")} | {
    "TALKTABLE_WHATSAPP_PHONE_NUMBER_ID": "1"}
ROUNDS = 10

FIRST_WORD = """
import os, sys, time
class Said:
    def __getattr__(self, name): return getattr(sys.__stdout__, name)
    def write(self, text):
        os.write(1, str(time.process_time()).encode())
        os._exit(0)
sys.stdout = sys.stderr = Said()
from runtime.__main__ import main
try: main()
finally: sys.stdout.write("")                # where all is well and nothing is said
"""


def ran(command: list[str], folder: str) -> str:
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("TALKTABLE_", "PYTHONDONTWRITE"))}
    environment = {**kept, **SECRETS, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": f"{folder}/byte-code",
                   "TALKTABLE_DATABASE_URL": f"sqlite:///{folder}/talk.db"}
    return subprocess.run([sys.executable, *command], input="hi\n", text=True, cwd=ROOT, capture_output=True,
                          check=False, env=environment).stdout


def to_the_first_word(arguments: list[str], folder: str) -> float:
    return float(ran(["-c", FIRST_WORD, *arguments], folder))


def to_the_end(arguments: list[str], folder: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran(["-m", "runtime", *arguments], folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "refused.toml").write_text("log_level = 1\n")
        for name, written in (COMMANDS | SERVERS).items():
            measures = (to_the_first_word,) if name in SERVERS else (to_the_first_word, to_the_end)
            taken = [[measure([part.replace("FOLDER", folder).format(round=f"{round}{measure.__name__}")
                               for part in written], folder) for measure in measures] for round in range(ROUNDS + 1)]
            print(f"{name:<18}", *(f"{min(rounds):.2f} s" for rounds in zip(*taken[1:], strict=True)))


if __name__ == "__main__":
    main()
