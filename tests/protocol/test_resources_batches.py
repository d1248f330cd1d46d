"""Changes that travel together: what one of them suffers harms no other (design 3, group commit)."""

import pytest
from fake_engine import in_threads
from records import StepFailed
from resource_site import FILTER_ACTION, FILTER_LIST, POLICY, RULE, RULE_OF_SITE, TCP_80

NOWHERE = {**RULE_OF_SITE, "tunnelEndpoint": "nowhere.example.com"}
GOOD = [
    (FILTER_LIST, "l1", {"filters": [TCP_80, {"source": "me", "destination": "192.0.2.1"}]}),
    (FILTER_ACTION, "a1", {"action": "negotiate", "softFallback": True}),
    (POLICY, "p1", {"pollingIntervalMinutes": 30, "masterPfs": True}),
    (RULE, "r1", RULE_OF_SITE),
    (FILTER_LIST, "l2", {"description": "für später", "filters": []}),
]


def at_once(site, wanted):
    """Create all of them at the same time; a state or the error of each."""

    def one(index):
        kind, name, program = wanted[index]
        try:
            return site.engine.create(
                site.engine.urn(kind, name), site.engine.check(site.engine.urn(kind, name), program)
            )
        except StepFailed as failed:
            return failed

    return in_threads(len(wanted), one)


@pytest.mark.parametrize("bad", [(0,), (2,), (0, 3), (0, 1, 2)])
def test_what_the_host_refuses_harms_nothing_else(site, bad):
    """Whether netsh goes on after a line that failed, or stops there."""
    site.furnish()
    wanted = list(GOOD)
    for number, place in enumerate(bad):
        wanted.insert(place, (RULE, f"bad{number}", NOWHERE))
    results = at_once(site, wanted)
    for (_, name, _), result in zip(wanted, results, strict=True):
        if name.startswith("bad"):
            assert isinstance(result, StepFailed)
            assert "tunnelEndpoint" in result.text
        else:
            site.settled(result)
    assert len(site.dump("add rule")) == 1


def test_a_whole_program_at_once(site):
    """Policies, lists, actions and the rules that name them, all in one go: those that are early wait."""
    wanted = [
        *(
            (RULE, f"r{index}", {"policy": "web", "filterList": f"l{index}", "filterAction": "stop"})
            for index in range(4)
        ),
        *((FILTER_LIST, f"l{index}", {"filters": [{**TCP_80, "destinationPort": index}]}) for index in range(4)),
        (FILTER_ACTION, "stop", {"action": "block"}),
        (POLICY, "web", {"pollingIntervalMinutes": 30}),
    ]
    before = site.host.messages
    states = at_once(site, wanted)
    assert site.host.messages - before <= 24
    for state in states:
        site.settled(state)
    assert len(site.dump("add rule")) == 4


def test_a_whole_program_goes_at_once(site):
    """Lists and actions in use wait for the rules that go in the same run."""
    wanted = [
        (POLICY, "web", {}),
        (FILTER_LIST, "ports", {"filters": [TCP_80]}),
        (FILTER_ACTION, "stop", {"action": "block"}),
    ]
    states = [*at_once(site, wanted), *at_once(site, [(RULE, f"r{index}", RULE_OF_SITE) for index in range(3)])]
    in_threads(len(states), lambda index: site.engine.destroy(states[index]))
    assert site.dump("add") == []


def test_many_descriptions_are_cleared_at_once(site):
    """In every kind of object, in one batch, however netsh takes an empty one."""
    programs = [
        (FILTER_LIST, "l", {"filters": [TCP_80]}),
        (FILTER_ACTION, "a", {"action": "permit"}),
        (POLICY, "p", {"masterPfs": True}),
    ]
    described = [(kind, name, {**program, "description": "d"}) for kind, name, program in programs]
    states = at_once(site, described)
    cleared = in_threads(3, lambda index: site.up(*programs[index], states[index]))
    for state in cleared:
        assert "description" not in site.settled(state).inputs
    assert not any("description" in line for line in site.dump("add"))
