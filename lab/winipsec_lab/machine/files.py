"""The file system of a simulated host: drive C: only, case-insensitive, in memory (spec: winrm 4.3, 4.6, 5.2).

Errors carry the Win32 error number; programs turn it into the text of the machine's language.
"""

from __future__ import annotations

import base64
import fnmatch
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from winipsec_lab.machine.registry import fold
from winipsec_lab.machine.security import ROOT_ACCESS, AccessList, Entry

FILE_NOT_FOUND = 2
PATH_NOT_FOUND = 3
ACCESS_DENIED = 5
SHARING_VIOLATION = 32
ALREADY_EXISTS = 183
INVALID_NAME = 123
NOT_EMPTY = 145
NOT_A_FOLDER = 267

_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class FileError(OSError):
    """A file operation failed.

    Attributes:
        code: Win32 error number.
        path: what it was about.
    """

    def __init__(self, code: int, path: str) -> None:
        super().__init__(code, path)
        self.code = code
        self.path = path


_INHERITED = AccessList()


@dataclass
class _Node:
    name: str
    changed: float
    data: bytearray | None = None
    children: dict[str, _Node] | None = None
    attributes: frozenset[str] = frozenset()
    access: AccessList = _INHERITED


@dataclass(frozen=True)
class FileInfo:
    """What a listing says about a file or folder.

    Attributes:
        path: full path in its own spelling.
        folder: whether it is a folder.
        size: bytes, 0 for folders.
        changed: seconds since 1970, UTC.
        attributes: letters out of `RHSA`.
    """

    path: str
    folder: bool
    size: int
    changed: float
    attributes: frozenset[str]

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("\\")[2]


def is_device(path: str) -> bool:
    """Whether the last part of a path names a device such as `nul`."""
    return bool(_DEVICES.fullmatch(re.split(r"[\\/:]", path.rstrip(": "))[-1]))


class FileSystem:
    """Drive C: of one machine; every method may be called from any thread. Paths are absolute (see `absolute`).

    Args:
        now: tells the time for new and changed files.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.lock = threading.RLock()
        self._now = now
        self._root = _Node("C:", now(), children={}, access=ROOT_ACCESS)

    # ------------------------------------------------------------------ names

    @staticmethod
    def absolute(path: str, directory: str = "C:\\") -> str:
        r"""The absolute form of a path: `C:\a\b`, with `.`, `..`, `/` and trailing dots and blanks resolved."""
        path = path.replace("/", "\\").removeprefix("\\\\?\\")
        if path.startswith("\\\\"):
            return path
        drive = directory[:2]
        if re.match(r"[A-Za-z]:", path):
            same = path[:2].upper() == drive.upper()
            drive, path = path[:2], path[2:]
            base = directory[2:] if same and not path.startswith("\\") else "\\"
        else:
            base = "" if path.startswith("\\") else directory[2:]
        parts: list[str] = []
        for part in (base + "\\" + path).split("\\"):
            if part == "..":
                del parts[-1:]
            elif part.strip(" .") or part.strip(". "):
                parts.append(part.rstrip(" ."))
        return drive.upper() + "\\" + "\\".join(parts)

    def _find(self, path: str) -> _Node | None:
        drive, _, rest = path.partition("\\")
        if drive.upper() != "C:":
            return None
        node: _Node | None = self._root
        for part in rest.split("\\") if rest else ():
            node = node.children.get(fold(part)) if node and node.children is not None else None
        return node

    def _need(self, path: str) -> _Node:
        node = self._find(path)
        if node is None:
            raise FileError(self.missing(path), path)
        return node

    def missing(self, path: str) -> int:
        """The error number that fits a path that does not exist: no such file, or no such folder above it."""
        return FILE_NOT_FOUND if self._folder_above(path) else PATH_NOT_FOUND

    def _folder_above(self, path: str) -> _Node | None:
        node = self._find(path.rpartition("\\")[0])
        return node if node and node.children is not None else None

    def _place(self, path: str) -> tuple[_Node, dict[str, _Node], str]:
        """The folder in which something new is to be made, its children and the new name."""
        name = path.rpartition("\\")[2]
        above = self._folder_above(path)
        if above is None or above.children is None:
            raise FileError(PATH_NOT_FOUND, path)
        if not name or _FORBIDDEN.search(name):
            raise FileError(INVALID_NAME, path)
        return above, above.children, name

    # ------------------------------------------------------------------ asking

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder; a trailing backslash asks for a folder."""
        return self.is_folder(path.rstrip("\\") or path) if path.endswith("\\") else self._find(path) is not None

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder."""
        node = self._find(path.rstrip("\\") if len(path) > 3 else path)
        return node is not None and node.children is not None

    def is_file(self, path: str) -> bool:
        """Whether there is a file."""
        node = self._find(path)
        return node is not None and node.data is not None

    def spelling(self, path: str) -> str:
        """The path in the spelling its parts were created with."""
        drive, _, rest = path.partition("\\")
        node: _Node | None = self._root if drive.upper() == "C:" else None
        names = [drive.upper()]
        for part in rest.split("\\") if rest else ():
            node = node.children.get(fold(part)) if node and node.children is not None else None
            names.append(node.name if node else part)
        return "\\".join(names) if rest else names[0] + "\\"

    def info(self, path: str) -> FileInfo:
        """What a listing says about one file or folder."""
        with self.lock:
            return self._info(self.spelling(path), self._need(path))

    @staticmethod
    def _info(path: str, node: _Node) -> FileInfo:
        size = len(node.data) if node.data is not None else 0
        return FileInfo(path, node.children is not None, size, node.changed, node.attributes)

    def listing(self, folder: str) -> list[FileInfo]:
        """The contents of a folder, sorted by name."""
        with self.lock:
            node = self._need(folder)
            if node.children is None:
                raise FileError(NOT_A_FOLDER, folder)
            base = self.spelling(folder).rstrip("\\")
            return [self._info(f"{base}\\{child.name}", child) for _, child in sorted(node.children.items())]

    def match(self, pattern: str) -> list[FileInfo]:
        """What an absolute path with `*` and `?` in its last part means; a plain path means itself if it exists."""
        folder, _, name = pattern.rpartition("\\")
        with self.lock:  # others rename meanwhile
            if not has_wildcard(name):
                return [self.info(pattern)] if self.exists(pattern) else []
            folder = folder if len(folder) > 2 else folder + "\\"
            if not self.is_folder(folder):
                return []
            matcher = wildcard(name)
            return [info for info in self.listing(folder) if matcher(info.name)]

    def walk(self, folder: str) -> Iterator[FileInfo]:
        """All files and folders below a folder, parents first."""
        for info in self.listing(folder):
            yield info
            if info.folder:
                yield from self.walk(info.path)

    # ------------------------------------------------------------------ contents

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        with self.lock:
            node = self._need(path)
            if node.data is None:
                raise FileError(ACCESS_DENIED, path)
            return bytes(node.data)

    def write(self, path: str, data: bytes = b"") -> None:
        """Make a file or replace its contents; a read-only file or a folder is refused."""
        with self.lock:
            node = self._writable(path)
            node.data = bytearray(data)

    def append(self, path: str, data: bytes) -> None:
        """Add to the end of a file, which is made if missing."""
        with self.lock:
            node = self._writable(path)
            if node.data is not None:
                node.data += data

    def _writable(self, path: str) -> _Node:
        node = self._find(path)
        if node is None:
            _, children, name = self._place(path)
            node = children[fold(name)] = _Node(name, self._now(), data=bytearray(), attributes=frozenset("A"))
        if node.data is None or "R" in node.attributes:
            raise FileError(ACCESS_DENIED, path)
        node.changed = self._now()
        return node

    def make_folder(self, path: str) -> None:
        """Make a folder and the missing ones above it."""
        with self.lock:
            if self._find(path) is not None:
                raise FileError(ALREADY_EXISTS, path)
            above = path.rpartition("\\")[0]
            if self._find(above) is None and len(above) > 2:
                self.make_folder(above)
            _, children, name = self._place(path)
            children[fold(name)] = _Node(name, self._now(), children={})

    def remove(self, path: str, *, force: bool = False) -> None:
        """Delete a file; a read-only one only by force."""
        with self.lock:
            node = self._need(path)
            if node.data is None or ("R" in node.attributes and not force):
                raise FileError(ACCESS_DENIED, path)
            self._drop(path)

    def remove_folder(self, path: str, *, tree: bool = False) -> None:
        """Delete a folder; one that is not empty only with its whole tree."""
        with self.lock:
            node = self._need(path)
            if node.children is None:
                raise FileError(NOT_A_FOLDER, path)
            if node.children and not tree:
                raise FileError(NOT_EMPTY, path)
            if node is self._root:
                raise FileError(ACCESS_DENIED, path)
            self._drop(path)

    def _drop(self, path: str) -> None:
        above = self._folder_above(path)
        if above is not None and above.children is not None:
            del above.children[fold(path.rpartition("\\")[2])]

    def move(self, source: str, target: str, *, replace: bool = False) -> None:
        """Rename or move a file or folder; an existing target is an error unless it is a file to be replaced."""
        with self.lock:
            node = self._need(source)
            there = self._find(target)
            if there is not None and there is not node and (not replace or there.data is None):
                raise FileError(ALREADY_EXISTS, target)
            _, children, name = self._place(target)
            if node.children is not None and fold(target + "\\").startswith(fold(source + "\\")) and there is not node:
                raise FileError(SHARING_VIOLATION, target)
            self._drop(source)
            node.name = name
            children[fold(name)] = node

    # ------------------------------------------------------------------ attributes and access

    def set_attributes(self, path: str, attributes: frozenset[str]) -> None:
        """Replace the attributes (letters out of `RHSA`)."""
        with self.lock:
            self._need(path).attributes = attributes

    def access(self, path: str) -> AccessList:
        """The access list with what is inherited from above."""
        with self.lock:
            node = self._need(path)
            if node.access.protected:
                return node.access
            folder = node.children is not None
            above = self.access(path.rpartition("\\")[0] if path.count("\\") > 1 else "C:\\").entries
            passed = (entry.passed_on(to_folder=folder) for entry in above)
            inherited: tuple[Entry, ...] = tuple(entry for entry in passed if entry is not None)
            return AccessList(node.access.entries + inherited, protected=False)

    def set_access(self, path: str, access: AccessList) -> None:
        """Replace the access list; inherited entries in it are dropped."""
        own = tuple(entry for entry in access.entries if not entry.inherited)
        with self.lock:
            self._need(path).access = AccessList(own, access.protected)

    # ------------------------------------------------------------------ persistence

    def to_json(self) -> dict[str, Any]:
        """The whole drive as JSON data."""
        with self.lock:
            return _to_json(self._root)

    def load_json(self, document: dict[str, Any]) -> None:
        """Replace the whole drive by what `to_json` described."""
        with self.lock:
            self._root = _from_json(document)


def has_wildcard(name: str) -> bool:
    """Whether a name holds `*` or `?`."""
    return "*" in name or "?" in name


def wildcard(pattern: str) -> Callable[[str], bool]:
    """A test whether a name fits a DOS pattern; `*.*` fits every name."""
    if pattern == "*.*":
        pattern = "*"
    found = re.compile(fnmatch.translate(fold(pattern).replace("[", "[[]")))
    bare = re.compile(fnmatch.translate(fold(pattern)[:-2].replace("[", "[[]"))) if pattern.endswith(".*") else None
    return lambda name: bool(found.match(fold(name)) or (bare and bare.match(fold(name))))


def _to_json(node: _Node) -> dict[str, Any]:
    document: dict[str, Any] = {"name": node.name, "changed": node.changed}
    if node.attributes:
        document["attributes"] = "".join(sorted(node.attributes))
    if node.access != _INHERITED:
        entries = [[e.sid, e.rights, e.inheritance, e.deny] for e in node.access.entries]
        document["access"] = {"entries": entries, "protected": node.access.protected}
    if node.data is not None:
        document["data"] = base64.b64encode(node.data).decode()
    else:
        document["children"] = [_to_json(child) for child in (node.children or {}).values()]
    return document


def _from_json(document: dict[str, Any]) -> _Node:
    node = _Node(document["name"], document["changed"], attributes=frozenset(document.get("attributes", "")))
    if "access" in document:
        access = document["access"]
        entries = tuple(Entry(sid, rights, flags, deny=deny) for sid, rights, flags, deny in access["entries"])
        node.access = AccessList(entries, access["protected"])
    if "data" in document:
        node.data = bytearray(base64.b64decode(document["data"]))
    else:
        node.children = {fold(child["name"]): _from_json(child) for child in document["children"]}
    return node
