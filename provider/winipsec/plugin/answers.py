"""What every request has in common: how it is answered when something is raised, and how failures are worded."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import grpc

from winipsec.model.invalid import Invalid
from winipsec.model.property_path import Path, parse
from winipsec.plugin import stubs
from winipsec.plugin.codec import Decoded
from winipsec.plugin.engine_log import DEBUG
from winipsec.plugin.errors import Rejection, bug, expected, rejection
from winipsec.plugin.secrets import Scrubber, touches
from winipsec.plugin.session import Session
from winipsec.resources.resource import Failure

Handler = Callable[[Session, Any], Any]


def answering(session: Session, handler: Handler) -> Callable[[Any, grpc.ServicerContext], Any]:
    """The handler as grpc calls it: whatever it raises becomes a status, without secrets and without a traceback."""

    def serve(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return handler(session, request)
        except Exception as error:  # noqa: BLE001 - grpc would send the exception's text as it stands
            verdict = _verdict(session, error, getattr(request, "urn", ""))
        return verdict.answer(context)

    return serve


def _verdict(session: Session, error: Exception, urn: str) -> Rejection:
    verdict = rejection(error)
    if not expected(error):
        reference, trail = bug(error)
        session.log.settle(session.log.say(DEBUG, f"reference {reference}: {trail}: {error}", urn))
    return Rejection(verdict.code, session.scrubber.scrub(verdict.text), verdict.detail)


def failures_of(failures: Iterable[Failure], given: Decoded, declared: Sequence[Path], scrubber: Scrubber) -> list[Any]:
    """Failures in the protocol's form.

    The engine prints the value that it has under the failure's property beside the reason. It looks at the top level
    only, so a nested path shows no value, but a top-level property that holds a secret would show it (spec:
    pulumi-provider 2.5): there the path leads the reason instead.
    """
    secrets = [*given.secrets, *declared]
    answer = []
    for failure in failures:
        try:
            path = parse(failure.path)
        except Invalid:
            path = ()
        reason = scrubber.scrub(failure.reason)
        if path and (len(path) > 1 or not touches(path, secrets)):
            answer.append(stubs.provider_pb2.CheckFailure(property=failure.path, reason=reason))
        else:
            text = f"{failure.path}: {reason}" if failure.path else reason
            answer.append(stubs.provider_pb2.CheckFailure(reason=text))
    return answer


def closest(word: str, words: Iterable[str]) -> str:
    """A hint at what was meant, or nothing."""
    found = difflib.get_close_matches(word, list(words), n=1)
    return f"; did you mean {found[0]}?" if found else ""
