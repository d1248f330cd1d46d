"""What may happen on the host's side while a run is under way."""

import dataclasses

import pytest
from crash_checks import assert_converged
from crash_deeds import CASES, FILTER_ACTION_CASE, FILTER_CASE, FILTER_LIST_CASE, POLICY_CASE, RULE_CASE, Deed
from crash_runs import Record, at_message, begin, converge, finish, only_failure, update
from crash_scene import FOLDER, THEIR_LIST, THEIR_POLICY, Look, console, filters, lists, rules
from winipsec_lab.machine.files import ACCESS_DENIED, FileError

ONE_CREATED = Deed("create", (FILTER_LIST_CASE,), "FilterList")


class TestService:
    """The Policy Agent between plan and write."""

    def test_stopped_after_the_plan(self, scene, prepared, plugin):
        """A rerun ends whatever this one began."""
        record = prepared(ONE_CREATED)
        begin(plugin, scene.host)
        at_message(scene.host, 5, lambda: scene.host.run("net stop PolicyAgent"))
        update(plugin, ONE_CREATED, record)
        finish(plugin)
        begin(plugin, scene.host)
        converge(plugin, ONE_CREATED, record)
        finish(plugin)
        assert_converged(scene, ONE_CREATED)

    def test_stopped_before_the_run_is_started_by_a_write(self, scene, prepared, plugin):
        """A stopped agent is no obstacle."""
        record = prepared(ONE_CREATED)
        scene.host.run("net stop PolicyAgent")
        begin(plugin, scene.host)
        converge(plugin, ONE_CREATED, record)
        finish(plugin)
        assert scene.host.machine.services.running("PolicyAgent")
        assert_converged(scene, ONE_CREATED)

    def test_disabled(self, scene, prepared, plugin):
        """A disabled one is an error that says what to do; enabled again, a rerun succeeds."""
        record = prepared(ONE_CREATED)
        scene.host.run("net stop PolicyAgent")
        scene.host.run("sc config PolicyAgent start= disabled")
        begin(plugin, scene.host)
        update(plugin, ONE_CREATED, record)
        finish(plugin)
        assert "is disabled" in only_failure(record).text
        assert "sc config PolicyAgent start= auto" in only_failure(record).text
        assert FILTER_LIST_CASE.look(Look.at(scene.host)) == []
        scene.host.run("sc config PolicyAgent start= auto")
        begin(plugin, scene.host)
        converge(plugin, ONE_CREATED, record)
        finish(plugin)
        assert_converged(scene, ONE_CREATED)

    def test_disabled_between_plan_and_write(self, scene, prepared, plugin):
        """Nobody can know before; afterwards the store says what happened, and a rerun converges."""
        record = prepared(ONE_CREATED)

        def disable():
            scene.host.run("net stop PolicyAgent")
            scene.host.run("sc config PolicyAgent start= disabled")

        begin(plugin, scene.host)
        at_message(scene.host, 5, disable)
        update(plugin, ONE_CREATED, record)
        finish(plugin)
        scene.host.run("sc config PolicyAgent start= auto")
        begin(plugin, scene.host)
        converge(plugin, ONE_CREATED, record)
        finish(plugin)
        assert_converged(scene, ONE_CREATED)


class TestOthersAtWork:
    """Somebody changes the store between our plan and our write."""

    def changed_meanwhile(self, scene, prepared, plugin, case, line, verb="change"):
        """Run a deed while somebody gives a command between plan and write."""
        deed = Deed(verb, (case,), case.kind.rpartition(":")[2])
        record = prepared(deed)
        begin(plugin, scene.host)
        at_message(scene.host, 5, lambda: console(scene.host, line))
        update(plugin, deed, record)
        finish(plugin)
        return deed, record

    def test_our_list_is_renamed(self, scene, prepared, plugin):
        """The second try addresses it by its new name and gives it back the one of the program."""
        line = 'set filterlist name="udp-1434" newname="renamed"'
        _, record = self.changed_meanwhile(scene, prepared, plugin, FILTER_LIST_CASE, line)
        assert not record.failures
        assert lists(Look.at(scene.host), "udp-1434", "renamed") == FILTER_LIST_CASE.changed

    def test_our_rule_is_renamed(self, scene, prepared, plugin):
        """Rules are found by name only; the second try knows the new one."""
        line = f'set rule name="tunnel" policy="{THEIR_POLICY}" newname="renamed"'
        _, record = self.changed_meanwhile(scene, prepared, plugin, RULE_CASE, line)
        assert not record.failures
        look = Look.at(scene.host)
        assert rules(look, THEIR_POLICY, "tunnel") == RULE_CASE.changed
        assert rules(look, THEIR_POLICY, "renamed") == []

    @pytest.mark.parametrize(
        ("case", "line"),
        [
            (FILTER_LIST_CASE, 'delete filterlist name="udp-1434"'),
            (FILTER_ACTION_CASE, 'delete filteraction name="secure"'),
            (POLICY_CASE, 'delete policy name="server"'),
            (RULE_CASE, f'delete rule name="tunnel" policy="{THEIR_POLICY}"'),
        ],
        ids=lambda item: item.name if hasattr(item, "name") else "",
    )
    def test_our_object_is_deleted_before_a_change(self, scene, prepared, plugin, case, line):
        """The change fails and says that it is gone; a refresh and another run make it anew."""
        deed, record = self.changed_meanwhile(scene, prepared, plugin, case, line)
        failed = only_failure(record)
        assert failed.code.name == "ABORTED"
        assert "not there any more" in failed.text
        assert "pulumi refresh" in failed.text
        begin(plugin, scene.host)
        converge(plugin, deed, record, refresh=True)
        finish(plugin)
        assert_converged(scene, deed)

    def test_the_list_of_a_filter_is_deleted_meanwhile(self, scene, prepared, plugin):
        """A `Filter` never makes a list: the one that netsh makes unasked is taken away again."""
        scene.restore()
        console(scene.host, 'add filterlist name="open"')
        deed = Deed(
            "create", (dataclasses.replace(FILTER_CASE, before={**FILTER_CASE.before, "filterList": "open"}),), ""
        )
        record = Record()
        begin(plugin, scene.host)
        at_message(scene.host, 5, lambda: console(scene.host, 'delete filterlist name="open"'))
        update(plugin, deed, record)
        finish(plugin)
        assert "no filter list 'open'" in only_failure(record).text
        assert lists(Look.at(scene.host), "open") == []
        scene.assert_foreign_untouched()
        scene.assert_left_nothing()

    def test_our_object_is_deleted_before_we_delete_it(self, scene, prepared, plugin):
        """Gone is gone."""
        line = 'delete filterlist name="udp-1434"'
        deed, record = self.changed_meanwhile(scene, prepared, plugin, FILTER_LIST_CASE, line, "delete")
        assert not record.failures
        assert_converged(scene, deed)

    def test_our_object_is_replaced_before_we_delete_it(self, scene, prepared, plugin):
        """An object of the same name that is not ours any more must stay, if the host leaves any chance to tell."""
        deed = Deed("delete", (FILTER_LIST_CASE,), "FilterList")
        record = prepared(deed)
        console(scene.host, 'delete filterlist name="udp-1434"')
        console(scene.host, FILTER_LIST_CASE.rival)
        theirs = FILTER_LIST_CASE.look(Look.at(scene.host))
        begin(plugin, scene.host)
        update(plugin, deed, record)
        finish(plugin)
        assert not record.failures
        assert FILTER_LIST_CASE.look(Look.at(scene.host)) == theirs

    def test_somebody_adds_the_same_filter(self, scene, prepared, plugin):
        """A list takes it twice: theirs stays, with their description, also when ours goes again."""
        deed = Deed("create", (FILTER_CASE,), "Filter")
        record = prepared(deed)
        begin(plugin, scene.host)
        at_message(scene.host, 5, lambda: console(scene.host, FILTER_CASE.rival))
        update(plugin, deed, record)
        assert not record.failures
        theirs = [text for text in filters(Look.at(scene.host), THEIR_LIST) if text.endswith("# theirs")]
        assert len(theirs) == 1
        converge(plugin, Deed("delete", (FILTER_CASE,), "Filter"), record)
        finish(plugin)
        assert sorted(filters(Look.at(scene.host), THEIR_LIST)) == sorted([*FILTER_CASE.gone, *theirs])

    @pytest.mark.parametrize(
        "case", [case for case in CASES if case.rival and case is not FILTER_CASE], ids=lambda case: case.name
    )
    def test_somebody_takes_the_name(self, scene, prepared, plugin, case):
        """Between our look and our write somebody made an object of that name: it stays as it is, and is not ours."""
        deed = Deed("create", (case,), case.kind.rpartition(":")[2])
        record = prepared(deed)
        theirs = None

        def make():
            nonlocal theirs
            console(scene.host, case.rival)
            theirs = case.look(Look.at(scene.host))

        begin(plugin, scene.host)
        at_message(scene.host, 5, make)
        update(plugin, deed, record)
        finish(plugin)
        failed = only_failure(record)
        assert failed.code.name == "FAILED_PRECONDITION"
        assert "exists already" in failed.text
        assert not record.states
        assert case.look(Look.at(scene.host)) == theirs
        scene.assert_foreign_untouched(filters_of=case.filters_of)
        scene.assert_left_nothing()


class TestDisk:
    """The folder for batch files."""

    def test_folder_removed_after_the_plan(self, scene, prepared, plugin):
        """Somebody tidies up between two batches of one run; the next one still gets through."""
        record = prepared(ONE_CREATED)
        begin(plugin, scene.host)
        update(plugin, ONE_CREATED, record)
        scene.host.machine.files.remove_folder(FOLDER, tree=True)
        record_of_action = Record()
        deed = Deed("create", (FILTER_ACTION_CASE,), "FilterAction")
        update(plugin, deed, record_of_action)
        finish(plugin)
        assert not record_of_action.failures
        assert FILTER_ACTION_CASE.look(Look.at(scene.host)) == FILTER_ACTION_CASE.made
        scene.assert_left_nothing()

    def unwritable(self, scene, monkeypatch):
        """From now on nothing can be written into the folder."""
        files = scene.host.machine.files
        write = files._writable

        def refuse(path):
            if path.casefold().startswith(FOLDER.casefold() + "\\"):
                raise FileError(ACCESS_DENIED, path)
            return write(path)

        monkeypatch.setattr(files, "_writable", refuse)

    def test_unwritable_folder(self, scene, prepared, plugin, monkeypatch):
        """Nothing is written, and the error quotes what the host said."""
        record = prepared(ONE_CREATED)
        self.unwritable(scene, monkeypatch)
        begin(plugin, scene.host)
        update(plugin, ONE_CREATED, record)
        finish(plugin)
        failed = only_failure(record)
        assert failed.code.name == "FAILED_PRECONDITION"
        assert FOLDER in failed.text
        assert FILTER_LIST_CASE.look(Look.at(scene.host)) == []

    def test_folder_that_cannot_be_closed(self, scene, prepared, plugin, monkeypatch):
        """A folder open to everybody is never written to: a batch may hold a key."""
        deed = Deed("create", (RULE_CASE,), "Rule")
        record = prepared(deed)
        files = scene.host.machine.files

        def refuse(path, _access):
            raise FileError(ACCESS_DENIED, path)

        monkeypatch.setattr(files, "set_access", refuse)
        begin(plugin, scene.host)
        update(plugin, deed, record)
        finish(plugin)
        failed = only_failure(record)
        assert failed.code.name == "FAILED_PRECONDITION"
        assert FOLDER in failed.text
        assert RULE_CASE.look(Look.at(scene.host)) == []
        assert not scene.files()
