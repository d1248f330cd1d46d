"""Arguments of `findstr`: letters may be joined behind one slash (`/vic:text`)."""

from __future__ import annotations

from dataclasses import dataclass, field

_LETTERS = "belrsixvnmop"
_VALUED = "cgfad"


@dataclass
class Request:
    """What a call asks for.

    Attributes:
        letters: switches without a value.
        strings: what to search for.
        literal: whether the strings came with `/c:`.
        strings_file: file of `/g:`.
        names_file: file of `/f:`.
        files: names, with wildcards.
        ignored: unknown switches.
        invalid: whether nothing to search for was given.
    """

    letters: set[str] = field(default_factory=set)
    strings: list[str] = field(default_factory=list)
    literal: bool = False
    strings_file: str = ""
    names_file: str = ""
    files: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    invalid: bool = False


def parse(arguments: list[str]) -> Request:
    """The arguments; without `/c:` and `/g:` the first name is the list of strings, separated by blanks."""
    request = Request()
    words: list[str] = []
    for argument in arguments:
        if argument[:1] in ("/", "-") and len(argument) > 1:
            _switches(request, argument[1:])
        else:
            words.append(argument)
    if not request.strings and not request.strings_file:
        if words:
            request.strings = words.pop(0).split(" ")
            request.strings = [string for string in request.strings if string]
        else:
            request.invalid = True
    request.files = words
    return request


def _switches(request: Request, text: str) -> None:
    for index, char in enumerate(text):
        letter = char.lower()
        if letter in _VALUED and text[index + 1 : index + 2] == ":":
            value = text[index + 2 :]
            if letter == "c":
                request.strings.append(value)
                request.literal = True
            elif letter == "g":
                request.strings_file = value
            elif letter == "f":
                request.names_file = value
            elif letter == "d":
                request.ignored.append(letter)
            return
        if letter in _LETTERS:
            request.letters.add(letter)
        else:
            request.ignored.append(char)
