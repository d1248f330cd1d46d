"""The registry of a simulated host: a typed tree with case-insensitive names (spec: winrm 4.7, wine-oracle 5).

Keys and value names compare by upper case, character by character, as Windows does, and keep the spelling they were
created with. Subkeys are listed sorted, values in the order of their creation, unless the machine's guesses say
otherwise. Every change counts up `version`, so readers can cache by it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from winipsec_lab.machine import registry_text
from winipsec_lab.machine.registry_values import RegistryValue, check, from_bytes, to_bytes, type_number

__all__ = ["HIVES", "Registry", "RegistryValue", "full_path"]

#: Short names of the root keys.
HIVES = {
    "HKLM": "HKEY_LOCAL_MACHINE",
    "HKCU": "HKEY_CURRENT_USER",
    "HKU": "HKEY_USERS",
    "HKCR": "HKEY_CLASSES_ROOT",
    "HKCC": "HKEY_CURRENT_CONFIG",
}


def fold(name: str) -> str:
    """The form in which names compare: upper case, one character for one character."""
    upper = name.upper()
    if len(upper) == len(name):
        return upper
    return "".join(char.upper() if len(char.upper()) == 1 else char for char in name)


def full_path(path: str) -> str:
    """The path with the long name of its root key and without stray backslashes.

    Raises:
        ValueError: the root key does not exist.
    """
    root, _, rest = path.strip("\\").partition("\\")
    root = HIVES.get(fold(root), fold(root))
    if root not in HIVES.values():
        raise ValueError(f"no such root key: {path}")
    rest = rest.strip("\\")
    return f"{root}\\{rest}" if rest else root


@lru_cache(maxsize=8192)
def _steps(path: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The root key of a path and the folded and plain names of the keys below it."""
    root, _, rest = full_path(path).partition("\\")
    return root, tuple((fold(part), part) for part in rest.split("\\")) if rest else ()


class _Key:
    """One key: its spelling, its values and its subkeys by folded name."""

    __slots__ = ("keys", "name", "values")

    def __init__(self, name: str) -> None:
        self.name = name
        self.values: dict[str, tuple[str, RegistryValue]] = {}
        self.keys: dict[str, _Key] = {}


class Registry:
    """The registry of one machine; every method may be called from any thread.

    Attributes:
        lock: held during each call; hold it over several calls to see or make one consistent change.
        version: counts changes.
        on_change: called with the full path of each changed key, in the thread that made the change.
        sort_keys, sort_values: whether listings are sorted by name or in the order of creation.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.version = 0
        self.on_change: list[Callable[[str], None]] = []
        self.sort_keys = True
        self.sort_values = False
        self._roots = {name: _Key(name) for name in HIVES.values()}

    # ------------------------------------------------------------------ finding

    def _find(self, path: str) -> _Key | None:
        root, steps = _steps(path)
        key: _Key | None = self._roots[root]
        for folded, _ in steps:
            key = key.keys.get(folded) if key else None
        return key

    def _make(self, path: str) -> tuple[_Key, bool]:
        root, steps = _steps(path)
        key, created = self._roots[root], False
        for folded, part in steps:
            child = key.keys.get(folded)
            if child is None:
                child = key.keys[folded] = _Key(part)
                created = True
            key = child
        return key, created

    def _changed(self, path: str) -> None:
        self.version += 1
        for listener in tuple(self.on_change):
            listener(full_path(path))

    # ------------------------------------------------------------------ reading

    def has_key(self, path: str) -> bool:
        """Whether the key exists."""
        with self.lock:
            return self._find(path) is not None

    def spelling(self, path: str) -> str:
        """The full path in the spelling in which its keys were created; unknown parts as given."""
        root, steps = _steps(path)
        with self.lock:
            key: _Key | None = self._roots[root]
            names = [root]
            for folded, part in steps:
                key = key.keys.get(folded) if key else None
                names.append(key.name if key else part)
        return "\\".join(names)

    def subkeys(self, path: str) -> list[str]:
        """The names of the keys directly below; empty when the key does not exist."""
        with self.lock:
            key = self._find(path)
            return [child.name for child in self._children(key)] if key else []

    def values(self, path: str) -> dict[str, RegistryValue]:
        """The values of a key by name, `""` being the default value; empty when the key does not exist."""
        with self.lock:
            key = self._find(path)
            return dict(self._entries(key)) if key else {}

    def get(self, path: str, name: str) -> RegistryValue | None:
        """One value, or None when the key or the value does not exist."""
        with self.lock:
            key = self._find(path)
            entry = key.values.get(fold(name)) if key else None
            return entry[1] if entry else None

    def walk(self, path: str) -> Iterator[tuple[str, list[tuple[str, RegistryValue]]]]:
        """A key and all below it, parents first: full path and values of each. Hold the lock while iterating."""
        key = self._find(path)
        if key is not None:
            yield from self._walk(self.spelling(path), key)

    def _walk(self, path: str, key: _Key) -> Iterator[tuple[str, list[tuple[str, RegistryValue]]]]:
        yield path, self._entries(key)
        for child in self._children(key):
            yield from self._walk(f"{path}\\{child.name}", child)

    def _children(self, key: _Key) -> list[_Key]:
        if self.sort_keys:
            return [child for _, child in sorted(key.keys.items())]
        return list(key.keys.values())

    def _entries(self, key: _Key) -> list[tuple[str, RegistryValue]]:
        if self.sort_values:
            return [entry for _, entry in sorted(key.values.items())]
        return list(key.values.values())

    # ------------------------------------------------------------------ writing

    def set(self, path: str, name: str, value: RegistryValue) -> None:
        """Write a value, creating missing keys; a new value goes to the end, an old one keeps place and spelling."""
        check(value)
        with self.lock:
            key, _ = self._make(path)
            old = key.values.get(fold(name))
            key.values[fold(name)] = (old[0] if old else name, value)
            self._changed(path)

    def create_key(self, path: str) -> None:
        """Make a key and all missing keys above it."""
        with self.lock:
            if self._make(path)[1]:
                self._changed(path)

    def delete_value(self, path: str, name: str) -> bool:
        """Remove a value; False when it was not there."""
        with self.lock:
            key = self._find(path)
            if key is None or key.values.pop(fold(name), None) is None:
                return False
            self._changed(path)
            return True

    def delete_key(self, path: str) -> bool:
        """Remove a key with everything below it; False when it was not there. Root keys are emptied, not removed."""
        with self.lock:
            key = self._find(path)
            if key is None:
                return False
            above, _, name = full_path(path).rpartition("\\")
            parent = self._find(above) if above else None
            if parent is None:
                key.keys.clear()
                key.values.clear()
            else:
                del parent.keys[fold(name)]
            self._changed(path)
            return True

    # ------------------------------------------------------------------ text

    def export_text(self, path: str, *, lone_byte: bool = False) -> str:
        """What `reg export` writes for a key and all below it (version 5.00, CRLF, without byte order mark).

        Args:
            path: the key.
            lone_byte: how a value name wraps that leaves no room for data, see `registry_text.wrapped`.

        Raises:
            KeyError: the key does not exist.
        """
        with self.lock:
            if self._find(path) is None:
                raise KeyError(path)
            return registry_text.export_text(self.walk(path), lone_byte=lone_byte)

    def import_text(self, text: str, *, ansi: str = "cp1252") -> None:
        """Carry out the text of a `.reg` file (version 5.00 or REGEDIT4); lines that make no sense are passed over.

        Args:
            text: the file, decoded.
            ansi: the code page in which a REGEDIT4 file spells its hexadecimal strings.

        Raises:
            ValueError: the first line is not a known header, or a root key does not exist.
        """
        steps = registry_text.parse(text, ansi)
        with self.lock:
            for step in steps:
                if step.action == "key":
                    self.create_key(step.key)
                elif step.action == "delete_key":
                    self.delete_key(step.key)
                elif step.value is None:
                    self.delete_value(step.key, step.name)
                else:
                    self.set(step.key, step.name, step.value)

    # ------------------------------------------------------------------ persistence

    def to_json(self) -> dict[str, Any]:
        """The whole registry as plain JSON data."""
        with self.lock:
            return {name: _key_to_json(root) for name, root in self._roots.items()}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Registry:
        """The registry that `to_json` described."""
        registry = cls()
        for name, root in document.items():
            registry._roots[name] = _key_from_json(name, root)
        return registry


def _key_to_json(key: _Key) -> dict[str, Any]:
    return {
        "values": [[name, type_number(value.type), to_bytes(value).hex()] for name, value in key.values.values()],
        "keys": {child.name: _key_to_json(child) for child in key.keys.values()},
    }


def _key_from_json(name: str, document: dict[str, Any]) -> _Key:
    key = _Key(name)
    for value_name, number, raw in document["values"]:
        key.values[fold(value_name)] = (value_name, from_bytes(number, bytes.fromhex(raw)))
    for child_name, child in document["keys"].items():
        key.keys[fold(child_name)] = _key_from_json(child_name, child)
    return key
