"""Runs that meet on one host: another program, another batch, a batch that outlives its run."""

import signal
import threading
import time

import pytest
from crash_cells import ARM, READ
from crash_checks import assert_converged
from crash_deeds import CASES, FILTER_CASE, POLICY_CASE, Deed
from crash_runs import Death, Record, at_message, begin, converge, finish, only_failure, run, update
from crash_scene import THEIR_ACTION, THEIR_POLICY, Look, actions, console, policies
from fake_engine import in_threads

ALL_CREATED = Deed("create", CASES, "all six")
BATCH = READ + ARM + 1
"""The message that begins to write all six: the host has been read, and can take it back."""
NAMED = [case for case in CASES if case.rival and case is not FILTER_CASE]


class TestPartOfABatch:
    """netsh refuses one of many."""

    def test_only_the_refused_one_fails(self, scene, prepared, plugin):
        """Somebody took one name while all were being written: the others are made, and a rerun says the same."""
        record = prepared(ALL_CREATED)
        begin(plugin, scene.host)
        at_message(scene.host, BATCH, lambda: console(scene.host, POLICY_CASE.rival))
        update(plugin, ALL_CREATED, record)
        (urn,) = record.failures
        assert urn.endswith("::policy")
        finish(plugin)
        look = Look.at(scene.host)
        for case in CASES:
            if case is not POLICY_CASE:
                assert case.look(look) == case.made
        console(scene.host, 'delete policy name="server"')
        record.failures.clear()
        begin(plugin, scene.host)
        converge(plugin, ALL_CREATED, record)
        finish(plugin)
        assert_converged(scene, ALL_CREATED)

    def test_a_list_that_somebody_uses_meanwhile_stays(self, scene, prepared, plugin):
        """Its deletion names who uses it; the others of the batch are gone."""
        deed = Deed("delete", CASES, "all six")
        record = prepared(deed)
        line = f'add rule name="quick" policy="{THEIR_POLICY}" filterlist="udp-1434" filteraction="{THEIR_ACTION}"'
        begin(plugin, scene.host)
        at_message(scene.host, BATCH, lambda: console(scene.host, line))
        update(plugin, deed, record)
        finish(plugin)
        (urn,) = record.failures
        assert urn.endswith("::filterlist")
        assert "'quick'" in record.failures[urn].text
        look = Look.at(scene.host)
        assert actions(look, "secure") == policies(look, "server") == []
        console(scene.host, f'delete rule name="quick" policy="{THEIR_POLICY}"')
        begin(plugin, scene.host)
        converge(plugin, deed, record)
        finish(plugin)
        assert_converged(scene, deed)


class TestSlowHost:
    """A host that takes its time when the run ends."""

    def slow(self, scene):
        """Every process takes a second to start."""
        scene.host.latency(process=1.0)

    @pytest.mark.parametrize("end", ["cancel", "sigint", "eof"])
    def test_the_end_in_the_middle_of_a_batch(self, scene, prepared, end):
        """What waits for one slow batch fails; the user ends the run, which ends within seconds; the next one converges."""
        record = prepared(ALL_CREATED)
        with run(scene.host) as first:
            began = threading.Event()
            at_message(scene.host, BATCH, lambda: (self.slow(scene), began.set()))
            working = threading.Thread(target=update, args=(first.engine, ALL_CREATED, record))
            working.start()
            assert began.wait(10)
            time.sleep(0.3)
            started = time.monotonic()
            if end == "cancel":
                first.engine.cancel()
                working.join(5)
                assert {failed.code.name for failed in record.failures.values()} <= {"CANCELLED", "UNKNOWN"}
                first.interrupt()
            elif end == "sigint":
                first.interrupt()
            else:
                first.process.stdin.close()
                first.process.stdin = None
                first.wait()
            working.join(5)
            assert not working.is_alive()
            assert time.monotonic() - started < 6
        scene.host.latency(process=0.0)
        assert record.failures
        answered = len(record.failures) < len(CASES)  # on a busy machine some come early, and go before the others
        record.failures.clear()
        with run(scene.host) as second:
            converge(second.engine, ALL_CREATED, record, refresh=answered)
            second.end()
        assert_converged(scene, ALL_CREATED)

    def test_the_next_run_begins_before_the_dead_one_s_batch(self, scene, prepared):
        """Nobody can stop what a killed process started, and netsh takes a filter twice: a refresh repairs that.

        Of a single filter the twin stays, since nobody can tell whose it is; it makes no difference to traffic.
        """
        record = prepared(ALL_CREATED)
        with run(scene.host) as dying:
            death = Death(scene.host, dying, BATCH + 1, "unanswered")
            at_message(scene.host, BATCH, lambda: self.slow(scene))
            update(dying.engine, ALL_CREATED, record)
            assert death.struck.wait(20)
        scene.host.latency(process=0.0)
        record.failures.clear()
        with run(scene.host) as second:
            converge(second.engine, ALL_CREATED, record)
            second.end()
        time.sleep(1.5)
        with run(scene.host) as third:
            converge(third.engine, ALL_CREATED, record, refresh=True)
            third.end()
        look = Look.at(scene.host)
        for case in CASES:
            assert case is FILTER_CASE or case.look(look) == case.made
        assert set(FILTER_CASE.look(look)) == set(FILTER_CASE.made)
        scene.assert_foreign_untouched(filters_of=FILTER_CASE.filters_of, active_changes=True)
        scene.assert_left_nothing()


class TestTwoProviders:
    """Two programs over one host at once."""

    def test_different_objects(self, scene, prepared):
        """Neither disturbs the other."""
        record, other = prepared(ALL_CREATED), Record()
        half = Deed("create", CASES[:3], "half"), Deed("create", CASES[3:], "half")
        with run(scene.host) as one, run(scene.host, stack="prod") as two:
            threads = [
                threading.Thread(target=update, args=(one.engine, half[0], record)),
                threading.Thread(target=update, args=(two.engine, half[1], other)),
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            one.end()
            two.end()
        assert not record.failures
        assert not other.failures
        assert_converged(scene, ALL_CREATED)

    def both(self, scene, case, records):
        """Two programs create the same object; `records` say what came of it."""
        deed = Deed("create", (case,), case.kind.rpartition(":")[2])
        with run(scene.host) as one, run(scene.host, stack="prod") as two:
            in_threads(2, lambda index: update((one, two)[index].engine, deed, records[index]))
            one.end()
            two.end()

    @pytest.mark.parametrize("case", NAMED, ids=lambda case: case.name)
    def test_the_slower_one_of_two_is_refused(self, scene, prepared, case):
        """Both saw that the name is free, then one was faster: the other one does not take over what it finds."""
        deed = Deed("create", (case,), case.kind.rpartition(":")[2])
        slow, fast = prepared(deed), Record()
        with run(scene.host) as one, run(scene.host, stack="prod") as two:
            stopped = threading.Event()
            at_message(scene.host, 4, lambda: (one.process.send_signal(signal.SIGSTOP), stopped.set()))
            waiting = threading.Thread(target=update, args=(one.engine, deed, slow))
            waiting.start()
            assert stopped.wait(20)
            update(two.engine, deed, fast)
            one.process.send_signal(signal.SIGCONT)
            waiting.join()
            two.end()
            one.end()
        assert not fast.failures
        assert not slow.states
        failed = only_failure(slow)
        assert failed.code.name == "FAILED_PRECONDITION"
        assert "exists already" in failed.text
        assert case.look(Look.at(scene.host)) == case.made
        assert scene.made() == case.objects
        scene.assert_foreign_untouched()
        scene.assert_left_nothing()

    @pytest.mark.parametrize("case", NAMED, ids=lambda case: case.name)
    def test_at_the_same_moment(self, scene, prepared, case):
        """However they interleave: never two owners, never two objects."""
        records = prepared(Deed("create", (case,), case.name)), Record()
        self.both(scene, case, records)
        assert sum(bool(record.states) for record in records) <= 1, "two programs own one object"
        for record in records:
            assert {failed.code.name for failed in record.failures.values()} <= {"FAILED_PRECONDITION"}
        assert case.look(Look.at(scene.host)) == case.made
        assert scene.made() == case.objects
        scene.assert_foreign_untouched()
        scene.assert_left_nothing()

    def test_the_same_filter(self, scene, prepared):
        """A list takes a filter twice, so both may have one; it is there in any case, and gone when both let go."""
        records = prepared(Deed("create", (FILTER_CASE,), "Filter")), Record()
        self.both(scene, FILTER_CASE, records)
        look = Look.at(scene.host)
        assert set(FILTER_CASE.look(look)) == set(FILTER_CASE.made)
        with run(scene.host) as one, run(scene.host, stack="prod") as two:
            for runner, record in zip((one, two), records, strict=True):
                for state in record.states.values():
                    runner.engine.destroy(state)
                runner.end()
        assert FILTER_CASE.look(Look.at(scene.host)) == FILTER_CASE.gone or not all(item.states for item in records)
        scene.assert_left_nothing()
