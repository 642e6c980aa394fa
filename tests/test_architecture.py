"""Imports run one way: the picture in the style guide stays true because this reads every import."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CORE = {"events", "effects", "state", "machine", "program", "values", "texts", "replies", "validation", "regex",
        "operators", "expressions", "per_table", "plan", "walk", "runs", "steps", "matching", "session", "shapes",
        "choices", "messages"}
CORE_MAY = ("dsl.table", "dsl.words", "runtime")
EDGES = ("runtime.store", "runtime.channels", "runtime.worker", "runtime.outbox", "runtime.actions", "runtime.calls",
         "runtime.media", "runtime.outgoing", "runtime.cache", "runtime.web",
         "runtime.settings", "runtime.telemetry", "runtime.serve", "runtime.commands", "runtime.__main__",
         "runtime.stories", "runtime.story_", "runtime.standing", "runtime.rehearsal", "runtime.chat", "runtime.sim")
FORBIDDEN_IN_CORE = {"asyncio", "os", "time", "random", "logging", "loguru", "socket", "aiohttp",
                     "sqlalchemy", "sqlmodel", "pathlib", "io", "subprocess", "threading"}


def imports(path: Path) -> set[str]:
    """Every module a file imports, wherever in it; for `from a import b` both `a` and `a.b`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                found |= {alias.name for alias in names}
            case ast.ImportFrom(module=str(module), names=names):
                found |= {module} | {f"{module}.{alias.name}" for alias in names}
    return found


def ours(path: Path) -> set[str]:
    return {name for name in imports(path) if name.split(".")[0] in ("dsl", "runtime")}


@pytest.mark.parametrize("path", sorted((ROOT / "dsl").rglob("*.py")), ids=lambda path: path.stem)
def test_the_compiler_never_imports_the_runtime(path: Path):
    assert not {name for name in ours(path) if name.startswith("runtime")}


def test_the_table_imports_nothing_of_ours():
    assert not ours(ROOT / "dsl" / "table.py")


def test_policy_is_arithmetic_on_times_that_it_is_given():
    policy = ROOT / "runtime" / "policy.py"
    assert not ours(policy)
    assert not imports(policy) & {"time", "random", "datetime", "asyncio"}


def core_files() -> list[Path]:
    named = [ROOT / "runtime" / f"{name}.py" for name in CORE]
    return sorted(path for path in named if path.exists()) + sorted((ROOT / "runtime" / "answers").glob("*.py"))


@pytest.mark.parametrize("path", core_files(), ids=lambda path: path.stem)
def test_the_core_imports_the_table_and_itself_and_does_no_io(path: Path):
    assert not {name for name in ours(path) if not name.startswith(CORE_MAY) or name.startswith(EDGES)}
    assert not {name.split(".")[0] for name in imports(path)} & FORBIDDEN_IN_CORE


@pytest.mark.parametrize(("module", "unwanted"), [
    ("runtime.__main__", {"lark", "babel", "sqlalchemy", "aiohttp", "rich", "prompt_toolkit", "starlette", "yaml"}),
    ("runtime.machine", {"lark", "yaml", "babel", "dateparser", "phonenumbers", "sqlalchemy", "aiohttp", "asyncio"}),
    ("dsl.build", {"lark", "babel", "rich", "sqlalchemy", "interegular"}),
])
def test_importing_a_module_does_not_import_what_it_may_never_need(module: str, unwanted: set[str]):
    seen = subprocess.run([sys.executable, "-c", f"import {module}, sys; print(*sys.modules)"],
                          capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    assert not unwanted & set(seen)
