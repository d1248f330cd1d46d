"""The provider's own configuration: CheckConfig, DiffConfig, Configure (spec: pulumi-provider 2.4, pulumi-cli 9.1).

- Nothing is connected here: a host that is down must not break the preview of the others.
- A changed configuration is SOME and never a replacement. NONE would make the engine keep the instance that refresh
  configured from the state and store the new values without ever passing them on; a replacement would recreate every
  policy because a password changed.
- The engine strips secrets before CheckConfig and puts them back on the same names afterwards.
"""

from __future__ import annotations

from typing import Any

import grpc

from winipsec.model.property_path import parse
from winipsec.plugin import stubs
from winipsec.plugin.answers import failures_of
from winipsec.plugin.codec import Decoded, decode, encode
from winipsec.plugin.differences import answer_of, top_level_changes
from winipsec.plugin.errors import Rejection, missing_keys
from winipsec.plugin.session import Session
from winipsec.resources.resource import Diff

pb = stubs.provider_pb2

_PACKAGE = "winipsec"
_ENGINE_KEYS = ("version", "pluginDownloadURL")
"""Inputs of a provider resource that older engines send along; they belong to the engine and must come back."""


def check_config(session: Session, request: Any) -> Any:
    """Bring the configuration into normal form, or say what is wrong with it."""
    news = decode(request.news)
    catalogue = session.catalogue
    declared = tuple(parse(path) for path in catalogue.configuration_secrets)
    session.scrubber.learn(news, declared)
    kept = {key: news.value.pop(key) for key in _ENGINE_KEYS if key in news.value}
    checked = catalogue.check_configuration(news.value)
    if checked.failures:
        failures = failures_of(checked.failures, news, declared, session.scrubber)
        return pb.CheckResponse(inputs=request.news, failures=failures)
    session.scrubber.learn(Decoded(checked.inputs, frozenset()), declared)
    # Only top-level marks: the engine wraps a whole property again if any part of it came as a secret.
    marks = {path for path in declared if len(path) == 1}
    return pb.CheckResponse(inputs=encode({**checked.inputs, **kept}, marks))


def diff_config(_session: Session, request: Any) -> Any:
    """Tell whether the configuration differs at all."""
    old = decode(request.old_inputs if request.HasField("old_inputs") else request.olds)
    news = decode(request.news)
    changes = top_level_changes(old.value, news.value)
    return answer_of(Diff(changes), old.value, old.value, tuple(request.ignoreChanges))


def configure(session: Session, request: Any) -> Any:
    """Serve with this configuration from now on."""
    arguments = decode(request.args) if request.HasField("args") else _from_variables(request.variables)
    catalogue = session.catalogue
    declared = tuple(parse(path) for path in catalogue.configuration_secrets)
    session.scrubber.learn(arguments, declared)
    given = {key: item for key, item in arguments.value.items() if key not in _ENGINE_KEYS}
    checked = catalogue.check_configuration(given)
    if checked.failures:
        missing = {failure.path: failure.reason for failure in checked.failures if failure.path not in given}
        if len(missing) == len(checked.failures):
            raise missing_keys({f"{_PACKAGE}:{key}": reason for key, reason in missing.items()})
        problems = "; ".join(f"{failure.path}: {failure.reason}" for failure in checked.failures)
        raise Rejection(grpc.StatusCode.INVALID_ARGUMENT, f"the provider's configuration is not usable: {problems}")
    session.scrubber.learn(Decoded(checked.inputs, frozenset()), declared)
    session.configure(checked.inputs)
    return pb.ConfigureResponse(
        acceptSecrets=True,
        acceptResources=True,
        supportsPreview=True,
        supports_autonaming_configuration=True,
    )


def _from_variables(variables: Any) -> Decoded:
    """The configuration as old engines send it: text only, keys with a prefix."""
    prefix = f"{_PACKAGE}:config:"
    return Decoded({key.removeprefix(prefix): text for key, text in variables.items()}, frozenset())
