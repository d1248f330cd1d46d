"""The `pulumirpc.ResourceProvider` service (spec: pulumi-provider 2): which function serves which request.

Here is what concerns the provider as a whole; what concerns its configuration is in `configuration`, one resource in
`lifecycle`. Each function takes the session and a request and returns a response, or raises; `answers` turns whatever
is raised into a status.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty

import winipsec
from winipsec._version import __version__
from winipsec.errors import InternalError, UserError
from winipsec.model.property_path import parse
from winipsec.plugin import configuration, lifecycle, stubs
from winipsec.plugin.answers import Handler, answering, closest, failures_of
from winipsec.plugin.codec import decode, encode
from winipsec.plugin.errors import Rejection, unimplemented
from winipsec.plugin.secrets import tells
from winipsec.plugin.session import Session
from winipsec.resources.resource import Failure

pb = stubs.provider_pb2

_HOME = Path(winipsec.__file__).parent
_SCHEMA_PLACES = (_HOME / "schema.json", _HOME.parent / "schema.json")
"""In an installed package, and in a checkout."""


def handshake(session: Session, request: Any) -> Any:
    """Exchange capabilities and learn where the engine listens."""
    if request.engine_address:
        session.log.connect(request.engine_address)
    return pb.ProviderHandshakeResponse(
        accept_secrets=True, accept_resources=True, supports_autonaming_configuration=True
    )


def attach(session: Session, request: Any) -> Empty:
    """Serve another engine run from this process (spec: pulumi-provider 1.10)."""
    session.attach(request.address)
    return Empty()


def get_plugin_info(_session: Session, _request: Any) -> Any:
    """Tell the version."""
    return stubs.plugin_pb2.PluginInfo(version=__version__)


def get_schema(_session: Session, request: Any) -> Any:
    """Hand out the schema as it lies on disk; nothing is parsed."""
    if request.version:
        raise Rejection(grpc.StatusCode.INVALID_ARGUMENT, f"schema format {request.version} is not known here, only 0")
    for place in _SCHEMA_PLACES:
        if place.is_file():
            return pb.GetSchemaResponse(schema=place.read_text(encoding="utf-8"))
    raise InternalError("the package was installed without its schema.json.")


def invoke(session: Session, request: Any) -> Any:
    """Run a function. A mistake in one argument is a failure, everything else that is raised a status.

    What a function declares in an attribute `secrets` is secret in its result. A secret argument other than the way
    to the host makes the whole result secret: nobody can tell which part of a parsed script came from its key.
    """
    functions = session.catalogue.functions
    function = functions.get(request.tok)
    if function is None:
        raise Rejection(
            grpc.StatusCode.INVALID_ARGUMENT, f"no such function: {request.tok}{closest(request.tok, functions)}"
        )
    arguments = decode(request.args)
    session.scrubber.learn(arguments)
    try:
        with session.attend_function(request.tok, preview=getattr(request, "preview", False)) as call:
            result = function(arguments.value, call)
    except UserError as mistake:
        if not mistake.path:
            raise
        failure = Failure(mistake.path, f"{mistake.problem} {mistake.advice}".rstrip())
        return pb.InvokeResponse(failures=failures_of([failure], arguments, (), session.scrubber))
    tainted = any(map(tells, arguments.secrets))
    marks = {(key,) for key in result} if tainted else {*map(parse, getattr(function, "secrets", ()))}
    response = pb.InvokeResponse()
    getattr(response, "return").CopyFrom(encode(result, marks, unknowns=False))
    return response


def cancel(session: Session, _request: Any) -> Empty:
    """Abort what is under way. Comes at the end of every run, so mostly there is nothing."""
    session.cancel()
    return Empty()


def get_mapping(_session: Session, _request: Any) -> Any:
    """Tell converters that no provider of another ecosystem maps to this one."""
    return pb.GetMappingResponse()


def get_mappings(_session: Session, _request: Any) -> Any:
    """As `get_mapping`: none."""
    return pb.GetMappingsResponse()


def _refusing(what: str) -> Handler:
    def refuse(_session: Session, _request: Any) -> Any:
        raise unimplemented(what)

    return refuse


HANDLERS: dict[str, Handler] = {
    "Handshake": handshake,
    "Attach": attach,
    "GetPluginInfo": get_plugin_info,
    "GetSchema": get_schema,
    "CheckConfig": configuration.check_config,
    "DiffConfig": configuration.diff_config,
    "Configure": configuration.configure,
    "Check": lifecycle.check,
    "Diff": lifecycle.diff,
    "Create": lifecycle.create,
    "Read": lifecycle.read,
    "Update": lifecycle.update,
    "Delete": lifecycle.delete,
    "Invoke": invoke,
    "Cancel": cancel,
    "GetMapping": get_mapping,
    "GetMappings": get_mappings,
    "Parameterize": _refusing("parameters"),
    "List": _refusing("lists of resources"),
    "Construct": _refusing("components"),
    "Call": _refusing("methods"),
}
"""Every request of the protocol, by its name there."""


class Servicer(stubs.provider_pb2_grpc.ResourceProviderServicer):  # type: ignore[misc,name-defined]
    """The provider as the engine sees it. One instance serves all threads.

    The generated base class answers what a later version of the protocol may add.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        for name, handler in HANDLERS.items():
            setattr(self, name, answering(session, handler))
