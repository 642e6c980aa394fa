"""What the user sends meets the step where the conversation rests: the first row that takes it wins.

The order is that of the language: a tap on an option of this step; its `on` patterns; an option named exactly, or a
suggestion; `anywhere`, then at a menu what flows start on; an option named nearly; the answer; and what follows a bad
one. Where nothing is asked there is only `anywhere`, what flows start on, and the start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from dsl.words import normalise
from runtime import replies, validation
from runtime.choices import MORE, NONE_OF_THESE, Open, Pick, is_open, open_now, pick_of
from runtime.events import Chose, Opened, Said, Sent
from runtime.plan import BACK, Rows, StepPlan
from runtime.runs import BACK_TO, Path, ask_again, enter, follow, otherwise, start_on, taken, tries
from runtime.session import has_expired
from runtime.state import Frame
from runtime.steps import ask_whether, turn_page
from runtime.walk import Walk

Taking = Callable[[Rows], Iterable[int]]     # rows that take the message, in their order

_TEXT = ("kind:text", "kind:anything")       # the kinds of a text, and of one that came by an ad
_AD = (*_TEXT, "kind:ad")
# What the platform tells us about messages rather than in one: without a row of its own, nobody wants an answer to it.
SILENT = frozenset({"edit", "revoke", "reaction", "system"})


def hear(walk: Walk, event: Said | Sent | Chose | Opened) -> None:
    """The user has written, tapped, sent or opened something."""
    at = walk.resting()
    asked = at.step.type if at is not None else None
    if asked is not None and isinstance(event, Sent) and validation.is_file_of(asked, event):
        event = replace(event, kind=asked)
    is_back = has_expired(walk, at, event)
    words = normalise(event.text) if isinstance(event, Said) else ""
    taking = _taking(event, words)
    if isinstance(event, Sent) and event.kind in SILENT and not _is_taken(walk, at, taking):
        walk.note("silent")
        return
    walk.heard = max(walk.heard, event.at)
    if at is not None and at.step.private:
        walk.private = True
    if at is not None and at.step.kind == "handover":
        _to_team(walk, at, taking)
    elif is_back:
        _welcome_back(walk, at, event, taking)
    elif isinstance(event, Chose):
        _tapped(walk, at, event)
    elif at is None:
        _begin(walk, taking)
    elif isinstance(event, Opened):
        walk.note("silent")
    else:
        _meet(walk, at, event, taking, words)


def moved(walk: Walk, event: Said | Sent | Chose | Opened, to: str) -> None:
    """The user writes to a bot that has no place any more where they were."""
    walk.heard = max(walk.heard, event.at)
    taking = _taking(event, normalise(event.text) if isinstance(event, Said) else "")
    if _beyond(walk, None, taking) or (isinstance(event, Chose) and _tapped_menu(walk, event)):
        return
    walk.note("moved")
    walk.say(walk.system("moved"))
    follow(walk, enter(walk, to))


def _taking(event: Said | Sent | Chose | Opened, words: str) -> Taking:
    if isinstance(event, Said):
        text, kinds = event.text, _AD if event.ad else _TEXT
        return lambda rows: rows.said(words, text, kinds)
    if not isinstance(event, Sent):
        return lambda rows: ()
    if event.kind == "reaction":
        emoji = event.value.get("emoji")
        events = (f"reaction:{normalise(emoji)}", "reaction:") if isinstance(emoji, str) and emoji else ()
        return lambda rows: rows.of(*events)
    kind = f"kind:{event.kind}"
    if event.kind in SILENT:
        return lambda rows: rows.of(kind)
    return lambda rows: rows.of(kind, "kind:anything")


# --- where nothing is asked


def _begin(walk: Walk, taking: Taking) -> None:
    """A conversation that has not begun, or has ended."""
    if not _beyond(walk, None, taking):
        follow(walk, enter(walk, walk.table.start))


def _to_team(walk: Walk, at: StepPlan, taking: Taking) -> None:
    """A person has the conversation: for the bot is what the handover itself waits for, and what stops its messages."""
    everywhere = walk.plan.anywhere
    for rows, index in (
        (at.rows, walk.first(at.rows, taking(at.rows))),
        (everywhere, walk.first(everywhere, (row for row in taking(everywhere) if row in walk.plan.opting_out))),
    ):
        if index is not None:
            _accept(walk, rows, index)
            return
    walk.note("team")


def _welcome_back(walk: Walk, at: StepPlan | None, event: Said | Sent | Chose | Opened, taking: Taking) -> None:
    """Back after a silence: what wakes the conversation is no answer, unless it is a command."""
    if isinstance(event, Chose) and _tapped_menu(walk, event):
        return
    policy = walk.table.session.on_return
    if policy == "restart":
        walk.note("restart")
        walk.drop(0)
        walk.forget()
        _begin(walk, taking)
    elif _beyond(walk, at, taking):
        return
    elif policy == "ask" and walk.plan.step(BACK) is not None and (at is None or at.name != BACK):
        walk.note("welcome_back")
        walk.push(Frame(BACK, None, {}, None, "again"))
        walk.rest(BACK, "choose")
        follow(walk, ask_again(walk))
    else:
        walk.note("resume")
        follow(walk, ask_again(walk))


def _is_taken(walk: Walk, at: StepPlan | None, taking: Taking) -> bool:
    plan = walk.plan
    owners = [*([at.rows] if at else []), plan.anywhere, *([plan.starts] if _may_start(at) else [])]
    return any(walk.first(rows, taking(rows)) is not None for rows in owners)


def _may_start(at: StepPlan | None) -> bool:
    return at is None or at.step.kind == "menu"


def _beyond(walk: Walk, at: StepPlan | None, taking: Taking) -> bool:
    """What is understood everywhere, then, where no question is pending, what flows start on."""
    rows = walk.plan.anywhere
    index = walk.first(rows, taking(rows))
    if index is not None:
        _accept(walk, rows, index)
        return True
    rows = walk.plan.starts
    index = walk.first(rows, taking(rows)) if _may_start(at) else None
    if index is None:
        return False
    walk.misses = 0
    follow(walk, start_on(walk, index))
    return True


# --- at a question


def _meet(walk: Walk, at: StepPlan, event: Said | Sent, taking: Taking, words: str) -> None:
    index = walk.first(at.rows, taking(at.rows))
    if index is not None:
        _accept(walk, at.rows, index)
    elif isinstance(event, Sent):
        if _beyond(walk, at, taking):
            return
        _answer(walk, at, event)
    else:
        _meet_text(walk, at, event, taking, words)


def _meet_text(walk: Walk, at: StepPlan, event: Said, taking: Taking, words: str) -> None:
    here = open_now(walk, at)
    pick = _of_doubt(walk, event.text, words, here) or here.named(event.text, words)
    if pick is not None:
        _choose(walk, at, pick)
    elif _is_more(walk, words, here):
        _turn_page(walk)
    elif not _beyond(walk, at, taking) and not _nearly(walk, at, event.text, here):
        _answer(walk, at, event)


def _accept(walk: Walk, rows: Rows, index: int) -> None:
    """A row takes the message; where it leads nowhere, the question comes again."""
    _be_patient(walk)
    stay(walk, taken(walk, rows, index))


def _be_patient(walk: Walk) -> None:
    walk.misses = 0
    frame = walk.frames[-1] if walk.frames else None
    if frame and (frame.tries or frame.doubt):
        walk.frames[-1] = replace(frame, tries=0, doubt=())


def stay(walk: Walk, path: Path) -> None:
    """Follow the path; if it leads nowhere, ask again, or begin where there is nothing to ask."""
    if not follow(walk, path):
        follow(walk, ask_again(walk) if walk.frames else enter(walk, walk.table.start))


# --- choices


def _tapped(walk: Walk, at: StepPlan | None, event: Chose) -> None:
    if at is not None and at.name == event.step:
        if event.option == MORE:
            _turn_page(walk)
            return
        if event.option == NONE_OF_THESE:
            _none_of_these(walk)
            return
        if at.step.options and is_open(walk, at, event.option):
            _take(walk, at, f"option:{event.option}")
            return
        pick = None if at.step.options else open_now(walk, at).of(event.option)
        if pick is not None:
            _choose(walk, at, pick)
            return
    if not _tapped_menu(walk, event):
        walk.note("stale_tap")
        walk.say(walk.system("stale_tap"))
        follow(walk, ask_again(walk) if walk.frames else enter(walk, walk.table.start))


def _tapped_menu(walk: Walk, event: Chose) -> bool:
    """An option of a top-level menu is honoured whenever it is tapped, from wherever."""
    menu = walk.plan.step(event.step)
    if menu is None or menu.step.kind != "menu" or not is_open(walk, menu, event.option):
        return False
    index = walk.first(menu.rows, menu.rows.of(f"option:{event.option}"))
    if index is None:
        return False
    walk.drop(0)
    walk.push(Frame(menu.step.flow))
    walk.rest(menu.name, "menu")
    _accept(walk, menu.rows, index)
    return True


def _choose(walk: Walk, at: StepPlan, pick: Pick) -> None:
    if pick.how == "none":
        _none_of_these(walk)
    elif pick.how == "value":
        _judge(walk, at, validation.accept(walk.program, at.step, pick.value, walk.scope()))
    elif pick.how == "suggest":
        _answer(walk, at, Said(text=pick.title, at=walk.event.at, seed=walk.event.seed))
    else:
        _take(walk, at, "skip" if pick.how == "skip" else f"option:{pick.id}")


def _take(walk: Walk, at: StepPlan, event: str) -> None:
    """The row of an option, or of skipping."""
    index = walk.first(at.rows, at.rows.of(event))
    if index is None:
        _refuse(walk, at, walk.system("invalid", reason=walk.system("reason.choice")))
    else:
        _accept(walk, at.rows, index)


def _nearly(walk: Walk, at: StepPlan, text: str, here: Open) -> bool:
    """An option named nearly; in doubt the user is asked which, and that counts as a bad answer."""
    near = replies.nearly(text, here.meant) if here.meant else replies.NO_CHOICE
    pick = here.of(near.id) if near.id is not None else None
    if pick is not None:
        _choose(walk, at, pick)
        return True
    if not near.doubt:
        return False
    if not _lose_patience(walk, at):
        walk.note("did_you_mean")
        walk.frames[-1] = replace(walk.frames[-1], doubt=near.doubt)
        ask_whether(walk, at, [pick for pick in here.picks if pick.id in near.doubt])
    return True


def _of_doubt(walk: Walk, text: str, words: str, here: Open) -> Pick | None:
    """Which of those that "did you mean" offered was meant; none of these is one of them."""
    doubt = walk.frames[-1].doubt
    if not doubt:
        return None
    none = pick_of(NONE_OF_THESE, walk.word("none_of_these"), "none")
    return Open([*(pick for pick in here.picks if pick.id in doubt), none]).named(text, words)


def _none_of_these(walk: Walk) -> None:
    walk.note("none_of_these")
    walk.frames[-1] = replace(walk.frames[-1], doubt=())
    follow(walk, ask_again(walk))


def _is_more(walk: Walk, words: str, here: Open) -> bool:
    return len(here.picks) > walk.table.limits.rows and words == normalise(walk.word("more"))


def _turn_page(walk: Walk) -> None:
    walk.note("more")
    turn_page(walk)
    follow(walk, ask_again(walk))


# --- answers, good and bad


def _answer(walk: Walk, at: StepPlan, event: Said | Sent) -> None:
    """What no row took, as the answer to the question."""
    verdict = None
    if at.step.kind == "ask" and not at.is_listed:
        verdict = validation.validate(walk.program, at.step, event, walk.scope())
    is_other_kind = isinstance(event, Sent) and event.kind != at.step.type
    if verdict is None or (is_other_kind and isinstance(verdict, validation.Refused)):
        _refuse(walk, at, _reason(walk, at, event))
    else:
        _judge(walk, at, verdict)


def _judge(walk: Walk, at: StepPlan, verdict: validation.Accepted | validation.Refused) -> None:
    if isinstance(verdict, validation.Refused):
        _refuse(walk, at, verdict.text if verdict.is_own else walk.system("invalid", reason=verdict.text))
        return
    walk.store(at.step.slot, verdict.value)
    index = walk.first(at.rows, at.rows.of("answer"))
    if index is None:
        follow(walk, BACK_TO)
    else:
        _accept(walk, at.rows, index)


def _reason(walk: Walk, at: StepPlan, event: Said | Sent) -> str | None:
    """Why what came is none of the choices: said as the author says it, else as the machine does."""
    own = walk.text(at.step.invalid)
    if own is not None:
        return own
    if isinstance(event, Sent):
        kind = walk.system(f"kind.{event.kind}") or walk.system("kind.unsupported") or event.kind
        return walk.system("unsupported", kind=kind)
    return walk.system("invalid", reason=walk.system("reason.choice"))


def _refuse(walk: Walk, at: StepPlan, reason: str | None) -> None:
    """A bad answer: its reason and the question again, or what follows too many of them."""
    if not _lose_patience(walk, at):
        walk.note("invalid")
        walk.say(reason)
        follow(walk, ask_again(walk))


def _lose_patience(walk: Walk, at: StepPlan) -> bool:
    """Count a bad answer; whether it was one too many, here or anywhere."""
    frame = replace(walk.frames[-1], tries=walk.frames[-1].tries + 1, doubt=())
    walk.frames[-1] = frame
    walk.misses += 1
    path = None
    if at.step.tries is not None and frame.tries >= at.step.tries:
        path = tries(walk)
    if path is None and walk.plan.otherwise is not None and walk.misses >= walk.plan.otherwise[0]:
        path = otherwise(walk)
    if path is None:
        return False
    stay(walk, path)
    return True
