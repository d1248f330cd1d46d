"""`winipsec show`: the policy store of a host or of a registry export."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from winipsec.cli.connection_options import connection_settings
from winipsec.cli.registry_file import read_registry_file
from winipsec.cli.remarks import remarks
from winipsec.cli.store_document import document
from winipsec.errors import UserError
from winipsec.host.connection import Connection
from winipsec.host.reader import Reader
from winipsec.host.settings import ConnectionSettings
from winipsec.model.store import Store

Connect = Callable[[ConnectionSettings], Connection]


def run(options: argparse.Namespace, environment: Mapping[str, str], connect: Connect = Connection) -> int:
    """Show a store; 0.

    Raises:
        UserError: neither or both of a host and a file are given, or the file is no registry export with a store.
        HostError: the host could not be read.
    """
    if options.reg is not None:
        if options.host is not None:
            raise UserError("give either a HOST or --reg, not both.", code="arguments")
        found = read_registry_file(options.reg, options.root)
        return _print(found.store, Path(options.reg).name, found.remarks, as_json=options.json)
    if options.root is not None:
        raise UserError("--root needs --reg.", code="arguments")
    settings = connection_settings(options, environment)
    connection = connect(settings)
    try:
        snapshot = Reader(connection).snapshot(cancelled=None)
    finally:
        connection.close()
    machine = snapshot.machine
    title = f"{settings.host} ({machine.name})" if machine.name else settings.host
    return _print(snapshot.store, title, remarks(machine), as_json=options.json)


def _print(store: Store, title: str, remarks: Iterable[str], *, as_json: bool) -> int:
    if as_json:
        sys.stdout.write(json.dumps(document(store), indent=2, ensure_ascii=True) + "\n")
        return 0
    from winipsec.cli.store_tree import store_tree
    from winipsec.cli.terminal import console

    console().print(store_tree(store, title, remarks))
    return 0
