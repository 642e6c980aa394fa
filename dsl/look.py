"""One look at a text: the patterns of its tokens, as the grammar has them and as a lexer finds them fast."""

import re
from functools import cache

from dsl.kinds import BLOCK, DECIMAL, DURATION, INT, MOMENT, NAME, REGEX, SIGNS, TEXT, URL

# The patterns of grammar.lark; a test keeps the two alike.
PATTERNS = {
    NAME: r"[^\W\d]\w*",
    BLOCK: r'"""(?:[^"\\]|\\(?:.|\n)|"(?!""))*"""',
    TEXT: r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'",
    MOMENT: r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2})?\b|[0-9]{1,2}:[0-9]{2}\b",
    DURATION: r"[0-9]+[smhdw]\b",
    DECIMAL: r"[0-9]+\.[0-9]+",
    INT: r"[0-9]+",
    URL: r"https?:\/\/[^\s\"'(){}\[\],|]+",
    REGEX: r"\/(?:[^\/\\\n]|\\.)+\/",
}

# Signs of other tools, or what a word processor makes of ours.
OTHER_SIGNS = {
    "=>": "->", "→": "->", "⇒": "->", "⟶": "->", "➔": "->", "–>": "->", "—>": "->", "-->": "->", "==>": "->",
    "===": "==", "!==": "!=", "<>": "!=", "≠": "!=", "≤": "<=", "≥": ">=", "&&": "and", "||": "or", "!": "not",
    "–": "-", "—": "-", "−": "-", "•": "-", "×": "*", "÷": "/", "…": "..",
}
_OTHER = "|".join(re.escape(sign) for sign in sorted(OTHER_SIGNS, key=len, reverse=True) if sign != "!") + "|!(?!=)"
_OTHER = f"(?=[{re.escape(''.join(sorted({sign[0] for sign in OTHER_SIGNS})))}])(?:{_OTHER})"     # few begin like one
_SIGN = "|".join([*(re.escape(sign) for sign in SIGNS if len(sign) > 1),
                  f"[{re.escape(''.join(sign for sign in SIGNS if len(sign) == 1))}]"])
_CURLY = "“”„«»‟"
_SINGLE = r"‘[^‘\n]*’|`[^`\n]*`"

# As the pattern of a text, but it takes the characters between two backslashes at once, not one by one.
_TEXT = r"\"[^\"\\\n]*+(?:\\.[^\"\\\n]*+)*+\"|'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'"

# What one look at the text finds, after any blanks: one group per kind, in this order.
GROUPS = {
    "url": PATTERNS[URL],
    "word": PATTERNS[NAME],
    "other sign": _OTHER,
    "sign": _SIGN,
    "block": PATTERNS[BLOCK],
    "open block": r'"""[^\n]*',
    "text": _TEXT,
    "new line": r"\n",
    "moment": PATTERNS[MOMENT],
    "duration": PATTERNS[DURATION],
    "decimal": PATTERNS[DECIMAL],
    "int": PATTERNS[INT],
    "comment": r"#[^\n]*",
    "curly text": rf"[{_CURLY}][^\"{_CURLY}\n]*[\"{_CURLY}]|\"[^\"{_CURLY}\n]*[{_CURLY}]|{_SINGLE}",
    "open text": r"[\"'][^\n]*",
    "stray": r"[^ \t\r\n][^\w\s!-/:-@\[-`{-~“”„«»‟‘’…–—−•×÷→⇒⟶➔≠≤≥]*+",
    "end": r"\Z",
}
(IS_URL, IS_WORD, IS_OTHER_SIGN, IS_SIGN, IS_BLOCK, IS_OPEN_BLOCK, IS_TEXT, IS_NEW_LINE, IS_MOMENT, IS_DURATION,
 IS_DECIMAL, IS_INT, IS_COMMENT, IS_CURLY_TEXT, IS_OPEN_TEXT, IS_STRAY, IS_END) = range(1, len(GROUPS) + 1)
KIND_OF = {IS_URL: URL, IS_BLOCK: BLOCK, IS_MOMENT: MOMENT, IS_DURATION: DURATION, IS_DECIMAL: DECIMAL, IS_INT: INT}


@cache
def look(past_open_block: bool) -> re.Pattern[str]:
    """The next token. Once a block is not closed, none after it can be."""
    groups = {**GROUPS, "block": "(?!)"} if past_open_block else GROUPS
    return re.compile(r"[ \t\r]*+(?:" + "|".join(f"({pattern})" for pattern in groups.values()) + ")")


A_REGEX = re.compile(PATTERNS[REGEX])
A_NAME = re.compile(PATTERNS[NAME])
A_CLOSER = re.compile(r"\s*+[)\]]")
