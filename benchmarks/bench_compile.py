"""The compiler: lines a second through parser and formatter, the build of 100 to 10,000 steps, stories a second.

    ./talk python -m benchmarks.bench_compile

Processor time, the least of several rounds; read the growth and the ratios, not the absolute figures.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from dsl.build import build_sources
from dsl.diagnostics import Severity
from dsl.format import format_source
from dsl.parser import parse
from dsl.source import Source
from dsl.story import read_stories
from runtime.stories import play

DOMAIN = "bot: big\nlanguages: [en]\nstart: main\nslots:\n  name: {type: text, max: 40}\n"
MENU = 'menu main "Hello, {name or \'friend\'}."\n  - "Go" -> part_0\n'
RICH = '''
flow part_{n}
  # what part {n} is about
  say "This is part {n}."
  need name as text length 2..40 "What is your name?"
    hint "As in your passport"
    tries 3 -> main
    after 30m
      say "Still there, {{name or 'friend'}}?"
  ask count_{n} as integer from 1 to 99 "How many, {{name}}?"
    invalid "A number, please."
  if count_{n} > 10
    say "That is many: {{count_{n}}}."
  else
    say "Good."
  choose next_{n} "Where to now?"
    - "On"  "To the next part"  also "next"
      -> {target}
    - "Again"  also "once more"
      again count_{n}
    - "Home"  -> main
'''
LEAN = '''
flow part_{n}
  ask a_{n} as text length 1..40 "Question {n} a?"
  ask b_{n} as integer from 1 to 99 "Question {n} b, {{a_{n}}}?"
    tries 3 -> main
  ask c_{n} as date "Question {n} c, {{b_{n}}}?"
  choose d_{n} "Question {n} d, {{c_{n}|date}}?"
    - "On"    -> {target}
    - "Home"  -> main
'''
STEPS = 4                                    # steps a lean part has, in eight lines
PARTS = 250                                  # of a file: a bot of 10,000 steps is not written in one

STORY = '''  - story: number {n}
    steps:
      - user: hi
      - bot: {{menu: main}}
      - tap: Go
      - bot: This is part 0.
      - bot: What is your name?
      - user: Ana
      - bot: How many, Ana?
      - user: many
      - bot: A number, please.
      - bot: How many, Ana?
      - user: "12"
      - bot: "That is many: 12."
      - bot: {{options: [On, Again, Home]}}
      - user: again
      - bot: How many, Ana?
      - user: "4"
      - bot: Good.
      - bot: Where to now?
      - user: 2
      - bot: How many, Ana?
      - user: "5"
      - bot: Good.
      - bot: Where to now?
      - tap: Home
      - bot: {{menu: main}}
'''


def flows(parts: int, part: str) -> str:
    return MENU + "".join(_parts(parts, part))


def files(parts: int, part: str) -> dict[str, str]:
    """The same bot in as many files as an author would write it in."""
    written = _parts(parts, part)
    beside = {f"flows_{at}.flow": "".join(written[at:at + PARTS]) for at in range(0, parts, PARTS)}
    return {"domain.yml": DOMAIN, "main.flow": MENU, **beside}


def _parts(parts: int, part: str) -> list[str]:
    return [part.format(n=n, target=f"part_{n + 1}" if n + 1 < parts else "part_0") for n in range(parts)]


def least(run: Callable[[], object], rounds: int = 5) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        run()
        best = min(best, time.process_time() - start)
    return best


def main() -> None:
    source = Source("big.flow", flows(200, RICH))
    lines = sum(bool(line.strip()) for line in source.text.splitlines())
    parse(source)
    took = least(lambda: parse(source))
    print(f"parser   {lines:,} lines in {took * 1000:.0f} ms: {lines / took:,.0f} lines/s   (at least 25,000)")
    laid_out = least(lambda: format_source(source.text))
    print(f"fmt      the same, parsed and laid out, in {laid_out * 1000:.0f} ms: {lines / laid_out:,.0f} lines/s")

    per_step = {}
    for steps in (100, 1_000, 10_000):
        bot = files(steps // STEPS, LEAN)
        assert build_sources(bot).table is not None
        took = least(lambda bot=bot: build_sources(bot), 3)
        per_step[steps] = took / steps
        print(f"build    {steps:>6,} steps in {took:6.3f} s, {took / steps * 1e6:5.0f} µs a step")
    print(f"growth   a step of 10,000 costs {per_step[10_000] / per_step[1_000]:.2f} times one of 1,000"
          "   (10,000 within 2 s)")

    built = build_sources({"domain.yml": DOMAIN, "big.flow": flows(10, RICH)})
    assert built.table is not None, [report for report in built.diagnostics if report.severity is Severity.ERROR][:3]
    assert built.map is not None
    table, places = built.table, built.map
    told = Source("s.yml", "bot: big\nstories:\n" + "".join(STORY.format(n=n) for n in range(1_000)))

    def play_all() -> None:
        file, faults = read_stories(told)
        assert not faults
        assert all(play(table, places, story).broken is None for story in file.stories)

    print(f"stories  1,000 of ten turns read and played in {least(play_all, 3):.2f} s   (under 1.5)")


if __name__ == "__main__":
    main()
