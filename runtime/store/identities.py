"""Whose conversation an event is: what a user is called, linked to one conversation. Decided here, for every store.

A user has up to four names, and a webhook tells some of them. Names that are told together are one user's. The
business-scoped id is the strongest: a number goes to somebody else one day, so that two contacts with different ids
of that kind are never made one because of a number: who had it before is reached by their id from then on. A contact
has one name of each kind, the last that was told.

Where two contacts turn out to be one, the conversation that was known first goes on. The other's state and timers
end; what it had yet to say and to hear goes over, and so do the ids of its messages, which keep repeats out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from runtime.store.port import Identity, IdentityKind, Inbound

STRENGTH: tuple[IdentityKind, ...] = ("bsuid", "parent_bsuid", "wa_id", "phone")


@dataclass(frozen=True, slots=True)
class Link:
    """Whose conversation a name leads to, and since when that user is known (milliseconds)."""

    conversation: str
    since: int


class Book:
    """Links as they were read, and what the events of one tick make of them.

    Args:
        links: of every name that is told, and all of every conversation that these lead to or that may be begun.
        tag: chance, for the name of a conversation whose first choice is in use.
    """

    def __init__(self, links: Mapping[Identity, Link], now: int, tag: Callable[[], str]) -> None:
        self.links = dict(links)
        self.merged: dict[str, str] = {}     # which conversation went into which
        self.left: dict[str, Inbound] = {}   # by conversation: that a number of its user is somebody else's now
        self._now, self._tag = now, tag
        self._names: dict[str, dict[IdentityKind, Identity]] = {}
        self._since: dict[str, int] = {}
        for identity, link in links.items():
            self._names.setdefault(link.conversation, {})[identity.kind] = identity
            self._since[link.conversation] = link.since

    def placed(self, inbound: Iterable[Inbound]) -> list[Inbound]:
        """These events with the conversations they belong to; changes of names that we do not know are left out."""
        found = [(one, conversation) for one in inbound if (conversation := self._conversation(one)) is not None]
        return [one if (name := self._last(conversation)) == one.conversation else replace(one, conversation=name)
                for one, conversation in found]

    def _conversation(self, inbound: Inbound) -> str | None:
        if not inbound.identities:
            return inbound.conversation
        told = {identity.kind: identity for identity in inbound.identities}
        known, before = self._known(told), self._known({identity.kind: identity for identity in inbound.was})
        same = list(dict.fromkeys([*before, *known])) if before else self._alike(known, told)
        if not same and inbound.origin == "identity":
            return None
        if not same:
            same = [self._begun(inbound.conversation)]
        first = min(same, key=lambda name: (self._since[name], name))
        for other in same:
            if other != first:
                self._merge(other, first)
        for identity in (*inbound.was, *told.values()):
            if (loser := self._unlink(identity)) and loser != first:
                address = self._names[loser]["bsuid"].value  # without one, it would be the same user's
                self.left[loser] = Inbound(loser, f"left:{inbound.id}", "", "identity", address, inbound.at)
        for identity in told.values():
            self._link(identity, first)
        return first

    def _known(self, told: Mapping[IdentityKind, Identity]) -> list[str]:
        """The conversations that these names lead to, the strongest name's first."""
        return list(dict.fromkeys(self.links[told[kind]].conversation
                                  for kind in STRENGTH if kind in told and told[kind] in self.links))

    def _alike(self, known: list[str], told: Mapping[IdentityKind, Identity]) -> list[str]:
        """Those of them that may be one user's: there is one business-scoped id at most among them."""
        bsuid, same = told.get("bsuid"), []
        for name in known:
            its = self._names[name].get("bsuid")
            if bsuid is None or its is None or its == bsuid:
                bsuid = bsuid or its
                same.append(name)
        return same

    def _begun(self, wanted: str) -> str:
        name = f"{wanted}~{self._tag()}" if self._names.get(wanted) else wanted
        self._since[name] = self._now
        return name

    def _merge(self, other: str, into: str) -> None:
        """All names of `other` lead to `into`; of two of a kind, that of `other` is the newer."""
        self.merged[other] = into
        for identity in self._names.pop(other).values():
            self._link(identity, into)

    def _unlink(self, identity: Identity) -> str | None:
        link = self.links.pop(identity, None)
        if link is None:
            return None
        del self._names[link.conversation][identity.kind]
        return link.conversation

    def _link(self, identity: Identity, conversation: str) -> None:
        names = self._names.setdefault(conversation, {})
        if rival := names.get(identity.kind):
            del self.links[rival]
        names[identity.kind] = identity
        self.links[identity] = Link(conversation, self._since[conversation])

    def _last(self, name: str) -> str:
        while name in self.merged:
            name = self.merged[name]
        return name
