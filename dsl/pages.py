"""The pages of the codes, `dsl/codes/F204.md`: they feed `explain`, the documentation and a test.

A page is `# F204: title`, what it is and why it matters, then `## Before` and `## After`, each with fenced blocks
(flow, domain, story, `po es`) that make one bot.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CODES = Path(__file__).parent / "codes"
DOMAIN = "bot: example\nlanguages: [en]\nstart: main\n"
_FENCE = re.compile(r"^(?P<fence>`{3,})(?P<kind>\w+)(?: (?P<tag>[\w-]+))?\n(?P<body>.*?)^(?P=fence)$", re.M | re.S)


@dataclass(frozen=True, slots=True)
class Page:
    code: str
    title: str
    markdown: str
    before: dict[str, str]                   # the files of a bot, by name; a story is `story.yml`
    after: dict[str, str]


@cache
def pages() -> dict[str, Page]:
    """Every page by its code, in order."""
    return {path.stem: page(path.read_text(encoding="utf-8")) for path in sorted(CODES.glob("F*.md"))}


def page(markdown: str) -> Page:
    """
    Raises:
        ValueError: the page has not the shape above.
    """
    head = re.match(r"# (F\d{3}): (.+)\n", markdown)
    sections = re.split(r"^## (Before|After)$", markdown, flags=re.M)
    if not head or sections[1::2] != ["Before", "After"]:
        raise ValueError("a page has a first line `# F123: title` and the headings `## Before` and `## After`")
    return Page(head[1], head[2].strip(), markdown, _bot(sections[2]), _bot(sections[4]))


def _bot(section: str) -> dict[str, str]:
    files = {"domain.yml": DOMAIN}
    for block in _FENCE.finditer(section):
        tag = block["tag"] or "main"
        name = {"flow": f"{tag}.flow", "domain": "domain.yml", "story": "story.yml", "po": f"locales/{tag}.po"}
        files[name[block["kind"]]] = block["body"]
    return files
