"""An engine in small: drives a provider in the real order and holds it to the engine's rules.

    Handshake, GetPluginInfo, CheckConfig, [DiffConfig], Configure,
    per resource: Check, [Diff], Create or Update (preview, then real), Read, Delete,
    Cancel

(spec: pulumi-provider 8.2). Every operation below checks on its way what the engine, or its user, would stumble over:

- a check of checked inputs changes nothing;
- nothing is unknown outside a preview, and a preview foretells exactly what comes, wherever it says anything;
- a created resource has an id, a previewed one has none;
- no secret ever stands in the clear: not in inputs, outputs, failures, errors or messages;
- the difference to what was just created, updated, read or imported is none;
- paths in differences can be parsed and exist where they say; error details can be decoded.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Any

import grpc
from fake_engine import FakeEngine, channel_to
from google.protobuf.empty_pb2 import Empty
from protocol_values import agrees, bare, from_struct, has_computed, present, steps, texts, to_struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc
from records import (
    CheckFailed,
    Difference,
    State,
    annotated,
    create_request,
    difference,
    failure,
    name_of,
    reset,
    type_of,
    update_request,
)
from typing_extensions import Self

SHORTEST_SECRET = 6
"""Shorter texts stand in other texts by chance."""


@dataclass
class MiniEngine:
    """The client of one provider process."""

    address: str
    service: FakeEngine
    stack: str = "dev"
    project: str = "test"
    attached: bool = False
    secrets: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.channel = channel_to(self.address)
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.channel.close()

    # -- the provider as a whole

    def start(self, config: dict[str, Any] | None = None) -> MiniEngine:
        """Load and configure the provider as at the beginning of every run."""
        answer = self.handshake()
        assert answer.accept_secrets, "secrets would arrive in the clear"
        if self.attached:
            self.call("Attach", plugin_pb2.PluginAttach(address=self.service.address))
        assert self.call("GetPluginInfo", Empty()).version
        self.configure(self.check_config(config or {}))
        return self

    def handshake(self) -> Any:
        """Exchange capabilities."""
        return self.call(
            "Handshake",
            provider_pb2.ProviderHandshakeRequest(
                engine_address=self.service.address,
                configure_with_urn=True,
                supports_views=True,
                supports_refresh_before_update=True,
                invoke_with_preview=True,
            ),
        )

    def check_config(self, news: dict[str, Any], olds: dict[str, Any] | None = None) -> dict[str, Any]:
        """Check provider inputs. Secrets are stripped before and put back on the same names after."""
        self._learn(news)
        response = self.call(
            "CheckConfig",
            provider_pb2.CheckRequest(
                urn=self.urn("pulumi:providers:winipsec", "default"),
                olds=to_struct(bare(olds or {})),
                news=to_struct(bare(news)),
            ),
        )
        self._raise_failures(response)
        return annotated(from_struct(response.inputs), news)

    def configure(self, inputs: dict[str, Any]) -> Any:
        """Configure the provider, unless something is unknown."""
        if has_computed(inputs):
            return None
        urn = self.urn("pulumi:providers:winipsec", "default")
        return self.call(
            "Configure",
            provider_pb2.ConfigureRequest(
                args=to_struct(inputs),
                acceptSecrets=True,
                acceptResources=True,
                sends_old_inputs=True,
                sends_old_inputs_to_delete=True,
                urn=urn,
                name="default",
                type="pulumi:providers:winipsec",
            ),
        )

    def diff_config(self, old: dict[str, Any], new: dict[str, Any]) -> Any:
        """Compare provider inputs; the raw response."""
        response = self.call(
            "DiffConfig",
            provider_pb2.DiffRequest(
                urn=self.urn("pulumi:providers:winipsec", "default"),
                olds=to_struct(bare(old)),
                old_inputs=to_struct(bare(old)),
                news=to_struct(bare(new)),
            ),
        )
        assert not response.replaces, "every resource of the provider would be replaced"
        return response

    def invoke(self, token: str, arguments: dict[str, Any], *, preview: bool = False) -> dict[str, Any]:
        """Call a function."""
        self._learn(arguments)
        response = self.call(
            "Invoke", provider_pb2.InvokeRequest(tok=token, args=to_struct(arguments), preview=preview)
        )
        self._raise_failures(response)
        result = from_struct(getattr(response, "return"))
        assert not has_computed(result), "an unknown in the result of a function"
        self._assert_no_leak(result, "the result of a function")
        return result

    def cancel(self) -> None:
        """End the run; a second time must do no harm."""
        self.call("Cancel", Empty())
        self.call("Cancel", Empty())

    # -- one resource

    def urn(self, kind: str, name: str) -> str:
        """A URN of this stack."""
        return f"urn:pulumi:{self.stack}::{self.project}::{kind}::{name}"

    def check(
        self,
        urn: str,
        news: dict[str, Any],
        olds: dict[str, Any] | None = None,
        autonaming: tuple[str, str] | None = None,
    ) -> dict[str, Any]:
        """Check inputs; `autonaming` is mode and proposed name."""
        self._learn(news)
        inputs = self._check(urn, news, olds or {}, autonaming)
        again = self._check(urn, inputs, olds or {}, autonaming)
        assert again == inputs, f"checking twice changes the inputs: {inputs} becomes {again}"
        assert has_computed(news) or not has_computed(inputs), "unknown inputs from known ones"
        self._assert_no_leak(inputs, "checked inputs")
        return inputs

    def _check(
        self, urn: str, news: dict[str, Any], olds: dict[str, Any], autonaming: tuple[str, str] | None
    ) -> dict[str, Any]:
        request = provider_pb2.CheckRequest(
            urn=urn,
            name=name_of(urn),
            type=type_of(urn),
            olds=to_struct(olds),
            news=to_struct(news),
            randomSeed=b"7" * 32,
        )
        if autonaming:
            mode, proposed = autonaming
            request.autonaming.mode = provider_pb2.CheckRequest.AutonamingOptions.Mode.Value(mode.upper())
            request.autonaming.proposed_name = proposed
        response = self.call("Check", request)
        self._raise_failures(response)
        return from_struct(response.inputs)

    def diff(self, state: State, inputs: dict[str, Any], ignore: tuple[str, ...] = ()) -> Difference:
        """Compare a recorded resource with checked inputs."""
        response = self.call(
            "Diff",
            provider_pb2.DiffRequest(
                id=state.id,
                urn=state.urn,
                name=name_of(state.urn),
                type=state.type,
                olds=to_struct(state.outputs),
                old_inputs=to_struct(state.inputs),
                news=to_struct(inputs),
                ignoreChanges=ignore,
            ),
        )
        found = difference(response)
        for path, kind in found.changes.items():
            self._assert_exists(path, kind, found, state, inputs)
        return found

    def up(
        self,
        kind: str,
        name: str,
        program: dict[str, Any],
        state: State | None = None,
        ignore: tuple[str, ...] = (),
        autonaming: tuple[str, str] | None = None,
    ) -> State:
        """Bring one resource to what the program says: create, update or replace it, or leave it alone."""
        urn = self.urn(kind, name)
        olds = state.inputs if state else {}
        news = reset(program, olds, ignore)
        inputs = self.check(urn, news, olds, autonaming)
        if state is None:
            return self.create(urn, inputs)
        change = self.diff(state, inputs, ignore)
        if change.replaces:
            # The engine checks again without old inputs, so that automatic names change.
            inputs = self.check(urn, news, None, autonaming)
            if change.delete_before_replace:
                self.destroy(state)
                return self.create(urn, inputs)
            created = self.create(urn, inputs)
            self.destroy(state)
            return created
        if change.some or state.init_errors:
            return self.update(state, inputs)
        return replace(state, inputs=inputs)

    def preview_create(self, urn: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """What a creation is foretold to give; outputs left out are unknown."""
        response = self.call("Create", create_request(urn, inputs, preview=True))
        assert not response.id, "a previewed resource has an id"
        outputs = from_struct(response.properties)
        self._assert_no_leak(outputs, "previewed outputs")
        return outputs

    def create(self, urn: str, inputs: dict[str, Any], timeout: float = 0) -> State:
        """Preview and create."""
        foretold = self.preview_create(urn, inputs)
        response = self.call("Create", create_request(urn, inputs, preview=False, timeout=timeout))
        assert response.id, "a created resource has no id"
        outputs = self._final(response.properties, foretold)
        return self._settled(State(urn, response.id, inputs, outputs))

    def preview_update(self, state: State, inputs: dict[str, Any]) -> dict[str, Any]:
        """What an update is foretold to give."""
        outputs = from_struct(self.call("Update", update_request(state, inputs, preview=True)).properties)
        self._assert_no_leak(outputs, "previewed outputs")
        return outputs

    def update(self, state: State, inputs: dict[str, Any]) -> State:
        """Preview and update."""
        foretold = self.preview_update(state, inputs)
        response = self.call("Update", update_request(state, inputs, preview=False))
        outputs = self._final(response.properties, foretold)
        return self._settled(replace(state, inputs=inputs, outputs=outputs, init_errors=()))

    def refresh(self, state: State) -> State | None:
        """Read a recorded resource; None if it is gone."""
        response = self._read(state.urn, state.id, state.outputs, state.inputs)
        if not response.id:
            assert not response.HasField("properties"), "gone, but with properties"
            return None
        inputs = from_struct(response.inputs) if response.HasField("inputs") else state.inputs
        found = replace(state, id=response.id, inputs=inputs, outputs=from_struct(response.properties))
        return self._consistent(found)

    def get(self, kind: str, name: str, id: str, given: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """`Resource.get` in a program: the outputs, or None where there is no such object."""
        response = self._read(self.urn(kind, name), id, given or {}, given or {})
        return from_struct(response.properties) if response.HasField("properties") else None

    def import_(self, kind: str, name: str, id: str) -> State | None:
        """Import an object and check that the program it would generate changes nothing."""
        urn = self.urn(kind, name)
        response = self._read(urn, id, None, None)
        if not response.HasField("properties"):
            return None
        assert response.HasField("inputs"), "the engine would say that import is not supported"
        state = State(urn, response.id, from_struct(response.inputs), from_struct(response.properties))
        return self._consistent(state)

    def destroy(self, state: State, timeout: float = 0) -> None:
        """Delete; deleting what is gone is success."""
        request = provider_pb2.DeleteRequest(
            id=state.id,
            urn=state.urn,
            name=name_of(state.urn),
            type=state.type,
            properties=to_struct(state.outputs),
            old_inputs=to_struct(state.inputs),
            timeout=timeout,
        )
        self.call("Delete", request)
        self.call("Delete", request)

    # -- the wire

    def call(self, method: str, request: Any) -> Any:
        """Send one request; a status becomes `StepFailed` with its detail decoded."""
        sent = copy.deepcopy(request)
        try:
            response = getattr(self.stub, method)(request, timeout=60, wait_for_ready=True)
        except grpc.RpcError as error:
            failed = failure(error)
            self._assert_no_secret(failed.text, "an error")
            assert "Traceback" not in failed.text
            raise failed from None
        finally:
            assert sent == request
            for message in self.service.messages:
                self._assert_no_secret(message.text, "a message")
        return response

    def _read(self, urn: str, id: str, outputs: dict[str, Any] | None, inputs: dict[str, Any] | None) -> Any:
        request = provider_pb2.ReadRequest(id=id, urn=urn, name=name_of(urn), type=type_of(urn))
        if outputs is not None:
            request.properties.CopyFrom(to_struct(outputs))
        if inputs is not None:
            request.inputs.CopyFrom(to_struct(inputs))
        response = self.call("Read", request)
        for name in ("properties", "inputs"):
            item = from_struct(getattr(response, name))
            assert not has_computed(item), f"unknown {name} read from the host"
            self._assert_no_leak(item, f"{name} read from the host")
        return response

    # -- the rules

    def _final(self, properties: Any, foretold: dict[str, Any]) -> dict[str, Any]:
        outputs = from_struct(properties)
        assert not has_computed(outputs), "unknown outputs outside a preview"
        assert agrees(foretold, outputs), f"foretold {foretold}, but it became {outputs}"
        self._assert_no_leak(outputs, "outputs")
        return outputs

    def _settled(self, state: State) -> State:
        assert not self.diff(state, state.inputs).some, "what was just made differs from what was wanted"
        return state

    def _consistent(self, state: State) -> State:
        """What was read says the same with its inputs as with its outputs."""
        inputs = self.check(state.urn, state.inputs, state.inputs)
        change = self.diff(state, inputs)
        assert not change.some, f"what was just read differs from its own inputs: {change.changes}"
        return state

    def _learn(self, item: Any) -> None:
        self.secrets |= {text for text in texts(item, secret=True) if len(text) >= SHORTEST_SECRET}

    def _assert_no_leak(self, item: Any, where: str) -> None:
        for text in texts(item, secret=False):
            self._assert_no_secret(text, where)

    def _assert_no_secret(self, text: str, where: str) -> None:
        assert not any(secret in text for secret in self.secrets), f"a secret stands in the clear in {where}"

    def _raise_failures(self, response: Any) -> None:
        if response.failures:
            failures = [(item.property, item.reason) for item in response.failures]
            for path, reason in failures:
                self._assert_no_secret(reason, "a failure")
                assert not path or steps(path)
            raise CheckFailed(failures)

    @staticmethod
    def _assert_exists(path: str, kind: str, found: Difference, state: State, inputs: dict[str, Any]) -> None:
        way = steps(path)
        old = state.inputs if found.input_diff[path] else state.outputs
        if not kind.startswith("ADD"):
            assert present(old, way), f"{path} changed, but was not there before"
        if not kind.startswith("DELETE"):
            assert present(inputs, way), f"{path} changed, but is not there now"
