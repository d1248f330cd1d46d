"""The life of one resource: Check, Diff, Create, Read, Update, Delete (spec: pulumi-provider 2.5 to 2.9).

Each request is decoded, handed to the resource and encoded again; what IPsec is about is decided there. What is
decided here are the engine's rules, which are the same for all resources:

- Check and Diff answer without network, one after another for the whole program: what costs time here costs it
  times the number of resources.
- "Not there" is an empty `ReadResponse`; anything else that keeps us from looking is an error, for an empty answer
  removes the resource from the state.
- Once something exists on the host, Create fails only in a way that records it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.empty_pb2 import Empty

from winipsec.errors import InternalError, UserError
from winipsec.model.property_path import Path
from winipsec.plugin import stubs
from winipsec.plugin.answers import closest, failures_of
from winipsec.plugin.codec import Decoded, decode, encode
from winipsec.plugin.differences import answer_of
from winipsec.plugin.errors import Rejection, init_failed
from winipsec.plugin.secrets import carried
from winipsec.resources.resource import Autonaming, PartialFailure, Resource

if TYPE_CHECKING:
    from winipsec.plugin.session import Session

pb = stubs.provider_pb2

_MODES = {0: "propose", 1: "enforce", 2: "disable"}
"""`pulumirpc.CheckRequest.AutonamingOptions.Mode`."""


def check(session: Session, request: Any) -> Any:
    """Bring inputs into normal form, or list every mistake in them."""
    with session.attend(request) as call:
        resource, declared = _resource(session, call.type)
        try:
            news = _read(session, request.news, declared)
        except UserError as mistake:
            # Without a property: the engine would print the value beside it, and nobody has read that for secrets.
            return pb.CheckResponse(failures=[pb.CheckFailure(reason=mistake.message)])
        olds = _read(session, request.olds, declared)
        checked = resource.check(news.value, olds.value, _autonaming(request), call)
    if checked.failures:
        failures = failures_of(checked.failures, news, declared, session.scrubber)
        return pb.CheckResponse(inputs=request.news, failures=failures)
    marks = carried(checked.inputs, (news, olds), declared, resource.derived)
    return pb.CheckResponse(inputs=encode(checked.inputs, marks))


def diff(session: Session, request: Any) -> Any:
    """Tell what an update would change."""
    with session.attend(request) as call:
        resource, declared = _resource(session, call.type)
        state = _read(session, request.olds, declared).value
        old_inputs = _read(session, request.old_inputs, declared).value if request.HasField("old_inputs") else state
        news = _read(session, request.news, declared).value
        difference = resource.diff(request.id, state, old_inputs, news, call)
    return answer_of(difference, state, old_inputs, call.ignore_changes)


def create(session: Session, request: Any) -> Any:
    """Make it, or in a preview foretell it."""
    with session.attend(request, preview=request.preview) as call:
        resource, declared = _resource(session, call.type)
        inputs = _read(session, request.properties, declared)
        try:
            created = resource.create(inputs.value, call)
        except PartialFailure as failure:
            raise _unfinished(session, resource, failure, (inputs,)) from failure
    marks = carried(created.outputs, (inputs,), declared, resource.derived)
    if request.preview:
        return pb.CreateResponse(properties=encode(created.outputs, marks))
    if not created.id:
        raise InternalError(f"{call.type} was created without an id.")
    try:
        properties = encode(created.outputs, marks, unknowns=False)
    except InternalError as mistake:
        # It exists by now: a plain error would leave it on the host with nobody to remember it.
        raise init_failed(created.id, request.properties, request.properties, [str(mistake)]) from mistake
    return pb.CreateResponse(id=created.id, properties=properties)


def read(session: Session, request: Any) -> Any:
    """Look at the host: for a refresh, for `get`, or for an import, which brings no state."""
    with session.attend(request) as call:
        resource, declared = _resource(session, call.type)
        state = _read_if_any(session, request, "properties", declared)
        inputs = _read_if_any(session, request, "inputs", declared)
        sources = tuple(source for source in (inputs, state) if source is not None)
        try:
            found = resource.read(request.id, state.value if state else None, inputs.value if inputs else None, call)
        except PartialFailure as failure:
            raise _unfinished(session, resource, failure, sources) from failure
    if found is None:
        return pb.ReadResponse()
    return pb.ReadResponse(
        id=found.id,
        properties=encode(found.outputs, carried(found.outputs, sources, declared, resource.derived), unknowns=False),
        inputs=encode(found.inputs, carried(found.inputs, sources, declared, resource.derived), unknowns=False),
    )


def update(session: Session, request: Any) -> Any:
    """Change it in place, or in a preview foretell the outputs."""
    with session.attend(request, preview=request.preview) as call:
        resource, declared = _resource(session, call.type)
        state = _read(session, request.olds, declared)
        old_inputs = _read(session, request.old_inputs, declared) if request.HasField("old_inputs") else state
        news = _read(session, request.news, declared)
        try:
            outputs = resource.update(request.id, state.value, old_inputs.value, news.value, call)
        except PartialFailure as failure:
            raise _unfinished(session, resource, failure, (news, state)) from failure
    marks = carried(outputs, (news, state), declared, resource.derived)
    return pb.UpdateResponse(properties=encode(outputs, marks, unknowns=request.preview))


def delete(session: Session, request: Any) -> Empty:
    """Remove it. That it is gone already is success."""
    with session.attend(request) as call:
        resource, declared = _resource(session, call.type)
        state = _read(session, request.properties, declared).value
        old_inputs = _read(session, request.old_inputs, declared).value if request.HasField("old_inputs") else state
        resource.delete(request.id, state, old_inputs, call)
    return Empty()


def _resource(session: Session, token: str) -> tuple[Resource, tuple[Path, ...]]:
    """The resource of a type, and what is always secret in it."""
    resources = session.catalogue.resources
    resource = resources.get(token)
    if resource is None:
        raise Rejection(grpc.StatusCode.INVALID_ARGUMENT, f"no such resource type: {token}{closest(token, resources)}")
    return resource, session.declared(resource)


def _read(session: Session, struct: Any, declared: tuple[Path, ...]) -> Decoded:
    """Decode properties; from then on their secrets are known to the scrubber."""
    decoded = decode(struct)
    session.scrubber.learn(decoded, declared)
    return decoded


def _read_if_any(session: Session, request: Any, field: str, declared: tuple[Path, ...]) -> Decoded | None:
    """Decode properties that an import leaves out."""
    struct = getattr(request, field)
    return _read(session, struct, declared) if request.HasField(field) and struct.fields else None


def _unfinished(
    session: Session, resource: Resource, failure: PartialFailure, sources: tuple[Decoded, ...]
) -> Rejection:
    """What exists of a resource, and why no more of it does."""
    declared, derived = session.declared(resource), resource.derived
    return init_failed(
        failure.id,
        encode(failure.outputs, carried(failure.outputs, sources, declared, derived), unknowns=False),
        encode(failure.inputs, carried(failure.inputs, sources, declared, derived), unknowns=False),
        [session.scrubber.scrub(reason) for reason in failure.reasons],
    )


def _autonaming(request: Any) -> Autonaming | None:
    if not request.HasField("autonaming"):
        return None
    return Autonaming(_MODES.get(request.autonaming.mode, "propose"), request.autonaming.proposed_name)
