"""Protobuf values to plain Python and back."""

import math

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct, Value
from hypothesis import given
from hypothesis import strategies as st
from winipsec.errors import InternalError, UserError
from winipsec.plugin.codec import SENTINELS, decode, encode
from winipsec.resources.values import UNKNOWN

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270"}
OUTPUT = {SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4"}
REFERENCE = {SIGNATURE: "5cf8f73096256a8f31e491e813e4eb8e"}

keys = st.text(max_size=6).filter(lambda key: not key.startswith("__") and key not in {SIGNATURE, "*"})
scalars = st.one_of(
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=10).filter(lambda text: text not in SENTINELS),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=20,
)
objects = st.dictionaries(keys, values, max_size=5)


def struct(properties):
    """A Struct as the JSON mapping of protobuf makes it: an encoder that is not ours."""
    return ParseDict(properties, Struct())


def has_empty_kind(value):
    """Whether a protobuf value anywhere lacks a kind, over which the engine panics."""
    if isinstance(value, Struct):
        return any(has_empty_kind(item) for item in value.fields.values())
    kind = value.WhichOneof("kind")
    if kind == "list_value":
        return any(has_empty_kind(item) for item in value.list_value.values)
    return kind is None or (kind == "struct_value" and has_empty_kind(value.struct_value))


class TestDecode:
    """What the engine sends."""

    @given(objects)
    def test_plain_values_are_what_json_makes_of_them(self, properties):
        """The standard mapping of protobuf is the second opinion."""
        decoded = decode(struct(properties))
        assert decoded.value == properties
        assert not decoded.secrets

    @pytest.mark.parametrize("number", [0, -1, 5985, 2**53, 0.5, 1e300, math.inf])
    def test_integral_numbers_are_integers(self, number):
        """5985 must not become 5985.0 in a display or a command."""
        item = decode(Struct(fields={"n": Value(number_value=number)})).value["n"]
        assert item == number
        assert isinstance(item, int) == (math.isfinite(number) and number == int(number))

    @pytest.mark.parametrize("sentinel", sorted(SENTINELS))
    def test_each_sentinel_is_unknown_at_any_depth(self, sentinel):
        """Whatever type it stands for."""
        decoded = decode(struct({"a": sentinel, "b": [sentinel, {"c": sentinel}]}))
        assert decoded.value["a"] is UNKNOWN
        assert decoded.value["b"][0] is UNKNOWN
        assert decoded.value["b"][1]["c"] is UNKNOWN

    def test_there_are_seven_sentinels(self):
        """String, bool, number, array, object, asset, archive (spec: pulumi-provider 2.1)."""
        assert len(SENTINELS) == 7

    def test_secrets_are_unwrapped_and_remembered_by_path(self):
        """At the top, in lists, in maps with odd keys, around unknowns, inside each other."""
        decoded = decode(
            struct(
                {
                    "a": {**SECRET, "value": "x"},
                    "b": [1, {**SECRET, "value": {"c": {**SECRET, "value": 2}}}],
                    "d": {"e.f": {**SECRET, "value": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}},
                }
            )
        )
        assert decoded.value == {"a": "x", "b": [1, {"c": 2}], "d": {"e.f": UNKNOWN}}
        assert decoded.secrets == {("a",), ("b", 1), ("b", 1, "c"), ("d", "e.f")}

    @pytest.mark.parametrize(
        ("fields", "value", "secret"),
        [
            ({"value": 1}, 1, False),
            ({"value": 1, "secret": False, "dependencies": ["urn:x"]}, 1, False),
            ({"value": 1, "secret": True}, 1, True),
            ({}, UNKNOWN, False),
            ({"secret": True}, UNKNOWN, True),
            ({"value": {**SECRET, "value": 1}}, 1, True),
        ],
    )
    def test_output_values_may_leave_out_anything(self, fields, value, secret):
        """Without a value it is unknown; secret is false and dependencies are empty by default."""
        decoded = decode(struct({"a": {**OUTPUT, **fields}}))
        assert decoded.value == {"a": value}
        assert decoded.secrets == ({("a",)} if secret else set())

    @pytest.mark.parametrize(
        ("fields", "value"),
        [
            ({"urn": "urn:x", "id": "guid", "packageVersion": "1"}, "guid"),
            ({"urn": "urn:x", "id": ""}, UNKNOWN),
            ({"urn": "urn:x", "id": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}, UNKNOWN),
            ({"urn": "urn:x"}, "urn:x"),
        ],
    )
    def test_a_resource_stands_for_its_id(self, fields, value):
        """A component has none and stands for its URN."""
        assert decode(struct({"a": {**REFERENCE, **fields}})).value == {"a": value}

    @pytest.mark.parametrize(
        ("signature", "what"),
        [
            ("c44067f5952c0a294b673a41bacd8c17", "an asset"),
            ("0def7320c3a5731c473e5ecbe6d01bc7", "an archive"),
            ("803fd3297a5875dc03ca845dda5d2a98", "a byte string"),
            ("00000000000000000000000000000000", "a value of an unheard-of kind"),
        ],
    )
    def test_what_no_property_takes_is_refused_with_its_path(self, signature, what):
        """The user learns where, and what to give instead."""
        with pytest.raises(UserError, match=rf"a\[1\].b: {what} is not accepted here") as refused:
            decode(struct({"a": [0, {"b": {SIGNATURE: signature, "text": "x"}}]}))
        assert refused.value.path == "a[1].b"

    def test_nulls_vanish_from_maps_and_stay_in_lists(self):
        """Positions in a list are paths."""
        assert decode(struct({"a": None, "b": [None, 1], "c": {"d": None}})).value == {"b": [None, 1], "c": {}}

    def test_keys_of_the_engine_are_left_out_at_the_top_only(self):
        """`__defaults` and `__internal` are not properties."""
        assert decode(struct({"__defaults": [], "a": {"__b": 1}})).value == {"a": {"__b": 1}}


class TestEncode:
    """What the provider answers."""

    @given(objects)
    def test_plain_values_are_what_json_makes_of_them(self, properties):
        """The standard mapping of protobuf reads back what went in."""
        assert MessageToDict(encode(properties)) == properties

    @given(objects, st.data())
    def test_what_is_marked_comes_back_marked(self, properties, data):
        """Any set of top-level marks survives the way there and back; nothing lacks a kind."""
        marked = {(key,) for key in properties if data.draw(st.booleans())}
        sent = encode(properties, marked)
        assert not has_empty_kind(sent)
        decoded = decode(sent)
        assert decoded.value == properties
        assert decoded.secrets == marked

    @pytest.mark.parametrize("empty", [[], {}, "", 0, False, [[]], [{}], {"a": {}}])
    def test_empty_values_have_a_kind_too(self, empty):
        """An empty list built carelessly has none, and the engine panics."""
        sent = encode({"a": empty}, [("a",)])
        assert not has_empty_kind(sent)
        assert decode(sent).value == {"a": empty}

    def test_marks_and_wildcards_meet_without_doubling(self):
        """A secret inside a secret is never made."""
        sent = encode({"a": [{"b": 1, "c": 2}, {"b": 3}]}, [("a", "*", "b"), ("a", 1), ("a", 1, "b"), ("z",)])
        assert decode(sent).secrets == {("a", 0, "b"), ("a", 1)}

    def test_unknowns_are_sent_as_the_string_sentinel_and_only_if_allowed(self):
        """The one form every engine reads; outside a preview they are our mistake."""
        assert MessageToDict(encode({"a": [UNKNOWN]})) == {"a": ["04da6b54-80e4-46f7-96ec-b56ff0331ba9"]}
        with pytest.raises(InternalError, match=r"a\[0\] is still unknown"):
            encode({"a": [UNKNOWN]}, unknowns=False)

    def test_nulls_in_maps_are_dropped(self):
        """Null and absent must not differ in the state."""
        assert MessageToDict(encode({"a": None, "b": {"c": None}, "d": [None]})) == {"b": {}, "d": [None]}

    def test_half_a_surrogate_pair_is_replaced(self):
        """Windows lets a name end in the middle of a character; UTF-8 does not."""
        assert MessageToDict(encode({"a": "x\ud83d", "b": "\U0001f600"})) == {"a": "x\ufffd", "b": "\U0001f600"}

    @pytest.mark.parametrize("item", [b"bytes", {1, 2}, object(), 2**53 + 1, 10**400])
    def test_what_has_no_form_is_an_error_with_its_path(self, item):
        """Never a value without kind, never a number that changes on the way."""
        with pytest.raises(InternalError, match=r"^a\.b\[0\] is a "):
            encode({"a": {"b": [item]}})

    def test_keys_must_be_text(self):
        """A port number as a key is a mistake of ours."""
        with pytest.raises(InternalError, match="no text"):
            encode({"a": {80: "x"}})
