"""Whose an object is that has the name we want (design 2.2, 4)."""

from dataclasses import replace

import pytest
from store_scene import a_snapshot, guid
from winipsec.formats import netsh
from winipsec.host.batch import recorded_line
from winipsec.host.leftovers import Intent, Leftover
from winipsec.resources.provenance import Provenance

URN = "urn:pulumi:dev::web::winipsec:index:FilterList::l"
OTHER = "urn:pulumi:prod::web::winipsec:index:FilterList::l"
KIND, NAME = "filter list", "worm"
PROOF = [netsh.add_filter_list(NAME, "udp 1434")]
ELSE = [netsh.add_filter_list(NAME, "something else")]
MADE, OLD = guid(1), guid(2)


def left(batch, urn, commands=PROOF, name=NAME, kind=KIND):
    """A batch file on the host."""
    return Leftover(batch, (Intent(urn, kind, name),), frozenset(map(recorded_line, commands)))


def looked(*leftovers):
    """A wish that has looked at the host once, and then had its batch."""
    provenance = Provenance(URN, KIND, NAME)
    assert not provenance.batch_ran(0)
    provenance.note([OLD], a_snapshot(leftovers=leftovers))
    assert provenance.batch_ran(1)
    return provenance


def after(*leftovers, held=frozenset({OLD})):
    """What was read back after the batch."""
    return replace(a_snapshot(leftovers=leftovers), held=held)


def test_a_batch_ran_once_for_every_attempt():
    """The same attempt planned again is another look, not another batch."""
    provenance = Provenance(URN, KIND, NAME)
    assert [provenance.batch_ran(attempt) for attempt in (0, 0, 1, 1, 2)] == [False, False, True, False, True]


def test_what_was_there_at_the_look_is_not_new():
    """By GUID, whatever its name is now."""
    assert not looked().is_new(OLD)
    assert looked().is_new(MADE)


class TestLeft:
    """What a dead run left."""

    @pytest.mark.parametrize(
        ("leftover", "ours"),
        [
            (left("1", URN), True),
            (left("1", URN, [*PROOF, *ELSE]), True),
            (left("1", URN, ELSE), False),
            (left("1", OTHER), False),
            (left("1", URN, kind="policy"), False),
        ],
        ids=["same", "more", "other words", "other resource", "other kind"],
    )
    def test_the_file_decides(self, leftover, ours):
        """It names the resource, and holds every command that makes the object as it stands."""
        assert Provenance(URN, KIND, NAME).is_left(PROOF, a_snapshot(leftovers=[leftover])) == ours

    def test_two_files_do_not_add_up(self):
        """Each run wrote all its commands into one."""
        files = [left("1", URN, PROOF), left("2", URN, ELSE)]
        assert not Provenance(URN, KIND, NAME).is_left([*PROOF, *ELSE], a_snapshot(leftovers=files))

    def test_what_no_command_makes_is_nobody_s(self):
        """An object that holds what netsh has no words for."""
        assert not Provenance(URN, KIND, NAME).is_left(None, a_snapshot(leftovers=[left("1", URN)]))


class TestMade:
    """What appeared while our batch ran."""

    def test_what_was_not_held_before_is_ours(self):
        """However the host stores it."""
        assert looked().is_made(MADE, ELSE, after(left("1", URN)))
        assert looked().is_made(MADE, None, after(left("1", URN)))

    def test_what_was_held_before_is_somebody_else_s(self):
        """Even with the very same words: our batch cannot have made it."""
        assert not looked().is_made(MADE, PROOF, after(left("1", URN), held=frozenset({OLD, MADE})))

    def test_what_was_held_before_may_be_a_dead_run_s(self):
        """Whose batch was still running when we looked; its file had been there."""
        held = frozenset({OLD, MADE})
        assert looked(left("0", URN)).is_made(MADE, PROOF, after(left("0", URN), left("1", URN), held=held))

    def test_without_the_list_the_file_has_to_prove_it(self):
        """The connection broke, and with it the list was lost."""
        assert looked().is_made(MADE, PROOF, after(left("1", URN), held=None))
        assert not looked().is_made(MADE, ELSE, after(left("1", URN), held=None))

    def test_what_another_program_announced_meanwhile_is_nobody_s(self):
        """In the same words, at the same time: who can say which of two equal commands was first?"""
        assert not looked().is_made(MADE, PROOF, after(left("1", URN), left("2", OTHER)))
        assert not looked().is_made(MADE, PROOF, after(left("1", URN), left("2", OTHER), held=None))

    @pytest.mark.parametrize(
        "other",
        [left("2", OTHER, ELSE), left("2", OTHER, name="another"), left("2", OTHER, kind="policy"), left("2", URN)],
        ids=["other words", "other name", "other kind", "our own"],
    )
    def test_other_announcements_do_not_matter(self, other):
        """They cannot have made this object."""
        assert looked().is_made(MADE, PROOF, after(left("1", URN), other))

    def test_an_old_announcement_does_not_matter(self):
        """A program that died long ago had left its file before we looked, when the object was not there."""
        stale = left("0", OTHER)
        assert looked(stale).is_made(MADE, PROOF, after(stale, left("1", URN)))

    def test_names_are_compared_as_windows_does(self):
        """Without case."""
        shouted = left("2", OTHER, name=NAME.upper())
        assert not looked().is_made(MADE, PROOF, after(left("1", URN), shouted))
