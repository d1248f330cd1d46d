"""The generated protocol classes, without the SDK that ships them (spec: pulumi-provider 3.5).

The stubs live inside the `pulumi` distribution, and importing `pulumi.runtime.proto` executes the whole SDK, which
costs more than everything else at start-up together. They need only grpc and protobuf, and import each other by
relative names. So their folder is found without executing anything and opened under a name of our own. Where that
fails, the ordinary import does the same, slower.

A later `import pulumi` in this process is harmless: the descriptor pool knows the files already and gives out the
same message classes.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

_OWN_NAME = "winipsec.plugin.proto"
_SDK_NAME = "pulumi.runtime.proto"


def _open_folder() -> str:
    """Register the stubs' folder as a package of our own name and return that name.

    Raises:
        ImportError: the SDK is not installed, or laid out in another way.
    """
    spec = importlib.util.find_spec("pulumi")
    for root in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(root, "runtime", "proto")
        if (folder / "provider_pb2.py").is_file():
            package = ModuleType(_OWN_NAME, "The protocol stubs of the Pulumi SDK.")
            package.__path__ = [str(folder)]
            sys.modules[_OWN_NAME] = package
            return _OWN_NAME
    raise ImportError("no folder of protocol stubs in the Pulumi SDK")


def _choose_package() -> str:
    """The name of the package to import stubs from: ours, or the SDK's where ours cannot be had."""
    try:
        name = _open_folder()
        import_module(name + ".provider_pb2")
    except Exception:  # noqa: BLE001 - whatever is unexpected, the SDK's own way remains
        for module in [module for module in sys.modules if module == _OWN_NAME or module.startswith(_OWN_NAME + ".")]:
            del sys.modules[module]
        return _SDK_NAME
    return name


PACKAGE = _choose_package()

provider_pb2 = import_module(PACKAGE + ".provider_pb2")
provider_pb2_grpc = import_module(PACKAGE + ".provider_pb2_grpc")
plugin_pb2 = import_module(PACKAGE + ".plugin_pb2")


def late(name: str) -> ModuleType:
    """A stub module that is not needed at start-up, for instance `engine_pb2_grpc`."""
    return import_module(f"{PACKAGE}.{name}")
