"""Batch mode and what is in force: nothing until the batch is written, then all of it (ipsec-policy 1.7)."""

from __future__ import annotations

import threading

import pytest
from netsh_desk import Desk
from winipsec_lab.matcher import Packet, decide

WORM = Packet("in", "10.77.0.1", "192.0.2.7", 17, 1434, 4000)
BLOCK = """add filterlist name=l
add filter filterlist=l srcaddr=any dstaddr=me protocol=udp dstport=1434
add filteraction name=b action=block
add policy name=cut
add rule name=r policy=cut filterlist=l filteraction=b
set policy name=cut assign=yes
"""


def result(desk):
    """What becomes of the worm's packet."""
    return decide(desk.machine, WORM).result


@pytest.mark.parametrize("change", ["at_once", "at_next_assign"])
@pytest.mark.parametrize("edit", ["at_once", "after_control"])
def test_a_batch_is_in_force_when_it_ends(change, edit):
    """However the agent hears of changes, a policy that a batch assigns is in force after the batch."""
    desk = Desk().guess(assigned_change=change, traffic_registry_edit=edit)
    desk.script(f"ipsec static\nset batch mode=enable\n{BLOCK}set batch mode=disable\n")
    assert result(desk) == "dropped"


@pytest.mark.parametrize(("guess", "expected"), [("applied", "dropped"), ("lost", "passes")])
@pytest.mark.parametrize("change", ["at_once", "at_next_assign"])
def test_a_batch_that_nobody_ends(guess, expected, change):
    """When netsh ends inside a batch, the guess decides, for the agent too."""
    desk = Desk().guess(batch_at_end=guess, assigned_change=change)
    desk.script(f"ipsec static\nset batch mode=enable\n{BLOCK}")
    assert result(desk) == expected


def test_nothing_is_in_force_while_the_batch_is_open():
    """A second look from inside the same session: the store and the packet see nothing yet."""
    desk = Desk()
    seen = []
    desk.machine.registry.on_change.append(lambda _: seen.append(None))
    lines = f"ipsec static\nset batch mode=enable\n{BLOCK}"
    desk.guess(batch_at_end="lost").script(lines)
    assert seen == []
    assert result(desk) == "passes"


def test_without_batch_mode_every_line_counts_at_once():
    """The assignment last: before it nothing happens to the packet, after it the block."""
    desk = Desk()
    lines = BLOCK.splitlines()
    for line in lines[:-1]:
        desk.ok(line)
        assert result(desk) == "passes"
    desk.ok(lines[-1])
    assert result(desk) == "dropped"
    desk.ok("delete rule name=r policy=cut")
    assert result(desk) == "passes"


def test_a_batch_replaces_a_policy_in_one_step():
    """Whoever looks meanwhile sees the old policy or the new one, never a host without either."""
    desk = Desk()
    for line in BLOCK.splitlines():
        desk.ok(line)
    seen, ended = set(), threading.Event()

    def look():
        while not ended.is_set():
            seen.add(result(desk))

    watcher = threading.Thread(target=look)
    watcher.start()
    swap = "add policy name=next\nadd rule name=r policy=next filterlist=l filteraction=b\nset policy name=next assign=yes\ndelete policy name=cut\n"
    desk.script(f"ipsec static\nset batch mode=enable\n{swap}set batch mode=disable\n")
    ended.set()
    watcher.join()
    assert seen == {"dropped"}
    assert decide(desk.machine, WORM).policy == "next"


def test_netsh_and_the_agent_do_not_wait_for_each_other():
    """Stopping and starting the agent beside changes and looks at packets never ends in a deadlock."""
    desk = Desk()
    for line in BLOCK.splitlines():
        desk.ok(line)

    def repeat(action):
        for _ in range(15):
            action()

    actions = (
        lambda: desk.machine.console("net stop PolicyAgent & net start PolicyAgent"),
        lambda: desk.netsh("ipsec static set policy name=cut assign=yes"),
        lambda: result(desk),
    )
    threads = [threading.Thread(target=repeat, args=(action,), daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
