"""Kinds of token: a word is its own kind, a sign too, and anything else has one of the names in angle brackets."""

NAME, TEXT, BLOCK, REGEX = "<name>", "<text>", "<block>", "<regex>"
URL, MOMENT, DURATION, DECIMAL, INT = "<url>", "<moment>", "<duration>", "<decimal>", "<int>"
NEW_LINE, INDENT, DEDENT, END = "<nl>", "<indent>", "<dedent>", "<end>"
STRAY = "<stray>"                            # what means nothing at the beginning of a line

SIGNS = ("->", "..", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "=", "(", ")", "[", "]", ".", ",",
         ":", "@", "|")
# What no name can be; any other kind is a word, and a word is a name wherever it is not a keyword.
NEVER_NAMES = frozenset({NAME, TEXT, BLOCK, REGEX, URL, MOMENT, DURATION, DECIMAL, INT, NEW_LINE, INDENT, DEDENT, END,
                         STRAY, *SIGNS})
