"""The Graph API of one number: what a call is answered with, and what it changes in the world.

No network here: a call is a `Request`, its answer a value. What goes wrong on the way (resets, lost answers), and what
follows from a message that was accepted, is the caller's affair.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import msgspec

from dsl.diagnostics import Severity
from dsl.limits import data, faults, kind
from runtime.sim.clock import Clock
from runtime.sim.errors import Refusal
from runtime.sim.ledger import Ledger
from runtime.sim.media import UPLOADED_MS, File, kind_of, most_bytes
from runtime.sim.templates import REFUSED, Template, definition_fault, filling_fault
from runtime.sim.world import TROUBLES, User, World

Json = dict[str, Any]

MEDIA = frozenset(data()["media"]["types"])
REACTION_MS = 30 * 86_400_000                # a reaction's target is at most 30 days old


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call. `path` as after the host; a multipart form comes as `fields` and `file`."""

    method: str
    path: str
    token: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    fields: Mapping[str, str] = field(default_factory=dict)
    file: File | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that was accepted, and for whom."""

    id: str
    key: str | None
    to: str
    user: User | None
    kind: str
    body: Json
    template: Template | None = None
    refused: int | None = None               # the code with which it will fail all the same


    @property
    def category(self) -> str:
        return self.template.category.lower() if self.template else "service"


@dataclass(frozen=True, slots=True)
class Route:
    """Which resource a call is about: the name that fault rules use, and the id in the path."""

    target: str
    id: str


_PATHS = ((re.compile(r"/v\d+\.\d+/(?P<id>\w+)/messages"), ("POST",), "messages"),
          (re.compile(r"/v\d+\.\d+/(?P<id>\w+)/media"), ("POST",), "media"),
          (re.compile(r"/v\d+\.\d+/(?P<id>\w+)/message_templates"), ("GET", "POST", "DELETE"), "templates"),
          (re.compile(r"/v\d+\.\d+/(?P<id>\w+)/message_history"), ("GET",), "history"),
          (re.compile(r"/files/(?P<id>\w+)"), ("GET",), "media"),
          (re.compile(r"/v\d+\.\d+/(?P<id>\w+)"), ("GET", "POST", "DELETE"), "object"))


def route(request: Request) -> Route | None:
    """What a call is about; none: there is nothing like it."""
    for pattern, methods, target in _PATHS:
        if (match := pattern.fullmatch(request.path)) and request.method in methods:
            return Route(target, match["id"])
    return None


def read_body(request: Request) -> Json:
    """The JSON object of a call.

    Raises:
        Refusal: it is none.
    """
    try:
        document = msgspec.json.decode(request.body)
    except (ValueError, RecursionError):
        raise Refusal(100, "The body is not JSON") from None
    if not isinstance(document, dict):
        raise Refusal(100, "The body is not an object")
    return document


class Graph:
    """Answers calls. Every refusal is raised as a `Refusal`."""

    def __init__(self, world: World, clock: Clock, ledger: Ledger, url: str,
                 submitted: Callable[[Template], None], seed: int) -> None:
        self._world, self._clock, self._ledger = world, clock, ledger
        self._submitted, self._seed, self._count = submitted, seed, 0
        self.url = url                       # where files are fetched from

    def allow(self, request: Request) -> None:
        """Whether the token of a call is one of ours and has not expired."""
        if request.token not in self._world.tokens:
            raise Refusal(190, "Invalid OAuth access token - Cannot parse access token")
        expires = self._world.tokens[request.token]
        if expires is not None and self._clock() >= expires:
            raise Refusal(190, "Error validating access token: Session has expired", subcode=463)

    def new_id(self, what: str) -> str:
        """An id that nothing else has; the same for the same seed and order."""
        self._count += 1
        digest = sha256(f"{self._seed} {what} {self._count}".encode()).digest()
        return "wamid." + b64encode(b"\x1d\x15\x12" + digest[:21]).decode()

    # --- messages -----------------------------------------------------------------------------------------------

    def message(self, number_id: str, body: Json, late_is_accepted: bool = False) -> Posted:
        """Accept a message; one that comes too late for its user too, if its failure is told in a status."""
        self._own(number_id, self._world.number.id)
        of_kind = kind(body)
        _fits(of_kind, body)
        self._untroubled()
        to = str(body.get("to") or body.get("recipient"))
        user = self._world.user(to) if body.get("to") is None or not to[:1].isalpha() else None
        template = self._template(body) if of_kind == "template" else None
        self._reachable(to, user)
        is_late = user is not None and template is None and not self._world.is_open(user, self._clock())
        if is_late and not late_is_accepted:
            raise Refusal(131047, "More than 24 hours have passed since the user last wrote to this number")
        self._targets_exist(of_kind, body)
        self._take_pace(user)
        return Posted(self.new_id("out"), body.get("biz_opaque_callback_data"), to, user, of_kind, body, template,
                      131047 if is_late else None)

    def mark_read(self, number_id: str, body: Json) -> Json:
        """A message of a user was read, and those before it; perhaps an answer is being typed."""
        self._own(number_id, self._world.number.id)
        _fits("mark_read", body)
        if not self._ledger.read(body["message_id"]):
            raise Refusal(131009, "message_id: there is no such message")
        return {"success": True}

    def _own(self, id: str, ours: str) -> None:
        if id != ours:
            raise Refusal(100, f"Object with ID '{id}' does not exist or cannot be loaded", subcode=33)

    def _untroubled(self) -> None:
        if trouble := self._world.number.trouble:
            raise Refusal(TROUBLES[trouble])

    def _reachable(self, to: str, user: User | None) -> None:
        if to.lstrip("+") == self._world.number.display:
            raise Refusal(131021)
        if user is not None and user.blocked:
            raise Refusal(130403)

    def _take_pace(self, user: User | None) -> None:
        now, number = self._clock(), self._world.number
        pace = number.pace.taken(now)
        if pace is None:
            raise Refusal(130429)
        own = user.pace.taken(now) if user else None
        if user and own is None:
            raise Refusal(131056)
        self._world.number = replace(number, pace=pace)
        if user and own:
            self._world.put(replace(user, pace=own))

    def _targets_exist(self, of_kind: str, body: Json) -> None:
        now, held = self._clock(), body.get(of_kind)
        quoted = (body.get("context") or {}).get("message_id")
        if quoted is not None and not self._known(quoted):
            raise Refusal(131009, "context.message_id: there is no such message")
        if of_kind == "reaction":
            target = self._ledger.inbound.get(body["reaction"]["message_id"])
            if target is None or now - target.at > REACTION_MS:
                raise Refusal(131009, "reaction.message_id: not a message of this chat of the last 30 days")
        if isinstance(held, dict) and "id" in held and of_kind in MEDIA:
            file = self._world.shelf.get(held["id"], now)
            if file is None:
                raise Refusal(131009, f"{of_kind}.id: there is no such media, or it has expired")
            if kind_of(file.mime) != of_kind:
                raise Refusal(131053, f"{of_kind}.id: {file.mime} cannot be sent as {of_kind}")

    def _known(self, id: str) -> bool:
        return id in self._ledger.inbound or any(id in entry.ids for entry in self._ledger.outbound.values())

    # --- templates ----------------------------------------------------------------------------------------------

    def _template(self, body: Json) -> Template:
        held = body["template"]
        found = self._world.templates.find(held["name"], held["language"]["code"])
        if found is None:
            raise Refusal(132001, f"template name ({held['name']}) does not exist in {held['language']['code']}")
        if code := REFUSED.get(found.status):
            raise Refusal(code, f"template {found.name} is {found.status}")
        if fault := filling_fault(found, held.get("components") or []):
            raise Refusal(132000, fault)
        return found

    def templates(self, request: Request, account: str) -> Json:
        """List, create and delete."""
        self._own(account, self._world.number.account)
        match request.method:
            case "GET":
                found = [one.document() for one in self._world.templates
                         if request.query.get("name", one.name) == one.name
                         and request.query.get("status", one.status) == one.status]
                return {"data": found, "paging": {"cursors": {"before": "MAZDZD", "after": "MjQZD"}}}
            case "DELETE":
                gone = [one for one in self._world.templates if one.name == request.query.get("name")]
                if not gone:
                    raise Refusal(100, "name: there is no such template", subcode=2593002)
                for one in gone:
                    self._world.templates.drop(one)
                return {"success": True}
        return self._create(read_body(request))

    def _create(self, body: Json) -> Json:
        _objects(body, "")
        name, language = body.get("name"), body.get("language")
        fault = definition_fault(name, body.get("category"), language, body.get("components"))
        if fault:
            raise Refusal(100, fault, subcode=2388043)
        if self._world.templates.find(str(name), str(language)):
            raise Refusal(100, "there is already a template of this name in this language", subcode=2388024)
        made = self._world.templates.add(str(name), str(language), body["category"], tuple(body["components"]))
        self._submitted(made)
        return {"id": made.id, "status": made.status, "category": made.category}

    def _edit(self, template: Template, body: Json) -> Json:
        _objects(body, "")
        components = body.get("components", list(template.components))
        category = body.get("category", template.category)
        if fault := definition_fault(template.name, category, template.language, components):
            raise Refusal(100, fault, subcode=2388043)
        changed = self._world.templates.change(template, status="PENDING", category=category,
                                               components=tuple(components))
        self._submitted(changed)
        return {"success": True}

    # --- media, and what has only an id -----------------------------------------------------------------------

    def upload(self, number_id: str, request: Request) -> Json:
        self._own(number_id, self._world.number.id)
        if request.fields.get("messaging_product") != "whatsapp":
            raise Refusal(100, "messaging_product is required")
        if request.file is None:
            raise Refusal(100, "file is required")
        mime = request.fields.get("type") or request.file.mime
        of_kind = kind_of(mime)
        if of_kind is None:
            raise Refusal(100, f"Param file must be a file with one of the supported types, not {mime}")
        if len(request.file.content) > most_bytes(of_kind):
            raise Refusal(131053, f"{of_kind}: {len(request.file.content)} of {most_bytes(of_kind)} bytes")
        return {"id": self._world.shelf.put(replace(request.file, mime=mime), self._clock() + UPLOADED_MS)}

    def download(self, path: str) -> File | None:
        return self._world.shelf.fetch(path, self._clock())

    def thing(self, request: Request, id: str) -> Json:
        """Media, a template or our number, by their ids."""
        if (file := self._world.shelf.get(id, self._clock())) is not None:
            if request.method == "DELETE":
                self._world.shelf.drop(id)
                return {"success": True}
            return {"messaging_product": "whatsapp", "url": f"{self.url}/files/{self.file_path(id)}",
                    "mime_type": file.mime, "sha256": file.sha256.hex(), "file_size": len(file.content), "id": id}
        if (template := self._world.templates.by_id(id)) is not None:
            return self._edit(template, read_body(request)) if request.method == "POST" else template.document()
        self._own(id, self._world.number.id)
        return {"id": id, "display_phone_number": self._world.number.display, "quality_rating": "GREEN",
                "verified_name": "Simulated", "throughput": {"level": "STANDARD"}}

    def file_path(self, id: str) -> str:
        return self._world.shelf.link(id, self._clock())

    def history(self, request: Request, number_id: str) -> Json:
        """What became of one message of ours, as far as it has come about."""
        self._own(number_id, self._world.number.id)
        wanted = request.query.get("message_id", "")
        found = [entry for entry in self._ledger.outbound.values() if wanted in entry.ids]
        return {"data": [{"message_id": wanted, "events": {"data": [
            {"delivery_status": status.upper()} for entry in found for status in entry.statuses]}}] if found else []}


def _fits(of_kind: str, body: Json) -> None:
    """Whether a message keeps the limits, by the table that the compiler uses too."""
    _objects(body, "")
    for fault in faults(of_kind, body):
        if fault.severity is Severity.ERROR:
            code = 131008 if fault.what == "is required" else 100 if fault.path == "type" else 131009
            raise Refusal(code, f"{fault.path} {fault.what}")


# Where a message holds an object, and where it may hold anything: the data of a form, examples of a template.
_OBJECTS = ("context", "interactive", "header", "body", "footer", "action")
_ANYTHING = ("values", "data", "saved_addresses", "example")


def _objects(value: Any, path: str) -> None:
    """Every item of a list is an object, in messages as in most of JSON; so is what must be one."""
    if isinstance(value, list):
        for at, item in enumerate(value):
            if not isinstance(item, dict):
                raise Refusal(100, f"{path}[{at}] is no object")
            _objects(item, f"{path}[{at}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in _OBJECTS and not isinstance(item, dict) and not path.endswith("text"):
                raise Refusal(100, f"{path}.{key} is no object".lstrip("."))
            if key not in _ANYTHING:
                _objects(item, f"{path}.{key}")


def answer(posted: Posted) -> Json:
    """What the call of an accepted message is answered with."""
    contact: Json = {"input": posted.to}
    if posted.body.get("to") is None:
        contact["user_id"] = posted.to
    else:
        contact["wa_id"] = posted.user.phone if posted.user else posted.to.lstrip("+")
    message = {"id": posted.id} | ({"message_status": "accepted"} if posted.kind == "template" else {})
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}
