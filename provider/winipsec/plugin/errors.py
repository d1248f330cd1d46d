"""Exceptions to what the engine understands: a status code, one text, and for some a detail (spec: pulumi-provider 2.3).

    exception            status                engine concludes
    UserError, Invalid   INVALID_ARGUMENT      nothing happened
    Unreachable          UNAVAILABLE           nothing happened
    Unauthorized         UNAUTHENTICATED       nothing happened
    Forbidden            PERMISSION_DENIED     nothing happened
    Quota                RESOURCE_EXHAUSTED    nothing happened
    TimedOut             DEADLINE_EXCEEDED     nothing happened
    Interrupted          CANCELLED             nothing happened
    Refused              FAILED_PRECONDITION   nothing happened
    Conflict             ABORTED               nothing happened
    Ambiguous            UNKNOWN               the resource may be in an unknown state
    any that may have run  UNKNOWN             the resource may be in an unknown state
    PartialFailure       UNKNOWN + detail      the resource exists, but is not finished
    InternalError, bugs  INTERNAL              the resource may be in an unknown state

The engine prints the text and nothing else, so there is never a traceback in it. What we did not foresee is told as
one sentence with a reference; equal mistakes have equal references, and `--debug` shows where they happened.
"""

from __future__ import annotations

import hashlib
import traceback
from pathlib import PurePath
from typing import Any, NamedTuple, NoReturn

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage

from winipsec import errors
from winipsec.model.invalid import Invalid
from winipsec.plugin import stubs

_STATUS: tuple[tuple[type[Exception], grpc.StatusCode], ...] = (
    (errors.UserError, grpc.StatusCode.INVALID_ARGUMENT),
    (Invalid, grpc.StatusCode.INVALID_ARGUMENT),
    (errors.Unreachable, grpc.StatusCode.UNAVAILABLE),
    (errors.Unauthorized, grpc.StatusCode.UNAUTHENTICATED),
    (errors.Forbidden, grpc.StatusCode.PERMISSION_DENIED),
    (errors.Quota, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (errors.TimedOut, grpc.StatusCode.DEADLINE_EXCEEDED),
    (errors.Interrupted, grpc.StatusCode.CANCELLED),
    (errors.Refused, grpc.StatusCode.FAILED_PRECONDITION),
    (errors.Conflict, grpc.StatusCode.ABORTED),
    (errors.Ambiguous, grpc.StatusCode.UNKNOWN),
    (errors.InternalError, grpc.StatusCode.INTERNAL),
)

_DETAILS_KEY = "grpc-status-details-bin"
_TYPE_PREFIX = "type.googleapis.com/"


class Rejection(Exception):  # noqa: N818 - the answer to a request, not a mistake of ours
    """A request answered with a status instead of a response."""

    def __init__(self, code: grpc.StatusCode, text: str, detail: Any = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.detail = detail

    def answer(self, context: grpc.ServicerContext) -> NoReturn:
        """End the request with this status. The detail's code must equal the status, else the engine drops it."""
        if self.detail is not None:
            status = stubs.late("status_pb2").Status(code=self.code.value[0], message=self.text)
            packed = AnyMessage(
                type_url=_TYPE_PREFIX + self.detail.DESCRIPTOR.full_name, value=self.detail.SerializeToString()
            )
            status.details.append(packed)
            context.set_trailing_metadata(((_DETAILS_KEY, status.SerializeToString()),))
        context.abort(self.code, self.text)
        raise AssertionError("abort does not return")


class Bug(NamedTuple):
    """An exception nobody foresaw: a reference for the user, and for us where it came from."""

    reference: str
    trail: str


def rejection(error: Exception) -> Rejection:
    """The status for an exception that was raised on purpose, or for a bug."""
    if isinstance(error, Rejection):
        return error
    if isinstance(error, errors.HostError) and error.may_have_run:
        return Rejection(grpc.StatusCode.UNKNOWN, error.message)
    for kind, code in _STATUS:
        if isinstance(error, kind):
            return Rejection(code, str(error))
    if isinstance(error, errors.WinipsecError):
        return Rejection(grpc.StatusCode.UNKNOWN, error.message)
    text = (
        f"a bug in the winipsec provider ({type(error).__name__}, reference {bug(error).reference}) ended this "
        "operation. Run `pulumi refresh` to see what was done; run again with --debug to see where it happened, and "
        "please report that."
    )
    return Rejection(grpc.StatusCode.INTERNAL, text)


def expected(error: Exception) -> bool:
    """Whether an exception was raised on purpose, for the user to read."""
    return isinstance(error, (Rejection, Invalid, errors.WinipsecError)) and not isinstance(error, errors.InternalError)


def bug(error: BaseException) -> Bug:
    """Name the place of an exception by files and lines only; values in a traceback may be secret."""
    frames = [
        f"{'/'.join(PurePath(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    kind = type(error).__name__
    digest = hashlib.sha256("\n".join((kind, *frames)).encode()).hexdigest()[:8]
    return Bug(digest, f"{kind}: " + " > ".join(frames))


def init_failed(id: str, properties: Any, inputs: Any, reasons: list[str]) -> Rejection:
    """A resource that exists unfinished; the engine records it and tries an update next time."""
    detail = stubs.provider_pb2.ErrorResourceInitFailed(id=id, properties=properties, inputs=inputs, reasons=reasons)
    text = reasons[0] if len(reasons) == 1 else f"{len(reasons)} steps failed: " + "; ".join(reasons)
    return Rejection(grpc.StatusCode.UNKNOWN, text, detail)


def missing_keys(keys: dict[str, str]) -> Rejection:
    """Provider configuration that is missing: key (`winipsec:password`) to what it is for."""
    message = stubs.provider_pb2.ConfigureErrorMissingKeys
    detail = message(missingKeys=[message.MissingKey(name=name, description=text) for name, text in keys.items()])
    return Rejection(grpc.StatusCode.INVALID_ARGUMENT, "missing configuration: " + ", ".join(keys), detail)


def unimplemented(what: str) -> Rejection:
    """A request this provider does not serve."""
    return Rejection(grpc.StatusCode.UNIMPLEMENTED, f"the winipsec provider does not serve {what}")
