"""What is secret stays secret, from the program to the state and in every text."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory_resource import NOTE
from protocol_values import Computed, Secret, from_struct, to_struct
from records import StepFailed
from winipsec import errors

PASSWORD = "correct-horse-battery"
KEY = "pre-shared-key-of-the-tunnel"

PLAIN = {
    "text": "block udp 1434",
    "tags": ["b", "a"],
    "keys": [{"id": "one", "value": KEY}],
    "connection": {"host": "10.0.0.9", "port": 5985, "password": Secret(PASSWORD)},
}

# A key named like the wildcard stands for all its neighbours in a path: more becomes secret than need be.
KEYS = st.text(max_size=4).filter(lambda key: key != "*")


class TestSecrets:
    """What is secret stays secret."""

    def test_a_secret_of_the_program_stays_secret_everywhere(self, engine):
        """Top level, nested, in a list: marked in inputs, outputs and after a refresh."""
        program = {**PLAIN, "text": Secret("text-for-your-eyes"), "data": {"deep": [{"er": Secret("deep-secret")}]}}
        state = engine.up(NOTE, "n", program)
        for properties in (state.inputs, state.outputs, engine.refresh(state).outputs):
            assert properties["text"] == Secret("text-for-your-eyes")
            assert properties["data"] == {"deep": [{"er": Secret("deep-secret")}]}
        assert "password" not in state.outputs["connection"]

    def test_declared_secrets_are_marked_though_nobody_said_so(self, engine):
        """A pre-shared key is secret even in plain text, also when it was read from the host."""
        state = engine.up(NOTE, "n", PLAIN)
        assert state.inputs["keys"] == [{"id": "one", "value": Secret(KEY)}]
        assert engine.import_(NOTE, "n", state.id).outputs["keys"] == [{"id": "one", "value": Secret(KEY)}]

    def test_a_secret_that_moves_in_a_sorted_list_takes_the_whole_property_along(self, engine):
        """Where the normal form moved an element, all of the property is secret rather than the wrong element."""
        inputs = engine.check(engine.urn(NOTE, "n"), {"tags": ["zebra", Secret("aardvark-secret")]})
        assert inputs["tags"] == Secret(["aardvark-secret", "zebra"])

    def test_a_secret_unknown_is_both(self, engine):
        """A secret that is not known yet keeps both marks through check and preview."""
        inputs = engine.check(engine.urn(NOTE, "n"), {"text": Secret(Computed())})
        assert inputs["text"] == Secret(Computed())
        assert engine.preview_create(engine.urn(NOTE, "n"), inputs)["text"] == Secret(Computed())

    def test_removing_the_mark_from_the_program_removes_it_from_the_state(self, engine):
        """Secretness alone is no difference, and does not stick."""
        state = engine.up(NOTE, "n", {"text": Secret("no longer secret")})
        engine.secrets.clear()
        inputs = engine.check(state.urn, {"text": "no longer secret"}, state.inputs)
        assert inputs["text"] == "no longer secret"
        assert not engine.diff(state, inputs).some
        engine.destroy(state)

    def test_messages_and_errors_are_scrubbed(self, engine, note, service):
        """What a resource says or raises carelessly reaches the user without the secret."""
        note.errors["angry"] = errors.Refused(f"no access for {PASSWORD} and {KEY}.", host="10.0.0.9")
        engine.up(NOTE, "n", {**PLAIN, "mood": "chatty"})
        with pytest.raises(StepFailed) as failed:
            engine.up(NOTE, "m", {**PLAIN, "mood": "angry"})
        assert failed.value.text == "10.0.0.9: no access for [secret] and [secret]. Nothing was changed."
        assert any("[secret]" in text for text in service.said("warning"))

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.recursive(
            st.one_of(
                st.booleans(),
                st.integers(-(2**53), 2**53),
                st.floats(allow_nan=False),
                st.text(max_size=8),
                st.integers(100_000, 999_999).map(lambda number: Secret(f"secret-{number}")),
            ),
            lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
            max_leaves=8,
        )
    )
    def test_any_value_survives_and_no_secret_leaks(self, engine, data):
        """Whatever a property holds comes back as it was, secrets and only secrets marked."""
        state = engine.up(NOTE, "n", {"data": data})
        expected = from_struct(to_struct({"data": data}))
        assert state.outputs["data"] == expected["data"]
        assert engine.refresh(state) == state
