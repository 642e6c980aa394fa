"""What `throughput` measured: as one text with its bounds, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Spread:
    """Median and 99th percentile, milliseconds."""

    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        ordered = sorted(seconds) or [float("nan")]
        return cls(ordered[len(ordered) // 2] * 1e3, ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1e3)


@dataclass(frozen=True)
class Row:
    """One setting: saturated, the median of several rounds; then paced at a quarter of that."""

    setting: str
    bare_s: float                            # bare 200s a second of the same web server, in rounds between the others
    acks_s: float
    turns_s: float
    ack_ms: Spread
    paced_ack_ms: Spread
    paced_reply_ms: Spread                   # from the ack to the reply at the Graph API
    lost: int


@dataclass(frozen=True)
class Memory:
    """Of the server, resident, megabytes; conversations rest, nobody writes."""

    server: float
    first_10000: float                       # what it remembers of so many is bounded, and it holds pages of its file
    further_10000: float


@dataclass(frozen=True)
class Grown:
    """What a database of a size costs, processor time of the server and of the database together."""

    database: str
    stored: int
    turn_us: float
    database_us: float                       # of these, the database's own
    idle_ms: float                           # of every second in which nothing happens


@dataclass(frozen=True)
class Claim:
    """A figure and its bound: at least that, or at most."""

    what: str
    measured: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def holds(self) -> bool:
        return (self.at_least is None or self.measured >= self.at_least) and (
            self.at_most is None or self.measured <= self.at_most)


@dataclass
class Report:
    """Everything that was measured; a section that was not asked for is empty."""

    messages: int
    fsync_ms: float
    rows: list[Row] = field(default_factory=list)
    memory_mb: Memory | None = None
    growth: list[Grown] = field(default_factory=list)

    def claims(self) -> Iterator[Claim]:
        if self.rows:
            embedded, *postgres = self.rows
            yield Claim("durable acks, embedded, against a bare 200", embedded.acks_s / embedded.bare_s, at_least=0.25)
            yield Claim("full turns, embedded, against a bare 200", embedded.turns_s / embedded.bare_s, at_least=0.10)
            if postgres:
                one, two = postgres
                yield Claim("PostgreSQL, one process against embedded", one.acks_s / embedded.acks_s, at_least=0.5)
                yield Claim("PostgreSQL, two processes against one", two.acks_s / one.acks_s, at_least=0.9)
            yield Claim("paced at a quarter, embedded: ack p99, ms", embedded.paced_ack_ms.p99, at_most=50)
            yield Claim("paced at a quarter, embedded: reply p50, ms", embedded.paced_reply_ms.p50, at_most=20)
        for database in dict.fromkeys(size.database for size in self.growth):
            least, *_, most = [size for size in self.growth if size.database == database]
            yield Claim(f"{database}, a turn beside {most.stored:,} stored against {least.stored:,}",
                        most.turn_us / least.turn_us, at_most=1.3)

    def as_json(self) -> str:
        claims = [asdict(claim) | {"holds": claim.holds} for claim in self.claims()]
        return json.dumps(asdict(self) | {"claims": claims}, indent=2)

    def as_text(self) -> str:
        return "\n".join([f"fsync of 4 KiB: {self.fsync_ms:.2f} ms", *self._rows(), *self._memory(), *self._growth(),
                          *self._claims()])

    def _rows(self) -> Iterator[str]:
        if not self.rows:
            return
        yield f"\n{self.messages:,} messages a round; ratios are to bare 200s of the same web server"
        yield (f"{'':<26} {'bare/s':>7} {'acks/s':>7} {'ratio':>6}  {'turns/s':>7} {'ratio':>6}  "
               f"{'ack p50':>7} {'p99 ms':>7}  {'paced':>6} {'p99 ms':>7}  {'reply':>6} {'p99 ms':>7}  {'lost':>4}")
        for row in self.rows:
            yield (f"{row.setting:<26} {row.bare_s:7.0f} {row.acks_s:7.0f} {row.acks_s / row.bare_s:6.2f}  "
                   f"{row.turns_s:7.0f} {row.turns_s / row.bare_s:6.2f}  {row.ack_ms.p50:7.0f} {row.ack_ms.p99:7.0f}  "
                   f"{row.paced_ack_ms.p50:6.1f} {row.paced_ack_ms.p99:7.1f}  "
                   f"{row.paced_reply_ms.p50:6.1f} {row.paced_reply_ms.p99:7.1f}  {row.lost:4}")

    def _memory(self) -> Iterator[str]:
        if memory := self.memory_mb:
            yield (f"\nmemory: {memory.server:.0f} MB; the first 10,000 idle conversations add "
                   f"{memory.first_10000:.1f} MB, 10,000 more {memory.further_10000:.1f} MB")

    def _growth(self) -> Iterator[str]:
        if self.growth:
            yield f"\n{'stored conversations':<26} {'us/turn':>7} {'ratio':>6}  {'database':>8}  {'idle ms/s':>9}"
        least = {size.database: size.turn_us for size in reversed(self.growth)}
        for size in self.growth:
            yield (f"{f'{size.database}, {size.stored:,}':<26} {size.turn_us:7.0f} "
                   f"{size.turn_us / least[size.database]:6.2f}  {size.database_us:8.0f}  {size.idle_ms:9.1f}")

    def _claims(self) -> Iterator[str]:
        claims = list(self.claims())
        if claims:
            yield f"\n{'':<60} {'measured':>8}  must be"
        for claim in claims:
            bound = f"≥ {claim.at_least:g}" if claim.at_least is not None else f"≤ {claim.at_most:g}"
            yield f"{claim.what:<60} {claim.measured:8.2f}  {bound:<9}{'' if claim.holds else 'not reached'}".rstrip()
