"""`retention` of domain.yml: how long what is stored is kept, by class. The times themselves: `dsl.table.Retention`."""

from dsl.diagnostics import Kind, Severity
from dsl.scalars import KEPT, SECONDS
from dsl.shape import Field, Fields, Record, Report
from dsl.table import Retention

KEPT_TOO_SHORT = Kind("F082", Severity.ERROR, "`{name}` are kept at least {least}", fix="write `{least}`",
                      why="WhatsApp tells things again for up to seven days; what is forgotten is taken for new.")

DAY = SECONDS["d"]
REPEATS = 8 * DAY                            # WhatsApp goes on for seven with a webhook that was not answered with 200

RETENTION = Record("`retention`", {
    "keys": Field(KEPT, "the ids of messages, by which a repeat is known: 14d unless said, 8d at least"),
    "statuses": Field(KEPT, "what became of messages, such as delivered or read: 90d unless said, 8d at least"),
    "messages": Field(KEPT, "what was sent: 90d unless said"),
    "dead_letters": Field(KEPT, "what could not be sent: 90d unless said"),
    "journal": Field(KEPT, "what happened in each turn: 90d unless said"),
    "conversations": Field(KEPT, "all of a conversation after its last turn: 365d unless said, `keys` at least"),
}, {"dead": "write `dead_letters`", "dedupe": "write `keys`", "inbox": "write `keys`", "outbox": "write `messages`",
    "sessions": "write `conversations`", "users": "write `conversations`"})


def retention(fields: Fields | None, report: Report) -> Retention:
    """The times of a `retention`, and those that are too short for what WhatsApp does."""
    if fields is None:
        return Retention()
    kept = Retention(**fields.values)
    for name, least in (("keys", REPEATS), ("statuses", REPEATS), ("conversations", kept.keys)):
        long: int = fields.get(name, 0)
        if long and not 0 < least <= long:
            told = f"{-(-least // DAY)}d" if least else "forever"
            report.add(KEPT_TOO_SHORT.at(fields.nodes[name].value.span, name=name, least=told))
    return kept
