"""`talktable new`: a bot that already checks, chats and tests."""

import os
import re
from pathlib import Path

import click

from runtime.commands.common import ENVIRONMENT, USAGE, leave

SCHEMA_LINE = "# yaml-language-server: $schema={schema}\n"

DOMAIN = """\
bot: {name}
languages: [en, es]            # the first is that of the .flow files
start: welcome                 # where a new conversation begins

slots:
  name: {{type: text, max: 40, pii: true, keep: user}}

responses:
  goodbye: ["Bye, {{name or 'friend'}}!", "See you soon."]
"""

FLOW = """\
# What is understood everywhere.
anywhere
  on "menu" -> main
  on "stop" -> opt_out

flow welcome
  say "Hi! I'm {name}."
  need name as text length 2..40 "What is your name?"
  -> main

menu main "What can I do for you, {{name or 'friend'}}?"
  - "Opening hours" also "hours" do hours
  - "Goodbye" also "bye"         -> goodbye

flow hours
  say "We are open from nine to five."

flow goodbye
  say goodbye
  end

flow opt_out
  opt out
  say "Done. We will not write to you again."
  end
"""

PO = """\
msgid ""
msgstr ""
"Language: es\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "menu"
msgstr "menú"

msgid "stop"
msgstr "alto"

msgid "Hi! I'm {name}."
msgstr "¡Hola! Soy {name}."

msgid "What is your name?"
msgstr "¿Cómo se llama?"

msgid "What can I do for you, {{name or 'friend'}}?"
msgstr "¿En qué puedo ayudarle, {{name or 'amigo'}}?"

msgid "Opening hours"
msgstr "Horario"

msgid "hours"
msgstr "horas"

msgid "Goodbye"
msgstr "Adiós"

msgid "bye"
msgstr "chao"

msgid "We are open from nine to five."
msgstr "Abrimos de nueve a cinco."

msgid "Done. We will not write to you again."
msgstr "Listo. No le escribiremos más."

msgid "Bye, {{name or 'friend'}}!"
msgstr "¡Adiós, {{name or 'amigo'}}!"

msgid "See you soon."
msgstr "Hasta pronto."
"""

STORY = """\
bot: {name}
stories:
  - story: tells its opening hours
    steps:
      - user: hi
      - bot: "Hi! I'm {name}."
      - bot: What is your name?
      - user: Ana
      - bot: {{menu: main, options: [Opening hours, Goodbye]}}
      - tap: Opening hours
      - bot: We are open from nine to five.
      - bot: {{menu: main}}
      - user: bye
      - bot: {{response: goodbye}}
      - expect: {{at: null}}

  - story: asks again when the name is too short
    steps:
      - user: hi
      - bot:
      - user: A
      - bot: "*"
      - bot: What is your name?
"""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Make a bot in FOLDER, which must not exist yet; its last part is the bot's name."""
    name = folder.name
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        leave(f"`{name}` cannot be a bot's name: use small letters, digits and `_`, a letter first", USAGE)
    if folder.exists():
        leave(f"{folder} exists already: take another name, or remove it first", ENVIRONMENT)
    for file, text in _files(folder, name).items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    click.echo(f"{folder} is made. Now:\n"
               f"  talktable check {folder}\n  talktable chat {folder}\n  talktable test {folder}")


def _files(folder: Path, name: str) -> dict[str, str]:
    """The files of the new bot; the schemas too, unless a `schema/` stands in a folder above."""
    from dsl.schema import DOMAIN_SCHEMA, STORIES_SCHEMA, schemas

    above = next((parent / "schema" for parent in folder.absolute().parents
                  if (parent / "schema" / DOMAIN_SCHEMA).exists()), folder.absolute() / "schema")
    own = {f"schema/{file}": text for file, text in schemas().items()} if above.parent == folder.absolute() else {}
    stories = folder.absolute() / "stories"
    domain_line = SCHEMA_LINE.format(schema=_from(folder.absolute(), above / DOMAIN_SCHEMA))
    stories_line = SCHEMA_LINE.format(schema=_from(stories, above / STORIES_SCHEMA))
    return own | {
        "domain.yml": domain_line + DOMAIN.format(name=name),
        "main.flow": FLOW.format(name=name),
        "locales/es.po": PO.format(name=name),
        "stories/main.yml": stories_line + STORY.format(name=name),
    }


def _from(folder: Path, file: Path) -> str:
    return Path(os.path.relpath(file, folder)).as_posix()
