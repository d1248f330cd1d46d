"""What a rule has to say about one object."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from winipsec.model.filters import FilterList
from winipsec.model.policies import FilterAction, Policy, Rule

Object = Policy | Rule | FilterList | FilterAction


class Severity(IntEnum):
    """How bad it is: a `note` is worth knowing, a `warning` wants a decision, an `error` is hardly ever meant."""

    NOTE = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """The name in lower case, as users write it."""
        return self.name.lower()


class Finding(NamedTuple):
    """One object, the path of the property at fault (empty for the object as a whole), and what is wrong.

    `kind` is the type of the resource that makes such an object, or `Host`. `message` continues the object's name:
    `Rule "web" … names a filter list that does not exist`. It never holds a secret.
    """

    kind: str
    name: str
    guid: str
    path: str
    message: str

    @property
    def subject(self) -> str:
        """The object and the property, for a person."""
        name = f'{self.kind} "{self.name}"' if self.name else f"{self.kind} {self.guid}".rstrip()
        return f"{name} {self.path}".rstrip()


def about(item: Object, path: str, message: str) -> Finding:
    """A finding about an object of the store."""
    return Finding(type(item).__name__, item.name, item.guid, path, message)


def about_host(path: str, message: str) -> Finding:
    """A finding about the machine."""
    return Finding("Host", "", "", path, message)
