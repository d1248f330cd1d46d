"""One resource through its whole life, over the wire."""

import pytest
from fake_engine import in_threads
from memory_resource import NOTE
from protocol_values import SENTINELS, Computed, Secret, Special, bare, from_struct, has_computed, to_struct
from pulumi.runtime.proto import provider_pb2
from records import CheckFailed, State, StepFailed
from winipsec import errors
from winipsec.resources.resource import PartialFailure

PASSWORD = "correct-horse-battery"
KEY = "pre-shared-key-of-the-tunnel"

PLAIN = {
    "text": "block udp 1434",
    "tags": ["b", "a"],
    "keys": [{"id": "one", "value": KEY}],
    "connection": {"host": "10.0.0.9", "port": 5985, "password": Secret(PASSWORD)},
}


class TestCheck:
    """Inputs into normal form, or failures."""

    def test_inputs_come_back_in_normal_form(self, engine):
        """A check sorts, fills in defaults and keeps the rest; integral numbers stay integers."""
        inputs = engine.check(engine.urn(NOTE, "n"), PLAIN)
        assert inputs["tags"] == ["a", "b"]
        assert inputs["color"] == "yellow"
        assert inputs["name"] == "n"
        assert bare(inputs)["connection"]["port"] == 5985

    def test_all_failures_are_reported_at_once_at_their_paths(self, engine):
        """Each mistake has its own path and reason."""
        with pytest.raises(CheckFailed) as failed:
            engine.check(engine.urn(NOTE, "n"), {"txt": "x", "tags": "a", "connection": {"port": 70000}})
        assert failed.value.failures == {
            "txt": "txt is not a property of a note",
            "tags": "must be a list, not 'a'",
            "connection.port": "must be between 1 and 65535",
        }
        assert failed.value.shown == {"txt", "tags", "connection.port"}

    def test_a_property_that_holds_a_secret_is_named_in_the_reason_only(self, engine):
        """The engine would print the whole value beside a top-level property name."""
        with pytest.raises(CheckFailed) as failed:
            engine.check(engine.urn(NOTE, "n"), {"tags": Secret("not-a-list-but-a-secret")})
        assert failed.value.failures == {"tags": "must be a list, not '[secret]'"}
        assert not failed.value.shown

    def test_a_property_that_may_hold_a_declared_secret_is_named_in_the_reason_only(self, engine):
        """A password given in plain text where an object belongs is not printed either."""
        with pytest.raises(CheckFailed) as failed:
            engine.check(engine.urn(NOTE, "n"), {"connection": PASSWORD})
        assert failed.value.failures == {"connection": "must be an object"}
        assert not failed.value.shown

    @pytest.mark.parametrize("kind", ["c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"])
    def test_assets_and_archives_are_refused_with_their_path(self, engine, kind):
        """No property takes a file; the failure says where one was given."""
        with pytest.raises(CheckFailed) as failed:
            engine.check(engine.urn(NOTE, "n"), {"keys": [{"value": Special(kind, (("text", "x"),))}]})
        assert set(failed.value.failures) == {"keys[0].value"}
        assert not failed.value.shown

    @pytest.mark.parametrize("kind", sorted(SENTINELS))
    def test_unknowns_of_every_type_pass_at_every_depth(self, engine, kind):
        """A preview may bring any sentinel in any place; all of them stay unknown."""
        unknown = Computed(kind)
        news = {
            "text": unknown,
            "tags": unknown,
            "keys": [unknown, {"id": "k", "value": unknown}],
            "connection": unknown,
        }
        inputs = engine.check(engine.urn(NOTE, "n"), news)
        assert {key for key in news if has_computed(inputs[key])} == set(news)
        assert has_computed(engine.preview_create(engine.urn(NOTE, "n"), inputs)["keys"][0])

    def test_output_values_and_references_are_read_as_what_they_stand_for(self, engine):
        """An output is its value or unknown, a resource its id, a component its URN."""
        output = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
        reference = "5cf8f73096256a8f31e491e813e4eb8e"
        inputs = engine.check(
            engine.urn(NOTE, "n"),
            {
                "text": Special(output, (("value", "known"), ("secret", True), ("dependencies", []))),
                "data": [
                    Computed(),
                    Special(output),
                    Special(reference, (("urn", "urn:x"), ("id", "note-7"))),
                    Special(reference, (("urn", "urn:x"), ("id", ""))),
                    Special(reference, (("urn", "urn:x"), ("id", SENTINELS["string"]))),
                    Special(reference, (("urn", "urn:x"),)),
                ],
            },
        )
        assert inputs["text"] == Secret("known")
        assert inputs["data"] == [Computed(), Computed(), "note-7", Computed(), Computed(), "urn:x"]

    def test_nulls_are_as_good_as_absent(self, engine):
        """An optional property set to null leaves no trace."""
        inputs = engine.check(engine.urn(NOTE, "n"), {"text": None, "connection": {"host": "h", "port": None}})
        assert "text" not in inputs
        assert inputs["connection"] == {"host": "h"}

    @pytest.mark.parametrize("mode", ["propose", "enforce", "disable"])
    def test_the_wish_for_automatic_names_is_passed_on(self, engine, note, mode):
        """The resource sees mode and proposal as the engine sent them."""
        if mode == "disable":
            with pytest.raises(CheckFailed) as failed:
                engine.check(engine.urn(NOTE, "n"), {}, autonaming=(mode, ""))
            assert "name" in failed.value.failures
        else:
            assert engine.check(engine.urn(NOTE, "n"), {}, autonaming=(mode, "n-77"))["name"] == "n-77"
        assert note.autonaming[0].mode == mode

    def test_without_a_wish_there_is_none(self, engine, note):
        """An engine without automatic naming sends nothing, which is not an empty wish."""
        engine.check(engine.urn(NOTE, "n"), {})
        assert note.autonaming == [None, None]

    def test_name_and_type_are_found_in_the_urn_for_older_engines(self, engine, note):
        """Before they were fields, the URN was the only place; parents and colons do not confuse it."""
        urn = f"urn:pulumi:dev::test::a:b:Parent${NOTE}::odd::name"
        engine.call("Check", provider_pb2.CheckRequest(urn=urn, news=to_struct({}), olds=to_struct({})))
        (_, call) = note.calls[-1]
        assert (call.name, call.type) == ("odd::name", NOTE)


class TestCreateAndUpdate:
    """The order of the engine's steps, and how many at once."""

    def test_a_whole_life_breaks_no_rule(self, engine, note):
        """Create, change, leave alone, refresh, import, destroy: the mini engine asserts on every step."""
        state = engine.up(NOTE, "n", PLAIN)
        assert state.outputs["serial"] == state.id
        state = engine.up(NOTE, "n", {**PLAIN, "text": "block udp 1435"}, state)
        assert note.shelf[state.id]["text"] == "block udp 1435"
        before = len(note.calls)
        state = engine.up(NOTE, "n", {**PLAIN, "text": "block udp 1435"}, state)
        assert {what for what, _ in note.calls[before:]} == {"check", "diff"}
        assert engine.refresh(state) == state
        assert engine.import_(NOTE, "n", state.id).inputs["text"] == "block udp 1435"
        engine.destroy(state)
        assert engine.refresh(state) is None

    def test_a_replacement_takes_a_new_automatic_name_and_deletes_last(self, engine, note):
        """The second check has no old inputs, and the old object goes after the new one came."""
        state = engine.up(NOTE, "n", {}, autonaming=("propose", "n-1"))
        new = engine.up(NOTE, "n", {"color": "red"}, state, autonaming=("propose", "n-2"))
        assert (state.inputs["name"], new.inputs["name"]) == ("n-1", "n-2")
        deed = [what for what, call in note.calls if what in {"create", "delete"} and not call.preview]
        assert deed == ["create", "create", "delete", "delete"]

    def test_what_keeps_its_name_goes_before_its_replacement_comes(self, engine, note):
        """A unique object goes first, and so does one that only the user asks to replace: its name is still taken."""
        state = engine.up(NOTE, "n", {"mood": "unique"})
        update = engine.diff(state, {**state.inputs, "text": "x"})
        assert update.delete_before_replace
        assert update.stables == ["serial"]
        engine.up(NOTE, "n", {"mood": "unique", "color": "red"}, state)
        deed = [what for what, call in note.calls if what in {"create", "delete"} and not call.preview]
        assert deed == ["create", "delete", "delete", "create"]

    def test_the_timeout_of_the_program_arrives_and_zero_is_none(self, engine, note):
        """`customTimeouts` are seconds; without them the provider's own limits hold."""
        urn = engine.urn(NOTE, "n")
        state = engine.create(urn, engine.check(urn, {}), timeout=12.5)
        assert note.calls[-2][1].timeout == 12.5
        engine.destroy(state)
        assert note.calls[-1][1].timeout is None

    def test_sixty_four_creations_run_at_once(self, engine, note):
        """Requests do not queue behind each other."""
        urn = engine.urn(NOTE, "n")
        inputs = engine.check(urn, {"mood": "slow"})
        request = provider_pb2.CreateRequest(urn=urn, properties=to_struct(inputs))

        def create(index):
            if index == 64:
                for _ in range(64):
                    assert note.entered.acquire(timeout=20)
                return engine.cancel()
            with pytest.raises(StepFailed):
                engine.call("Create", request)
            return None

        assert len(in_threads(65, create)) == 65

    @pytest.mark.parametrize("kind", ["winipsec:index:Nte", ""])
    def test_an_unknown_type_is_named(self, engine, kind):
        """A type that does not exist is the program's mistake, with a hint where one is close."""
        with pytest.raises(StepFailed) as failed:
            engine.check(engine.urn(kind, "n"), {})
        assert failed.value.code.name == "INVALID_ARGUMENT"
        assert ("did you mean winipsec:index:Note?" in failed.value.text) == bool(kind)


class TestDiff:
    """Differences in the engine's words."""

    def test_paths_refer_to_outputs_unless_only_the_inputs_had_the_value(self, engine):
        """A password is an input only; the display must look for its old value there."""
        state = engine.up(NOTE, "n", PLAIN)
        new = {
            **state.inputs,
            "text": "x",
            "connection": {**state.inputs["connection"], "password": Secret("other-password")},
        }
        change = engine.diff(state, new)
        assert change.changes == {"text": "UPDATE", "connection.password": "UPDATE"}
        assert change.input_diff == {"text": False, "connection.password": True}

    def test_unknown_new_values_are_updates(self, engine):
        """What is not known may differ."""
        state = engine.up(NOTE, "n", PLAIN)
        assert engine.diff(state, {**state.inputs, "text": Computed()}).changes == {"text": "UPDATE"}

    @pytest.mark.parametrize(
        ("ignore", "left"),
        [
            ((), {"text", "keys[0].id", "color"}),
            (("text",), {"keys[0].id", "color"}),
            (("keys[*].id",), {"text", "color"}),
            (("keys",), {"text", "color"}),
            (("color", "keys[0]", "text"), set()),
            (("keys[1].id", "keys[0].id.more", "te"), {"text", "keys[0].id", "color"}),
            (("[", "text"), {"keys[0].id", "color"}),
        ],
    )
    def test_ignored_paths_are_dropped_here_too(self, engine, ignore, left):
        """A refresh passes `ignoreChanges` raw; the provider has to apply it, wildcards included."""
        state = engine.up(NOTE, "n", PLAIN)
        news = {**state.inputs, "text": "x", "color": "red", "keys": [{"id": "two", "value": Secret(KEY)}]}
        change = engine.diff(state, news, ignore)
        assert set(change.changes) == left
        assert change.replaces == (["color"] if "color" in left else [])

    def test_an_ignored_change_is_not_made(self, engine, note):
        """In an update the engine resets ignored inputs before the check."""
        state = engine.up(NOTE, "n", PLAIN)
        engine.up(NOTE, "n", {**PLAIN, "text": "x"}, state, ignore=("text",))
        assert note.shelf[state.id]["text"] == "block udp 1434"

    def test_drift_shows_after_a_refresh_and_is_repaired(self, engine, note):
        """What was changed by hand becomes a difference to the program, and an update brings it back."""
        state = engine.up(NOTE, "n", PLAIN)
        note.shelf[state.id]["text"] = "scribbled over"
        drifted = engine.refresh(state)
        assert drifted.inputs["text"] == "scribbled over"
        assert engine.diff(drifted, state.inputs).changes == {"text": "UPDATE"}
        engine.up(NOTE, "n", PLAIN, drifted)
        assert note.shelf[state.id]["text"] == "block udp 1434"


class TestRead:
    """Refresh, get and import."""

    def test_what_is_gone_is_an_empty_response(self, engine):
        """The same answer means gone to refresh, get and import."""
        gone = State(engine.urn(NOTE, "n"), "note-9", {"text": "x"}, {"text": "x", "serial": "note-9"})
        assert engine.refresh(gone) is None
        assert engine.get(NOTE, "n", "note-9") is None
        assert engine.import_(NOTE, "n", "note-9") is None
        response = engine.call("Read", provider_pb2.ReadRequest(id="note-9", urn=gone.urn))
        assert response == provider_pb2.ReadResponse()

    @pytest.mark.parametrize("error", [errors.Unreachable, errors.Unauthorized, errors.Forbidden, errors.TimedOut])
    def test_what_cannot_be_looked_at_is_not_gone(self, engine, note, error):
        """An unreachable host is an error, for an empty answer would remove the resource from the state."""
        state = engine.up(NOTE, "n", PLAIN)
        note.errors[state.id] = error("no answer.", host="10.0.0.9")
        for look in (engine.refresh, lambda state: engine.import_(NOTE, "n", state.id)):
            with pytest.raises(StepFailed) as failed:
                look(state)
            assert failed.value.text.startswith("10.0.0.9: no answer.")

    def test_get_reads_with_the_given_state(self, engine):
        """`Resource.get` may give state, or none."""
        state = engine.up(NOTE, "n", {"text": "x"})
        assert engine.get(NOTE, "n", state.id, {"connection": {"host": "h"}})["text"] == "x"
        assert engine.get(NOTE, "n", state.id)["text"] == "x"

    def test_an_import_sees_neither_state_nor_inputs(self, engine):
        """The resource can tell an import from a refresh."""
        state = engine.up(NOTE, "n", PLAIN)
        assert "connection" not in engine.import_(NOTE, "n", state.id).inputs


class TestUnfinished:
    """What exists, but not as it should."""

    def test_a_half_made_resource_is_recorded_with_its_reasons(self, engine):
        """The detail carries id, outputs and inputs, secrets marked, and the text names every reason."""
        with pytest.raises(StepFailed) as failed:
            engine.up(NOTE, "n", {**PLAIN, "text": Secret("text-for-your-eyes"), "mood": "half"})
        detail = failed.value.detail
        assert isinstance(detail, provider_pb2.ErrorResourceInitFailed)
        assert failed.value.code.name == "UNKNOWN"
        assert detail.id == "note-1"
        assert list(detail.reasons) == ["the ink ran out", "while writing [secret]"]
        assert from_struct(detail.properties)["text"] == Secret("text-for-your-eyes")
        assert from_struct(detail.inputs)["keys"] == [{"id": "one", "value": Secret(KEY)}]

    def test_a_half_made_update_keeps_the_old_inputs(self, engine):
        """So the change is tried again by the next run."""
        state = engine.up(NOTE, "n", {"text": "old"})
        with pytest.raises(StepFailed) as failed:
            engine.up(NOTE, "n", {"text": "new", "mood": "half"}, state)
        assert failed.value.text == "the ink ran out"
        assert from_struct(failed.value.detail.properties)["text"] == "new"
        assert from_struct(failed.value.detail.inputs)["text"] == "old"

    def test_a_read_may_find_half_a_resource(self, engine, note):
        """During a refresh this is a warning; the detail is the same."""
        state = engine.up(NOTE, "n", {"text": "x"})
        note.errors[state.id] = PartialFailure(state.id, {"text": "x"}, {"text": "x"}, ["a page is missing"])
        with pytest.raises(StepFailed) as failed:
            engine.refresh(state)
        assert failed.value.detail.id == state.id

    def test_large_details_arrive(self, engine):
        """Two hundred kilobytes of outputs travel in the trailing metadata."""
        with pytest.raises(StepFailed) as failed:
            engine.up(NOTE, "n", {"text": "x" * 200_000, "mood": "half"})
        assert len(from_struct(failed.value.detail.properties)["text"]) == 200_000

    def test_an_unknown_output_after_the_work_is_recorded_not_lost(self, engine, note):
        """The mistake is ours, but the object exists: a plain error would orphan it."""
        urn = engine.urn(NOTE, "n")
        request = provider_pb2.CreateRequest(urn=urn, properties=to_struct({"text": "x", "mood": "vague"}))
        with pytest.raises(StepFailed) as failed:
            engine.call("Create", request)
        assert failed.value.detail.id in note.shelf
        assert "serial is still unknown" in failed.value.text

    def test_a_creation_without_id_is_our_mistake(self, engine):
        """The engine would refuse it with a worse message."""
        urn = engine.urn(NOTE, "n")
        with pytest.raises(StepFailed) as failed:
            engine.call("Create", provider_pb2.CreateRequest(urn=urn, properties=to_struct({"mood": "nameless"})))
        assert failed.value.code.name == "INTERNAL"
