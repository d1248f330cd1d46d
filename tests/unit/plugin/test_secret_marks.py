"""Where a secret of the input stands in the output, and texts without secrets."""

import threading

import pytest
from winipsec.model.property_path import parse
from winipsec.plugin.codec import Decoded
from winipsec.plugin.secrets import Scrubber, carried, touches


def decoded(value, *secrets):
    """Properties with secrets at the given paths."""
    return Decoded(value, frozenset(parse(path) for path in secrets))


def marks(target, *sources, declared=(), derived=()):
    """The marks as text."""
    paths = carried(target, sources, [parse(path) for path in declared], derived)
    return {"/".join(map(str, path)) for path in paths}


class TestCarried:
    """Marks from what came in to what goes out."""

    def test_keys_alone_keep_their_place(self):
        """Even where the value changed its form."""
        assert marks({"a": {"b": "X"}}, decoded({"a": {"b": "x"}}, "a.b")) == {"a/b"}

    def test_what_follows_from_a_secret_is_secret(self):
        """As a whole, and no longer than the secret itself; what is declared secret is found in there anyway."""
        made = {"a": "x", "d": ["me -> x"]}
        assert marks(made, decoded({"a": "x"}, "a"), derived=["d"]) == {"a", "d"}
        assert marks(made, decoded({"a": "x"}), decoded(made, "a", "d"), derived=["d"]) == set()
        assert marks(made, decoded({"a": "x"}, "a"), declared=["a", "d[*].k"], derived=["d"]) == {"a", "d/*/k"}
        assert marks({"a": "x"}, decoded({"a": "x"}, "a"), derived=["d"]) == {"a"}

    def test_what_was_left_out_is_not_marked(self):
        """A password is no output; the connection around it stays readable."""
        assert marks({"c": {"host": "h"}}, decoded({"c": {"host": "h", "p": "s"}}, "c.p")) == set()
        assert marks({}, decoded({"a": "x"}, "a")) == set()

    @pytest.mark.parametrize(
        ("target", "expected"),
        [
            (["x", "s", "y"], {"l/1"}),
            (["s", "x", "y"], {"l"}),
            (["x", "s"], {"l"}),
            (["x", "S", "y"], {"l"}),
            ([], {"l"}),
            ("x,s,y", {"l"}),
        ],
    )
    def test_a_list_must_keep_length_and_value(self, target, expected):
        """Sorted, shortened, rewritten, of another shape: the whole property is secret instead."""
        assert marks({"l": target}, decoded({"l": ["x", "s", "y"]}, "l[1]")) == expected

    def test_a_property_of_another_shape_is_secret_as_a_whole(self):
        """A short form that was expanded, for instance."""
        assert marks({"a": "b=s"}, decoded({"a": {"b": "s"}}, "a.b")) == {"a"}

    def test_declared_patterns_are_always_there_and_replace_carrying(self):
        """A key that drifted would otherwise make the whole list secret."""
        target = {"keys": [{"value": "new"}]}
        source = decoded({"keys": [{"value": "old"}]}, "keys[0].value")
        assert marks(target, source, declared=["keys[*].value"]) == {"keys/*/value"}

    def test_a_later_source_counts_where_the_earlier_has_nothing(self):
        """Unmarking in the program unmarks; what only the state knows stays marked."""
        news = decoded({"a": "x"})
        olds = decoded({"a": "x", "b": "y"}, "a", "b")
        assert marks({"a": "x", "b": "y"}, news, olds) == {"b"}


@pytest.mark.parametrize(
    ("path", "secret", "expected"),
    [("a", "a", True), ("a", "a.b[0]", True), ("a.b", "a", True), ("a", "b", False), ("a[1]", "a[*].x", True)],
)
def test_touching_is_being_above_below_or_equal(path, secret, expected):
    """Printing a value shows the secrets in it, and it may be part of one."""
    assert touches(parse(path), [parse(secret)]) is expected


class TestScrubber:
    """Texts that leave the process."""

    @pytest.mark.parametrize(
        ("secret", "text", "expected"),
        [
            ("pa$$w.rd", "with pa$$w.rd!", "with [secret]!"),
            ("back\\slash", "seen 'back\\\\slash'", "seen '[secret]'"),
            ('quo"te', '{"p": "quo\\"te"}', '{"p": "[secret]"}'),
            ("a<b&c>", "<p>a&lt;b&amp;c&gt;</p>", "<p>[secret]</p>"),
            ("line\nbreak", "repr 'line\\nbreak'", "repr '[secret]'"),
            ("pwd", "pwd in the pwdir of a pwd.", "[secret] in the pwdir of a [secret]."),
            ("Straße", "die Straße", "die [secret]"),
        ],
    )
    def test_a_secret_is_replaced_in_every_spelling(self, secret, text, expected):
        """Plain, in Python and JSON literals, in XML; a short one only where it stands alone."""
        scrubber = Scrubber()
        scrubber.learn(decoded({"a": secret}, "a"))
        assert scrubber.scrub(text) == expected

    def test_the_longer_secret_goes_first(self):
        """A secret that is part of another must not leave the other's rest behind."""
        scrubber = Scrubber()
        scrubber.learn(decoded({"a": "winter", "b": "winter-is-coming"}, "a", "b"))
        assert scrubber.scrub("winter-is-coming after winter") == "[secret] after [secret]"

    def test_declared_secrets_are_learnt_without_a_mark(self):
        """A password in plain text in the program is one all the same."""
        scrubber = Scrubber()
        scrubber.learn(decoded({"c": [{"p": "hunter2x"}]}), [parse("c[*].p")])
        assert scrubber.scrub("hunter2x") == "[secret]"

    def test_of_a_secret_container_only_its_declared_secrets_are_learnt(self):
        """Otherwise the host's name would vanish from every message about it."""
        scrubber = Scrubber()
        scrubber.learn(decoded({"c": {"host": "server-one", "p": "hunter2x"}}, "c"), [parse("c.p")])
        assert scrubber.scrub("server-one: hunter2x") == "server-one: [secret]"

    def test_of_any_other_container_all_but_short_words_are_learnt(self):
        """`udp` tells nothing; a long description may."""
        scrubber = Scrubber()
        scrubber.learn(decoded({"f": [{"protocol": "udp", "description": "to the vault"}]}, "f"))
        assert scrubber.scrub("udp to the vault") == "udp [secret]"

    def test_nothing_learnt_changes_nothing(self):
        """Empty secrets, numbers and unknowns are no texts to look for."""
        scrubber = Scrubber()
        scrubber.learn(decoded({"a": "", "b": 5}, "a", "b", "c"))
        assert scrubber.scrub("5 plain words") == "5 plain words"

    def test_its_own_representation_holds_no_secret(self):
        """It may stand in a debugger or a log."""
        scrubber = Scrubber()
        scrubber.learn(decoded({"a": "hunter2x"}, "a"))
        assert repr(scrubber) == "<Scrubber of 1 secrets>"

    def test_threads_may_learn_while_others_scrub(self):
        """Requests run in parallel."""
        scrubber, stop = Scrubber(), threading.Event()

        def learn():
            for number in range(200):
                scrubber.learn(decoded({"a": f"secret-{number}"}, "a"))
            stop.set()

        thread = threading.Thread(target=learn)
        thread.start()
        while not stop.is_set():
            scrubber.scrub("secret-7 and more")
        thread.join()
        assert scrubber.scrub("secret-199") == "[secret]"
