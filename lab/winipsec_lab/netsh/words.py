"""From a line or an argument vector to words, and from words to `tag=value` (spec: ipsec-policy 1.2, winrm 4.4).

Double quotes group and vanish, wherever they stand, so `name="a b"` and `"name=a b"` are one word, as they are after
the C runtime has parsed an argument vector; from then on nobody knows which words had quotes. Blanks around `=` are
closed up here. `description= assign=yes` is an empty description and not a strange one, because what follows is a
tag itself; only a following bare word is taken as the value.
"""

from __future__ import annotations

from collections.abc import Callable


def split_line(line: str) -> list[str]:
    """The words of one line; a quote that is never closed reaches to the end of the line."""
    words: list[str] = []
    current: list[str] | None = None
    quoted = False
    for character in line:
        if character == '"':
            quoted = not quoted
            current = current if current is not None else []
        elif character in " \t\r\n" and not quoted:
            if current is not None:
                words.append("".join(current))
            current = None
        else:
            current = [*current, character] if current is not None else [character]
    return words if current is None else [*words, "".join(current)]


def close_up(words: list[str], is_tag: Callable[[str], bool]) -> list[str]:
    """The words with blanks around `=` closed.

    Args:
        words: the words behind verb and object.
        is_tag: whether a word is a tag of the command or the beginning of one.
    """
    closed: list[str] = []
    place = 0
    while place < len(words):
        word = words[place]
        place += 1
        if word.startswith("=") and closed and "=" not in closed[-1] and is_tag(closed[-1]):
            word = closed.pop() + word
        opens = word.endswith("=") and word.count("=") == 1 and is_tag(word[:-1])
        if opens and place < len(words) and not _starts_tag(words[place:], is_tag):
            word += words[place]
            place += 1
        closed.append(word)
    return closed


def _starts_tag(words: list[str], is_tag: Callable[[str], bool]) -> bool:
    name, equals, _ = words[0].partition("=")
    if equals:
        return is_tag(name)
    return is_tag(words[0]) and len(words) > 1 and words[1].startswith("=")
