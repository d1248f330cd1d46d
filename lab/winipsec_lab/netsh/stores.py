"""Commands about a store as a whole: choose it, empty it, carry it to a file and back (spec: ipsec-policy 1.4, 1.7).

What Microsoft writes into an exported file is not known and does not matter: only the program that wrote it reads it.
The lab's file is a marked, packed list of the store's keys.
"""

from __future__ import annotations

import json
import zlib
from typing import Any, Final

from winipsec_lab.machine.files import FileError
from winipsec_lab.machine.registry_values import RegistryValue, from_bytes, to_bytes, type_number
from winipsec_lab.netsh.arguments import Arguments
from winipsec_lab.netsh.errors import Refusal
from winipsec_lab.netsh.lookups import same_name
from winipsec_lab.netsh.session import Session
from winipsec_lab.store.entries import split_key
from winipsec_lab.store.values import POLICY

_MAGIC: Final = b"WINIPSEC-LAB POLICY EXPORT 1\r\n\x1a"
_ACTIVE: Final = "ActivePolicy"
_Keys = dict[str, list[list[Any]]]


def set_store(session: Session, args: Arguments) -> None:
    """`set store`; there is no domain to go to, and `persistent` belongs to Windows Server 2003."""
    words = ["local", "domain"]
    if session.generation == "2003" or session.switches["netsh.persistent_store"] == "accepted":
        words.append("persistent")
    location = args.choice("location", tuple(words), "local")
    if location == "domain" and session.switches["netsh.domain_store"] == "refused":
        raise Refusal("no_domain")
    if location != "domain" and "domain" in args:
        raise Refusal("store_location")
    if session.batching:
        raise Refusal("batch_state")
    session.location = location


def show_store(session: Session, _: Arguments) -> None:
    """`show store`."""
    session.say(f"\n{session.texts('layout')}\n{session.texts('label_store')} : {session.location}\n\n")


def set_batch(session: Session, args: Arguments) -> None:
    """`set batch`."""
    if args.choice("mode", ("enable", "disable"), "enable") == "enable":
        session.begin_batch()
    else:
        session.end_batch()


def delete_all(session: Session, _: Arguments) -> None:
    """`delete all`: the store is empty afterwards."""
    session.store.clear(orphans=session.switches["netsh.delete_all_orphans"] == "deleted")


def _file(session: Session, args: Arguments, *, new: bool) -> str:
    name = args.get("file")
    if not name:
        raise Refusal("bad_value", tag="file")
    path = session.machine.files.absolute(name, session.process.directory)
    bare = "." not in path.rpartition("\\")[2]
    if bare and session.switches["netsh.export_extension"] == "appended":
        there = session.machine.files.is_file(path)
        return path if there and not new else path + ".ipsec"
    return path


def export_policy(session: Session, args: Arguments) -> None:
    """`exportpolicy`: everything in the store; whether that includes what is assigned is a guess."""
    store, keys = session.store, {}
    for entry in store.entries():
        values = store.registry.values(f"{store.path}\\{entry.key}")
        keys[entry.key] = [_packed(name, value) for name, value in values.items()]
    assigned = store.registry.get(store.path, _ACTIVE)
    if assigned and store.switches["netsh.export_assignment"] == "kept":
        keys[""] = [_packed(_ACTIVE, assigned)]
    try:
        session.machine.files.write(
            _file(session, args, new=True), _MAGIC + zlib.compress(json.dumps(keys).encode("utf-8"))
        )
    except FileError as error:
        raise Refusal("file_missing") from error


def _packed(name: str, value: RegistryValue) -> list[Any]:
    return [name, type_number(value.type), to_bytes(value).hex()]


def _read(session: Session, args: Arguments) -> _Keys:
    try:
        data = session.machine.files.read(_file(session, args, new=False))
    except FileError as error:
        raise Refusal("file_missing") from error
    if not data.startswith(_MAGIC):
        raise Refusal("file_invalid")
    try:
        keys: _Keys = json.loads(zlib.decompress(data[len(_MAGIC) :]))
    except (zlib.error, ValueError) as error:
        raise Refusal("file_invalid") from error
    return keys


def import_policy(session: Session, args: Arguments) -> None:
    """`importpolicy`: objects of the same GUID are replaced; policies of the same name are a guess."""
    store, keys = session.store, _read(session, args)
    assignment = keys.pop("", [])
    imported = {name.lower(): _name_of(values) for name, values in keys.items() if name.startswith(POLICY)}
    clashing = [
        policy
        for policy in store.entries(POLICY)
        if policy.identity not in imported
        and any(same_name(name, policy.name or "", store.switches) for name in imported.values() if name)
    ]
    if clashing and store.switches["netsh.import_clash"] == "refused":
        raise Refusal("exists")
    for policy in clashing:
        if store.switches["netsh.import_clash"] == "replaces":
            store.remove_policy(policy)
    for name, values in keys.items():
        if split_key(name) is None:
            raise Refusal("file_invalid")
        store.registry.delete_key(f"{store.path}\\{name}")
        for value_name, number, raw in values:
            store.registry.set(f"{store.path}\\{name}", value_name, from_bytes(number, bytes.fromhex(raw)))
    for value_name, number, raw in assignment:
        store.registry.set(store.path, value_name, from_bytes(number, bytes.fromhex(raw)))
        session.changed(assigned=True)


def _name_of(values: list[list[Any]]) -> str:
    for name, number, raw in values:
        if name.lower() == "ipsecname":
            value: RegistryValue = from_bytes(number, bytes.fromhex(raw))
            return str(value.data)
    return ""
