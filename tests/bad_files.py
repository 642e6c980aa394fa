"""What stands in a bot's files where nobody meant it: a megabyte of anything, and short ones with a sting."""

import random
from dataclasses import dataclass
from itertools import count

from dsl.lexer import MOST_TOKENS, lex
from dsl.reader import MOST_VALUES
from dsl.source import Source

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Much:
    """The same again and again, between something that stands before it and after it."""

    piece: str
    before: str = ""
    after: str = ""

    def of(self, size: int = MEGABYTE) -> bytes:
        """That many bytes of it."""
        room = size - len((self.before + self.after).encode())
        return self.repeated(room // len(self.piece.encode()))

    def repeated(self, times: int) -> bytes:
        return (self.before + self.piece * times + self.after).encode()

    def full(self) -> bytes:
        """As much of it as a `.flow` file may hold and still be read whole."""
        tokens = lex(Source("", self.repeated(10).decode())).kinds
        times = 10 * (MOST_TOKENS - 200) // len(tokens)
        values = 2 * self.piece.count("{")             # a name and where it ends
        return self.repeated(min(times, MOST_VALUES // values) if values else times)


@dataclass(frozen=True)
class Numbered(Much):
    """The same, with a number wherever `#` stands."""

    def of(self, size: int = MEGABYTE) -> bytes:
        room = size - len((self.before + self.after).encode())
        return self.repeated(room // (len(self.piece.encode()) + 4 * self.piece.count("#")))

    def repeated(self, times: int) -> bytes:
        return (self.before + "".join(self.piece.replace("#", str(n)) for n in range(times)) + self.after).encode()


@dataclass(frozen=True)
class Deep(Much):
    """Each within the one before it, two blanks deeper: what `much` of it stands for is how deep it goes."""

    def of(self, size: int = MEGABYTE) -> bytes:
        lines, length = [self.before], 0
        for depth in count():
            lines.append("  " * depth + self.piece)
            length += len(lines[-1])
            if length > size:
                return "".join(lines).encode()
        raise AssertionError


Bytes = bytes | Much
DOMAIN = "bot: toy\nlanguages: [en, es]\nstart: main\n"
FLOW = "flow main\n"
END = "  end\n"
SET = "flow main\n  set x = "
SAY = 'flow main\n  say "'
MENU = 'menu main "x"\n  - "y" -> main\n'
ANYWHERE = f"{MENU}anywhere\n"
STORY = "bot: toy\nstories:\n  - story: a\n    steps:\n"
ONE_STORY = "bot: toy\nstories:\n  - {story: a, steps: [{user: a}, {bot: "
GIVEN = "bot: toy\nstories:\n  - {story: a, given: {slots: {"
QUESTION = 'flow main\n  ask x as text "x"\n'

GOOD = {
    "domain.yml": DOMAIN.encode(),
    "main.flow": b'flow main\n  say "Hi"\n  ask x as text length 1..9 "Name?"\n  track met(x)\n  end\n',
    "locales/es.po": b'msgid "Hi"\nmsgstr "Hola"\n\nmsgid "Name?"\nmsgstr "Nombre?"\n',
    "stories/main.yml": b"bot: toy\nstories:\n  - story: one\n    steps: [{user: hi}, {bot: Hi}, {bot: Name?}]\n",
}
FILES = sorted(GOOD)

ANY_FILE: dict[str, Bytes] = {
    "nothing": b"", "nul": b"\0" * 1000, "noise": random.Random(1).randbytes(MEGABYTE),
    "a byte order mark": b"\xef\xbb\xbf",
    **{f"much of {piece!r}": Much(piece) for piece in (
        "(", '"', "'", "{", "[", "[]", "a", "a.", "a ", " ", "\t", "\n", "\r\n", "\r", "  - ", "  - \n",
        ": ", "a: ", "? ", "|\n", ">\n", "#", "# x\n", "%", "\\", "&a ", "*a\n", "!x ", "---\n", "-", "not ",
        "\ufeff", "\u200f", "\U0001f600")},
}

# What is cut into tokens and read: past so many of them a file is not, so each of these is also tried at that bound.
FLOW_LINES: dict[str, Much] = {
    "flows": Numbered("flow f#\n  end\n", "flow main\n  end\n"),
    "flows of one name": Much("flow main\n  end\n"),
    "flows that call each other": Numbered('flow f#\n  do f#0\n  say "x"\n', "flow main\n  -> f1\n"),
    "menus": Numbered('menu m# "x"\n  - "a" -> main\n', MENU),
    "questions": Numbered('  ask x# as text length 1..9 "x {x#}"\n', FLOW, END),
    "questions of one name": Much('  ask x as text length 1..9 "x"\n', FLOW, END),
    "questions in flows": Numbered('flow f#\n  ask a as text length 1..9 "x"\n    tries 3 -> main\n  -> main\n', MENU),
    "options": Numbered('  - "o#" -> main\n', 'menu main "x"\n'),
    "options in menus": Numbered('menu m# "x"\n' + "".join(f'  - "o{n}" -> m{n}\n' for n in range(100)), MENU),
    "timers": Numbered('    after #m\n      say "y"\n', QUESTION, END),
    "texts": Numbered('  say "x#"\n', FLOW, END),
    "texts of values": Much('  say "{1} {2} {3}"\n', FLOW, END),
    "jumps": Much("  -> main\n", FLOW),
    "calls of itself": Much("  do main\n", FLOW),
    "actions": Much("  call book\n    on failure -> main\n", FLOW, END),
    "handovers": Much('  handover "x"\n    after 5m -> main\n', FLOW, END),
    "slots set": Numbered("  set x# = #\n", FLOW, END),
    "events": Numbered("  track e#\n", FLOW, END),
    "conditions": Much('  if now > now\n    say "x"\n  else\n    say "y"\n', FLOW, END),
    "loops": Numbered('  for x# in [1, 2]\n    say "{x#}"\n', FLOW, END),
    "rules": Numbered('rule r# for text\n  trim\n  length 1..9\n  else "x"\n', MENU),
    "words anywhere": Numbered('  on "a#" -> main\n', ANYWHERE),
    "patterns": Numbered("  on /a#.*b/ -> main\n", ANYWHERE),
    "boundaries in patterns": Numbered(r"  on /\ba#\b|\bb\b/ -> main" + "\n", ANYWHERE),
    "unknown names": Numbered("  -> x#\n", FLOW),
    "unknown slots": Numbered('  say "{x#}"\n', FLOW, END),
    "unknown statements": Much("  flibber jabber\n", FLOW),
    "misspelt statements": Much('  sya "x"\n  aks x as text "y"\n', FLOW, END),
    "what is missing": Much('  ask x text "x"\n  if\n', FLOW, END),
    "another language": Much('  print("x" + name)\n', FLOW, END),
    "curly quotes": Much("  say “x”\n", FLOW, END),
    "stray signs": Much('  say § "x"\n', FLOW, END),
    "a quote without its other half": Much('  say "x\n', FLOW, END),
    "tabs": Much('\tsay "x"\n', FLOW, "\tend\n"),
    "comments": Much("  # allow F402: why not\n", FLOW, END),
}

ONE_FILE: dict[str, dict[str, Bytes]] = {
    "main.flow": {
        **FLOW_LINES,
        "lone surrogate": b'flow main\n  say "\\ud800 \xed\xa0\x80"\n  end\n',
        "tabs for blanks": b'flow main\n\tsay "Hi"\n\tend\n',
        "one comment": Much("x ", f"{FLOW}  #", f"\n{END}"),
        "one line of words": Much("x ", f"{FLOW}  say ", f"\n{END}"),
        "one text": Much("x ", SAY, f'"\n{END}'),
        "brackets in brackets": Much("(", SET, "\n"),
        "not not": Much("not ", SET, "true\n"), "minus": Much("-", SET, "1\n"), "plus": Much("+1", f"{SET}1", "\n"),
        "attributes": Much(".a", f"{SET}a", "\n"), "indices": Much("[0]", f"{SET}a", "\n"),
        "conditionals": Much("1 if 1 else ", SET, "1\n"), "ors": Much(" or a", f"{SET}a", "\n"),
        "list of lists": Much("[", SET, "\n"), "a long list": Much("1, ", f"{SET}[", "1]\n"),
        "long lists": Much("  set x = [" + "1, " * 2000 + "1]\n", FLOW),
        "an endless number": Much("9", SET, f"\n{END}"),
        "blocks in blocks": Deep("if x\n", FLOW),
        "blocks beside blocks": Much("".join("  " * depth + "if x\n" for depth in range(1, 90)), FLOW),
        "loops in loops": Deep("for x in [1, 2]\n", FLOW),
        "values in a text": Much("{x}", SAY, f'"\n{END}'), "values in values": Much("{x or '{x or '", SAY, f'"\n{END}'),
        "a deep value": Much("(", f"{SAY}{{", f'}}"\n{END}'), "quotes in a value": Much("{x '", SAY, f'"\n{END}'),
        "long values": Much('  say "{' + "a + " * 20 + 'a}"\n', FLOW, END),
        "an open text of blanks": Much(" ", SAY, f"x\n{END}"), "an open text of words": Much(" do x", SAY, f"\n{END}"),
        "backslashes": Much("\\", SAY, f"\n{END}"), "an open block text": Much('" "', f'{SAY}""'),
        "lines of a block text": Much("    x\n", f'{SAY}""\n', f'    """\n{END}'),
        "aliases": Numbered('"o#", ', 'menu main "x"\n  - "a" also ', '"z" -> main\n'),
        "words of one line": Numbered('"w#", ', f"{ANYWHERE}  on ", '"z" -> main\n'),
        "open groups": Much("(a|", f"{ANYWHERE}  on /", "/ -> main\n"),
        "long patterns": Much("  on /" + "ab*c+d|[a-z]{3}x" * 110 + "/ -> main\n", ANYWHERE),
        "stars in stars": f"{ANYWHERE}  on /{'(a*)*' * 300}/ -> main\n".encode(),
        "counts in counts": f"{ANYWHERE}  on /((a{{999}}){{999}}){{999}}/ -> main\n".encode(),
        "an endless duration": f"{QUESTION}    after {'9' * 400}d -> main\n{END}".encode(),
        "a length beyond all": f'flow main\n  ask x as text length 1..{"9" * 5000} "x"\n{END}'.encode(),
    },
    "domain.yml": {
        "lone surrogate": b'bot: "\\ud800"\nlanguages: ["\\udfff"]\nstart: main\n',
        "nul": b'bot: "\\0"\nlanguages: [en]\nstart: main\n',
        "keys in keys": Deep("a:\n"), "maps in maps": Much("{a: "),
        "keys": Numbered("k#: 1\n"), "one key": Much("bot: a\n"), "comments": Much("# x\n", DOMAIN),
        "binary": b"bot: !!binary |\n  aaaa\n", "merge": Much("<<: a\n"),
        "slots": Numbered("  s#: text\n", f"{DOMAIN}slots:\n"),
        "slots of no type": Numbered("  s#: txet\n", f"{DOMAIN}slots:\n"),
        "slots of much": Numbered("  s#: {type: text, max: 40, default: x}\n", f"{DOMAIN}slots:\n"),
        "lists of lists": Much("list of ", f"{DOMAIN}slots:\n  s: ", "text\n"),
        "choices": Numbered("v#, ", f"{DOMAIN}slots:\n  s: {{type: choice, values: [", "v]}\n"),
        "records": Numbered("  r#: {a: text}\n", f"{DOMAIN}records:\n"),
        "records in records": Numbered("  r#: {a: r#0}\n", f"{DOMAIN}records:\n"),
        "records of each other": f"{DOMAIN}records: {{a: {{b: b}}, b: {{a: a}}}}\nslots: {{s: a}}\n".encode(),
        "actions": Numbered("  a#: {params: {x: text}, http: {get: 'https://x.y/{x}'}}\n", f"{DOMAIN}actions:\n"),
        "responses": Numbered("  r#: hello {x}\n", f"{DOMAIN}responses:\n"),
        "values in a response": Much("{x} ", f"{DOMAIN}responses:\n  r: ", "\n"),
        "templates": Numbered("  t#: {params: {x: text}, text: 'a {x} b'}\n", f"{DOMAIN}templates:\n"),
        "events": Numbered("  e#: {a: text}\n", f"{DOMAIN}events:\n"),
        "languages": Much("en, ", "bot: toy\nlanguages: [", "]\nstart: main\n"),
        "languages that are none": Numbered("a#, ", "bot: toy\nlanguages: [", "]\nstart: main\n"),
        "languages that are paths": b"bot: toy\nlanguages: [en, '../../etc', 'a/b', \"a\\0b\"]\nstart: main\n",
        "zones that are paths": f"{DOMAIN}timezone: ../../etc/passwd\nregion: '\u200f'\n".encode(),
        "an endless number": Much("9", f"{DOMAIN}slots: {{s: {{type: text, max: ", "}}\n"),
        "a list": b"- bot\n- toy\n", "a word": b"bot\n", "two documents": f"{DOMAIN}---\nbot: x\n".encode(),
    },
    "locales/es.po": {
        "messages": Numbered('msgid "x#"\nmsgstr "y"\n\n'), "one message": Much('msgid "x"\nmsgstr "y"\n\n'),
        "messages not translated": Numbered('msgid "x#"\nmsgstr ""\n\n'),
        "messages of old": Numbered('#~ msgid "x#"\n#~ msgstr "y"\n\n'),
        "messages of values": Numbered('msgid "{x} #"\nmsgstr "{x} {x|upper} #"\n\n'),
        "broken values": Numbered('msgid "x#"\nmsgstr "{x y"\n\n'),
        "other values": Numbered('msgid "{x} #"\nmsgstr "{y} #"\n\n'),
        "plural forms": Numbered('msgid "{n} x#"\nmsgid_plural "{n} y#"\nmsgstr[0] "{n} y"\nmsgstr[1] "{n} z"\n\n'),
        "a long text": Much("x", 'msgid "', '"\nmsgstr ""\n'), "a text in pieces": Much('"a"\n', 'msgid ""\n'),
        "values in a text": Much("{x} ", 'msgid "Hi"\nmsgstr "', '"\n'),
        "open values": Much("{x", 'msgid "Hi"\nmsgstr "', '"\n'),
        "plurals beyond all": b'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=999999999; plural=n*n;\\n"\n\n'
                              b'msgid "Hi"\nmsgid_plural "Hi"\nmsgstr[99999999999] "x"\n',
        "a plural rule in brackets": Much("(", 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=', 'n;\\n"\n'),
        "another encoding": b'msgid ""\nmsgstr "Content-Type: text/plain; charset=latin-99\\n"\n',
        "keywords that are none": Much("msgfoo\n"), "flags": Much("#, fuzzy\n"), "one flag": Much("fuzzy, ", "#, "),
    },
    "stories/main.yml": {
        "stories": Numbered("  - story: a#\n    steps: [{user: hi}]\n", "bot: toy\nstories:\n"),
        "stories that go": Numbered("  - story: a#\n    steps: [{user: hi}, {bot: Hi}, {bot: Name?}]\n",
                                    "bot: toy\nstories:\n"),
        "stories of one name": Much("  - {story: a, steps: [{user: hi}]}\n", "bot: toy\nstories:\n"),
        "steps": Much("      - user: hi\n      - bot:\n", STORY), "one step": Much("      - user: hi\n", STORY),
        "turns": Much("      - wait: 3d\n      - user: hi\n      - bot:\n", STORY),
        "patterns": Much("      - bot: /ab*c+d|[a-z]{3}x/\n", STORY),
        "long patterns": Much(f"      - bot: /{'ab*c+d|[a-z]{3}x' * 110}/\n", STORY),
        "values": Much("      - bot: '{x} {y} {z}'\n", STORY),
        "comments": Much("# x\n", GOOD["stories/main.yml"].decode()),
        "lists of lists": Much("[", f"{GIVEN}x: "),
        "a long list": Much("1, ", f"{GIVEN}x: [", "]}}, steps: [user: hi]}\n"),
        "no such time": b"bot: toy\nstories:\n  - {story: a, given: {now: 99999-99-99T99:99}, steps: [{user: a}]}\n",
        "the end of time": b"bot: toy\nstories:\n  - {story: a, given: {now: 9999-12-31T23:59}, "
                           b"steps: [{user: a}, {bot: }, {wait: 3d}, {user: b}, {bot: }]}\n",
        "the first of days": b"bot: toy\nstories:\n  - {story: a, given: {now: 0001-01-01T00:00}, "
                             b"steps: [{user: a}, {bot: }, {user: tomorrow}, {bot: }]}\n",
        "long waits": b"bot: toy\nstories:\n  - story: a\n    steps: [{user: a}, {bot: }, "
                      + b"{wait: 900000w}, " * 50 + b"]\n",
        "a wait beyond all": b"bot: toy\nstories:\n  - {story: a, steps: [{user: a}, {wait: " + b"9" * 400 + b"d}]}\n",
        "an open pattern": b"bot: toy\nstories:\n  - {story: a, steps: [{user: a}, {bot: '/((/'}]}\n",
        "many stars": Much("*a", f"{ONE_STORY}'", "b'}]}\n"), "many escapes": Much("\\*", f"{ONE_STORY}'", "'}]}\n"),
        "many braces": Much("{", f"{ONE_STORY}'", "'}]}\n"), "a long text": Much("x ", ONE_STORY, "}]}\n"),
        "a long reply": Much("x ", "bot: toy\nstories:\n  - {story: a, steps: [{user: ", "}, {bot: }]}\n"),
        "steps of no shape": b"bot: toy\nstories:\n  - {story: a, steps: [{sends: {image: 3}}, {sends: []}, {tap: 3}, "
                             b"{event: {x: y}}, {expect: {at: [1]}}, {user: {a: b}}, "
                             b"3, [], null, {fails: x}, {again: 3}]}\n",
        "given of no shape": b"bot: toy\nstories:\n  - {story: a, given: [1], actions: 3, steps: {a: b}}\n",
    },
}


def written(what: Bytes) -> bytes:
    return what.of() if isinstance(what, Much) else what
