"""`reg add`, `delete`, `copy`, `export`, `import`, `compare` (spec: winrm 4.7)."""

from __future__ import annotations

from typing import NamedTuple

from winipsec_lab.machine.files import FileError
from winipsec_lab.machine.process import Process, codec
from winipsec_lab.machine.registry import RegistryValue, fold
from winipsec_lab.machine.registry_text import decode_reg_file
from winipsec_lab.machine.registry_values import check, to_bytes
from winipsec_lab.programs.reg.arguments import RefusedError, Request, confirm
from winipsec_lab.programs.reg.query import shown

_ADDABLE = (
    "REG_SZ",
    "REG_MULTI_SZ",
    "REG_EXPAND_SZ",
    "REG_DWORD",
    "REG_QWORD",
    "REG_BINARY",
    "REG_NONE",
    "REG_DWORD_BIG_ENDIAN",
)


def add(process: Process, request: Request) -> int:
    """Make a key or write a value; asks before it replaces one, unless `/f`."""
    registry = process.machine.registry
    path, name, switches = request.path(), request.value_name(), request.switches
    if name is None:
        if {"t", "d", "s"} & set(switches):
            name = ""
        else:
            registry.create_key(path)
            process.say("reg.success")
            return 0
    value = _value(request)
    if registry.get(path, name) is not None and "f" not in switches:
        shown_name = name or process.machine.text("reg.default")
        if not confirm(process, "reg.overwrite_value", shown_name):
            process.say("reg.cancelled")
            return 0
    registry.set(path, name, value)
    process.say("reg.success")
    return 0


def _value(request: Request) -> RegistryValue:
    kind = request.switches.get("t", "REG_SZ").upper()
    kind = "REG_DWORD" if kind == "REG_DWORD_LITTLE_ENDIAN" else kind
    data = request.switches.get("d", "")
    if kind not in _ADDABLE:
        raise RefusedError("reg.syntax", request.operation)
    try:
        if kind in ("REG_DWORD", "REG_QWORD"):
            number = int(data or "0", 16 if data.lower().startswith("0x") else 10)
            value = RegistryValue(kind, number)
        elif kind == "REG_DWORD_BIG_ENDIAN":
            value = RegistryValue(kind, int(data or "0", 0).to_bytes(4, "big"))
        elif kind == "REG_BINARY":
            value = RegistryValue(kind, bytes.fromhex(data if len(data) % 2 == 0 else "0" + data))
        elif kind == "REG_MULTI_SZ":
            value = RegistryValue(kind, _parts(request, data))
        elif kind == "REG_NONE":
            value = RegistryValue(kind, to_bytes(RegistryValue("REG_SZ", data)) if data else b"")
        else:
            value = RegistryValue(kind, data)
        check(value)
    except (ValueError, OverflowError):
        raise RefusedError("reg.bad_data") from None
    return value


def _parts(request: Request, data: str) -> tuple[str, ...]:
    separator = request.switches.get("s", "\\0")
    if not data:
        return ()
    parts = tuple(data.removesuffix(separator).split(separator))
    if "" in parts:
        raise RefusedError("reg.syntax", request.operation)
    return parts


def delete(process: Process, request: Request) -> int:
    """Remove a value, all values (`/va`) or a key with everything below; asks unless `/f`."""
    registry = process.machine.registry
    path, name = request.path(), request.value_name()
    if not registry.has_key(path) or "\\" not in path or (name is not None and registry.get(path, name) is None):
        raise RefusedError("reg.not_found")
    if "f" not in request.switches:
        question = "reg.delete_key" if name is None and "va" not in request.switches else "reg.delete_value"
        if not confirm(process, question, name or path):
            process.say("reg.cancelled")
            return 0
    if "va" in request.switches:
        for known in registry.values(path):
            registry.delete_value(path, known)
    elif name is not None:
        registry.delete_value(path, name)
    else:
        registry.delete_key(path)
    process.say("reg.success")
    return 0


def export(process: Process, request: Request) -> int:
    """Write a key and all below it to a file; asks before it replaces one, unless `/y`."""
    machine = process.machine
    path, target = request.path(), machine.files.absolute(request.plain[1], process.directory)
    if not machine.registry.has_key(path):
        raise RefusedError("reg.not_found")
    asks = machine.files.exists(target) and "y" not in request.switches
    if asks and not confirm(process, "reg.overwrite_file", request.plain[1]):
        process.say("reg.cancelled")
        return 0
    text = machine.registry.export_text(path, lone_byte=machine.guesses["registry.long_name"] == "one_byte")
    try:
        machine.files.write(target, b"\xff\xfe" + text.encode("utf-16-le", "surrogatepass"))
    except FileError:
        raise RefusedError("reg.cannot_open") from None
    process.say("reg.success")
    return 0


def import_file(process: Process, request: Request) -> int:
    """Carry out a `.reg` file. Success is reported on standard error."""
    machine = process.machine
    try:
        data = machine.files.read(machine.files.absolute(request.plain[0], process.directory))
    except FileError:
        raise RefusedError("reg.cannot_open") from None
    if data.startswith(b"\xef\xbb\xbf") and machine.guesses["reg.utf8_import"] == "refused":
        raise RefusedError("reg.no_script")
    ansi = codec(machine.ansi_code_page)
    try:
        machine.registry.import_text(decode_reg_file(data, ansi, guess_utf8=False), ansi=ansi)
    except (ValueError, TypeError):
        raise RefusedError("reg.no_script") from None
    if machine.guesses["reg.import_stream"] == "stderr":
        process.complain("reg.success")
    else:
        process.say("reg.success")
    return 0


def copy(process: Process, request: Request) -> int:
    """Copy the values of a key, with `/s` the whole tree; asks before it replaces a value, unless `/f`."""
    registry = process.machine.registry
    source, target = request.path(0), request.path(1)
    if not registry.has_key(source):
        raise RefusedError("reg.not_found")
    if source.upper() == target.upper():
        raise RefusedError("reg.syntax", request.operation)
    with registry.lock:
        found = list(registry.walk(source))
    for path, values in found if "s" in request.switches else found[:1]:
        into = target + path[len(source) :]
        registry.create_key(into)
        for name, value in values:
            there = registry.get(into, name) is not None and "f" not in request.switches
            if there and not confirm(process, "reg.overwrite_value", name):
                continue
            registry.set(into, name, value)
    process.say("reg.success")
    return 0


def compare(process: Process, request: Request) -> int:
    """Compare two keys; exit code 0 when equal, 2 when they differ."""
    registry = process.machine.registry
    paths = request.path(0), request.path(1)
    with registry.lock:
        if not all(registry.has_key(path) for path in paths):
            raise RefusedError("reg.not_found")
        first, second = (_contents(process, request, path) for path in paths)
    different = {key: entry.value for key, entry in first.items()} != {
        key: entry.value for key, entry in second.items()
    }
    lines: list[str] = []
    if not {"on", "os"} & set(request.switches):
        for mark, own, other in (("<", first, second), (">", second, first)):
            lines += [
                f"{mark} {_described(process, entry)}\n"
                for key, entry in own.items()
                if key not in other or other[key].value != entry.value
            ]
    if {"oa", "os"} & set(request.switches):
        same = (entry for key, entry in first.items() if key in second and second[key].value == entry.value)
        lines += [f"= {_described(process, entry)}\n" for entry in same]
    process.out("".join(lines))
    process.say("reg.different" if different else "reg.same")
    process.out("\n")
    process.say("reg.success")
    return 2 if different else 0


class _Entry(NamedTuple):
    """A key (without a value) or a value in a comparison."""

    path: str
    name: str
    value: RegistryValue | None


def _contents(process: Process, request: Request, path: str) -> dict[tuple[str, str | None], _Entry]:
    """Keys and values below a path by their folded names; keys have None for the value's name."""
    found: dict[tuple[str, str | None], _Entry] = {}
    wanted = request.value_name()
    spelling = process.machine.registry.spelling(path)
    for key, values in process.machine.registry.walk(path):
        below = fold(key[len(spelling) :])
        if below and "s" not in request.switches:
            continue
        if below:
            found[below, None] = _Entry(key, "", None)
        for name, value in values:
            if wanted is None or fold(wanted) == fold(name):
                found[below, fold(name)] = _Entry(key, name, value)
    return found


def _described(process: Process, entry: _Entry) -> str:
    if entry.value is None:
        return f"{process.machine.text('reg.key')}:  {entry.path}"
    name = entry.name or process.machine.text("reg.default")
    return f"{process.machine.text('reg.value')}:  {entry.path}  {name}  {entry.value.type}  {shown(entry.value)}"
