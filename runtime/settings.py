"""The environment, read once: `TALKTABLE_*` variables, a TOML file, flags. Flags win, then variables, then the file.

Every secret may also be given as a file: `TALKTABLE_WHATSAPP_ACCESS_TOKEN_FILE`. The TOML file has the same names in
lower case without the prefix, or in tables: `whatsapp_access_token`, or `access_token` under `[whatsapp]`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

PREFIX = "TALKTABLE_"
FEWEST_DAYS, MOST_DAYS = 8, 36_500
SECRET, DAYS = {"secret": True}, {"days": True}

# What a template or a tutorial leaves to be filled in.
_PLACEHOLDER = re.compile(
    r"(?:change|replace|fill|insert)[-_ ]?(?:me|this|in|here).*|your[-_ ].*|.*placeholder.*|<.*>|\$\{.*|x+|\*+|\.+"
    r"|todo", re.IGNORECASE)


class SettingsError(Exception):
    """Settings that cannot be worked with; `faults` are all of them, one line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that is decided outside the program. The names are those of the variables, without the prefix."""

    whatsapp_app_secret: str = field(default="", repr=False, metadata=SECRET)    # comma-separated while rotating
    whatsapp_verify_token: str = field(default="", repr=False, metadata=SECRET)
    whatsapp_access_token: str = field(default="", repr=False, metadata=SECRET)
    whatsapp_phone_number_id: str = ""
    whatsapp_graph_url: str = "https://graph.facebook.com"
    whatsapp_graph_version: str = "v25.0"
    whatsapp_rate: int = 80                  # messages a second that the number may send; 0: as many as come
    database_url: str = "sqlite:///talktable.db"
    host: str = "127.0.0.1"
    port: int = 8080
    settle: int = 20                         # seconds that a message which may have arrived waits for a word of it
    # Days, 0: for ever; in place of what the bot's domain says under `retention`, which is where they are explained.
    keep_keys: int | None = field(default=None, metadata=DAYS)
    keep_statuses: int | None = field(default=None, metadata=DAYS)
    keep_messages: int | None = field(default=None, metadata=DAYS)
    keep_dead_letters: int | None = field(default=None, metadata=DAYS)
    keep_journal: int | None = field(default=None, metadata=DAYS)
    keep_conversations: int | None = field(default=None, metadata=DAYS)
    log_level: str = "info"
    development: bool = False                # actions may call `http`, and what leads to this machine

    @property
    def app_secrets(self) -> tuple[str, ...]:
        return tuple(secret for secret in self.whatsapp_app_secret.split(",") if secret)


def read_settings(environment: Mapping[str, str], flags: Mapping[str, object] | None = None,
                  file: Path | None = None, *, secrets_needed: bool = True) -> Settings:
    """Settings from the environment, a TOML file and flags.

    Args:
        environment: usually `os.environ`.
        flags: by field name; None means that the flag was not given.
        secrets_needed: whether to refuse to go on without the WhatsApp secrets, or with placeholders for them.

    Raises:
        SettingsError: naming every fault at once.
    """
    faults: list[str] = []
    from_file = _read_file(file, faults) if file else {}
    known: dict[str, Any] = {}
    for one in fields(Settings):
        told = _told(one, environment, flags or {}, from_file, faults)
        if told is not None:
            _convert(one, told, known, faults)
    names = {one.name for one in fields(Settings)}
    faults += [f"`{name}` in `{file}` is not a setting" for name in sorted(from_file) if name not in names]
    settings = Settings(**known)
    faults += _faults(settings)
    if secrets_needed:
        faults += _missing(settings)
    if faults:
        raise SettingsError(faults)
    return settings


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _told(one: Field[Any], environment: Mapping[str, str], flags: Mapping[str, object],
          from_file: Mapping[str, object], faults: list[str]) -> object | None:
    """The value of a field from the first that has one: flag, variable, `…_FILE`, TOML file."""
    if flags.get(one.name) is not None:
        return flags[one.name]
    variable = _variable(one.name)
    if variable in environment:
        return environment[variable]
    if one.metadata.get("secret") and (path := environment.get(f"{variable}_FILE")):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeError) as fault:
            faults.append(f"`{variable}_FILE`: `{path}` cannot be read ({type(fault).__name__})")
            return None
    return from_file.get(one.name)


def _read_file(path: Path, faults: list[str]) -> dict[str, object]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as fault:
        faults.append(f"`{path}` cannot be read: {fault}")
        return {}
    flat: dict[str, object] = {}
    for name, value in document.items():
        flat |= {f"{name}_{key}": item for key, item in value.items()} if isinstance(value, dict) else {name: value}
    return flat


def _convert(one: Field[Any], told: object, known: dict[str, Any], faults: list[str]) -> None:
    text = str(told).strip()
    if isinstance(one.default, bool):
        if text.lower() in ("true", "false"):
            known[one.name] = text.lower() == "true"
        else:
            faults.append(f"`{_variable(one.name)}` wants `true` or `false`")
    elif not (isinstance(one.default, int) or one.metadata.get("days")):
        known[one.name] = text
    elif text.isascii() and text.isdigit():
        known[one.name] = int(text)
    else:
        faults.append(f"`{_variable(one.name)}` wants a whole number")


def _faults(settings: Settings) -> list[str]:
    checks: list[tuple[str, Callable[[str], bool], str]] = [
        ("whatsapp_graph_url", lambda url: bool(re.fullmatch(r"https?://[^\s/]+(/\S*)?", url)), "wants a URL"),
        ("whatsapp_graph_version", lambda text: bool(re.fullmatch(r"v\d+\.\d+", text)), "wants a version like `v25.0`"),
        ("database_url", lambda url: bool(re.match(r"sqlite:///|postgres(ql)?://", url)),
         "wants `sqlite:///` and a path, or `postgresql://` and what follows"),
        ("log_level", lambda text: text in ("debug", "info", "warning", "error"),
         "wants one of debug, info, warning, error"),
    ]
    found = [f"`{_variable(name)}` {wants}" for name, fits, wants in checks if not fits(getattr(settings, name))]
    if not 0 <= settings.port <= 65_535:
        found.append(f"`{_variable('port')}` wants a number from 0 to 65535")
    for one in fields(settings):
        days = getattr(settings, one.name) if one.metadata.get("days") else None
        # WhatsApp goes on for seven days with a webhook that was not answered with 200.
        if one.name in ("keep_keys", "keep_statuses") and 0 < (days or 0) < FEWEST_DAYS:
            found.append(f"`{_variable(one.name)}` wants at least {FEWEST_DAYS} days: until then WhatsApp may repeat "
                         f"a message")
        if (days or 0) > MOST_DAYS:
            found.append(f"`{_variable(one.name)}` wants at most {MOST_DAYS} days; 0 is for ever")
    return found


def _missing(settings: Settings) -> list[str]:
    found = []
    for one in fields(Settings):
        if not one.metadata.get("secret") and one.name != "whatsapp_phone_number_id":
            continue
        values = str(getattr(settings, one.name)).split(",") if one.name == "whatsapp_app_secret" else [
            str(getattr(settings, one.name))]
        if not all(value.strip() for value in values):
            found.append(f"`{_variable(one.name)}` is missing")
        elif any(_PLACEHOLDER.fullmatch(value.strip()) for value in values):
            found.append(f"`{_variable(one.name)}` is a placeholder")
    return found
