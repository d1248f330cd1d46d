"""`reg query` (spec: winrm 4.7)."""

from __future__ import annotations

from collections.abc import Iterator

from winipsec_lab.machine.process import Process
from winipsec_lab.machine.registry import RegistryValue, fold
from winipsec_lab.machine.registry_values import to_bytes, type_number
from winipsec_lab.programs.reg.arguments import RefusedError, Request

_Values = list[tuple[str, RegistryValue]]


def shown(value: RegistryValue, separator: str = "\\0") -> str:
    """The data of a value as `reg query` prints it."""
    data = value.data
    if isinstance(data, int):
        return f"0x{data:x}"
    if isinstance(data, tuple):
        return separator.join(data)
    if isinstance(data, str):
        return data
    if value.type == "REG_MULTI_SZ":
        return separator.join(data.decode("utf-16-le", "replace").rstrip("\0").split("\0"))
    if value.type in ("REG_SZ", "REG_EXPAND_SZ"):
        return data.decode("utf-16-le", "replace").partition("\0")[0]
    return to_bytes(value).hex().upper()


def query(process: Process, request: Request) -> int:
    """Print a key: its values and subkeys, with `/s` the whole tree, with `/f` what fits a text."""
    registry = process.machine.registry
    path = request.path()
    with registry.lock:
        if not registry.has_key(path):
            raise RefusedError("reg.not_found")
        if "f" in request.switches or ("s" in request.switches and request.value_name() is not None):
            return _search(process, request, path)
        if request.value_name() is not None:
            return _one(process, request, path)
        return _list(process, request, path)


def _keys(process: Process, request: Request, path: str) -> Iterator[tuple[str, _Values]]:
    registry = process.machine.registry
    if "s" in request.switches:
        yield from registry.walk(path)
    else:
        yield registry.spelling(path), list(registry.values(path).items())


def _line(process: Process, request: Request, name: str, value: RegistryValue) -> str:
    kind = f"{value.type} ({type_number(value.type)})" if "z" in request.switches else value.type
    text = shown(value, request.switches.get("se", "\\0"))
    return f"    {name or process.machine.text('reg.default')}    {kind}    {text}\n"


def _of_type(request: Request, value: RegistryValue) -> bool:
    wanted = request.switches.get("t")
    if wanted is None:
        return True
    names = [name.strip().upper() for name in wanted.split(",")]
    try:
        return type_number(value.type) in [type_number(name) for name in names]
    except ValueError:
        raise RefusedError("reg.syntax", request.operation) from None


def _list(process: Process, request: Request, path: str) -> int:
    registry = process.machine.registry
    print_empty = process.machine.guesses["reg.empty_key"] == "printed"
    out = ["\n"]
    for key, values in _keys(process, request, path):
        lines = [_line(process, request, name, value) for name, value in values if _of_type(request, value)]
        if lines or print_empty:
            out += [key, "\n", *lines, "\n"]
    if "s" not in request.switches:
        base = registry.spelling(path)
        out += [f"{base}\\{name}\n" for name in registry.subkeys(path)]
    process.out("".join(out))
    return 0


def _one(process: Process, request: Request, path: str) -> int:
    name = request.value_name() or ""
    registry = process.machine.registry
    for known, value in registry.values(path).items():
        if fold(known) == fold(name) and _of_type(request, value):
            process.out(f"\n{registry.spelling(path)}\n{_line(process, request, known, value)}\n")
            return 0
    if name:
        raise RefusedError("reg.not_found")
    unset = RegistryValue("REG_SZ", process.machine.text("reg.not_set"))
    process.out(f"\n{registry.spelling(path)}\n{_line(process, request, '', unset)}\n")
    return 0


def _search(process: Process, request: Request, path: str) -> int:
    """`/f text`, or `/v name` with `/s`: prints what fits and how much it was; exit code 1 for nothing."""
    switches = request.switches
    name = request.value_name()
    everywhere = not {"k", "d", "v*", "v", "ve"} & set(switches)
    in_keys = everywhere or "k" in switches
    in_names = (everywhere or "v*" in switches) and name is None
    in_data = everywhere or "d" in switches or (name is not None and "f" in switches)
    registry = process.machine.registry
    out, count = ["\n"], 0
    keys = list(_keys(process, request, path))
    if "s" not in switches:
        keys += [(f"{registry.spelling(path)}\\{sub}", []) for sub in registry.subkeys(path)]
    for key, values in keys:
        lines: list[str] = []
        for known, value in values:
            if not _of_type(request, value) or (name is not None and fold(known) != fold(name)):
                continue
            fits = "f" not in switches or (in_names and _fits(request, known))
            if fits or (in_data and _fits(request, shown(value))):
                lines.append(_line(process, request, known, value))
        key_fits = in_keys and "f" in switches and key != registry.spelling(path)
        key_fits = key_fits and _fits(request, key.rpartition("\\")[2])
        if lines or key_fits:
            out += [key, "\n", *lines, "\n"]
            count += len(lines) + key_fits
    process.out("".join(out))
    process.say("reg.end_of_search", count)
    return int(count == 0)


def _fits(request: Request, text: str) -> bool:
    wanted = request.switches["f"]
    if "c" not in request.switches:
        wanted, text = wanted.lower(), text.lower()
    if "e" in request.switches:
        return text == wanted
    return all(part in text for part in wanted.split("*")) if "*" in wanted else wanted in text
