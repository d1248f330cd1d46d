"""What the engine keeps of a resource, and how it reads and writes the messages around it."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from typing import Any

import grpc
from protocol_values import Secret, bare, steps, to_struct
from pulumi.runtime.proto import provider_pb2, status_pb2

KINDS = provider_pb2.PropertyDiff.Kind


class CheckFailed(Exception):  # noqa: N818
    """The provider refused inputs.

    `failures` maps property paths to reasons, whether the path stood in its own field or led the reason; `shown` are
    the properties whose values the engine would print.
    """

    def __init__(self, failures: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{path}: {reason}" for path, reason in failures))
        self.shown = {path for path, _ in failures if path}
        self.failures = dict(_led(reason) if not path else (path, reason) for path, reason in failures)


def _led(reason: str) -> tuple[str, str]:
    """A path at the head of a reason, and the rest; an empty one where there is none."""
    found = re.match(r"([\w$.]+(?:\[[^\]]*\][\w.]*)*): (.*)", reason, re.DOTALL)
    return (found[1], found[2]) if found else ("", reason)


class StepFailed(Exception):  # noqa: N818
    """A request ended with a status: code, text and the decoded detail, if there was one."""

    def __init__(self, code: grpc.StatusCode, text: str, detail: Any = None) -> None:
        super().__init__(f"{code.name}: {text}")
        self.code = code
        self.text = text
        self.detail = detail


@dataclass(frozen=True)
class State:
    """A resource as the engine records it."""

    urn: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    init_errors: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """The type token."""
        return self.urn.split("::")[2].rpartition("$")[2]


@dataclass(frozen=True)
class Difference:
    """A `DiffResponse`: changed paths with their kind, and what else it says."""

    changes: dict[str, str]
    input_diff: dict[str, bool]
    replaces: list[str]
    delete_before_replace: bool
    stables: list[str]

    @property
    def some(self) -> bool:
        """Whether anything changed."""
        return bool(self.changes)


def name_of(urn: str) -> str:
    """The name at the end of a URN."""
    return urn.split("::", 3)[3]


def type_of(urn: str) -> str:
    """The type token in a URN, without those of its parents."""
    return urn.split("::")[2].rpartition("$")[2]


def create_request(urn: str, inputs: dict[str, Any], *, preview: bool, timeout: float = 0) -> Any:
    """A creation, previewed or real."""
    return provider_pb2.CreateRequest(
        urn=urn, name=name_of(urn), type=type_of(urn), properties=to_struct(inputs), preview=preview, timeout=timeout
    )


def update_request(state: State, inputs: dict[str, Any], *, preview: bool) -> Any:
    """An update, previewed or real."""
    return provider_pb2.UpdateRequest(
        id=state.id,
        urn=state.urn,
        name=name_of(state.urn),
        type=state.type,
        olds=to_struct(state.outputs),
        old_inputs=to_struct(state.inputs),
        news=to_struct(inputs),
        preview=preview,
    )


def difference(response: Any) -> Difference:
    """Read a difference and check that its parts say the same."""
    kinds = {path: KINDS.Name(change.kind) for path, change in response.detailedDiff.items()}
    assert response.hasDetailedDiff
    assert response.changes == (response.DIFF_SOME if kinds else response.DIFF_NONE)
    roots = {str(steps(path)[0]) for path in kinds}
    assert set(response.diffs) == roots, "the changed names are not those of the changed paths"
    forced = {str(steps(path)[0]) for path, kind in kinds.items() if kind.endswith("_REPLACE")}
    assert set(response.replaces) == forced, "the names that force a replacement are not those of the paths"
    return Difference(
        changes=kinds,
        input_diff={path: change.inputDiff for path, change in response.detailedDiff.items()},
        replaces=list(response.replaces),
        delete_before_replace=response.deleteBeforeReplace,
        stables=list(response.stables),
    )


def failure(error: grpc.RpcError) -> StepFailed:
    """Decode a status and its detail as the engine does."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            assert status.code == error.code().value[0], "the detail's code is not the status"
            (packed,) = status.details
            kind = packed.type_url.removeprefix("type.googleapis.com/pulumirpc.")
            return StepFailed(error.code(), error.details(), getattr(provider_pb2, kind).FromString(packed.value))
    return StepFailed(error.code(), error.details())


def annotated(outs: dict[str, Any], ins: dict[str, Any]) -> dict[str, Any]:
    """Secrets put back by the engine after CheckConfig."""
    for key, item in ins.items():
        if key not in outs:
            continue
        if isinstance(outs[key], dict) and isinstance(item, dict):
            outs[key] = annotated(outs[key], item)
        elif not isinstance(outs[key], Secret) and item != bare(item):
            outs[key] = Secret(outs[key])
    return outs


def reset(news: dict[str, Any], olds: dict[str, Any], ignore: tuple[str, ...]) -> dict[str, Any]:
    """`ignoreChanges` as the engine applies it before Check; wildcards are left to the provider."""
    news = copy.deepcopy(news)
    for path in ignore:
        way = steps(path)
        if "*" in way or not olds:
            continue
        target, source = news, olds
        for step in way[:-1]:
            target, source = target[step], source[step]
        if isinstance(source, dict) and way[-1] not in source:
            target.pop(way[-1], None)
        else:
            target[way[-1]] = copy.deepcopy(source[way[-1]])
    return news
