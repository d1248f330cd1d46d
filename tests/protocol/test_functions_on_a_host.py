"""The functions about traffic, asked over the wire of the engine about a host of the lab."""

import pytest
from policy_console import furnish
from records import CheckFailed

EXPLAIN, DIFFERENCE = "winipsec:index:explainTraffic", "winipsec:index:getTrafficDifference"
SMB = {"from": "203.0.113.9", "to": "me", "protocol": "tcp", "port": 445}


@pytest.fixture
def guarded(site):
    """The site's host, which blocks one port and has a second policy that is not assigned."""
    furnish(site.host, ("smb", "block", "any>me tcp 445 2w"), policy="Guard")
    site.console('add policy name="Idle"')
    return site


def test_explain_asks_the_host(guarded):
    """Rule and policy as netsh made them; ports come back as whole numbers."""
    found = guarded.engine.invoke(EXPLAIN, SMB)
    assert (found["verdict"], found["policy"], found["decider"]["rule"]) == ("blocked", "Guard", "smb")
    assert found["packet"]["localPort"] == 445
    assert guarded.engine.invoke(EXPLAIN, {**SMB, "policy": "Idle"})["verdict"] == "clear"


def test_a_difference_on_one_host(guarded):
    """From what is in force to a policy that is only in the store."""
    found = guarded.engine.invoke(DIFFERENCE, {"after": {"policy": "Idle"}})
    assert (found["count"], found["changes"][0]["change"]) == (1, "opened")
    assert found["summary"] == "Traffic: 1 change (1 opened)."


def test_the_way_to_a_host_makes_nothing_secret(guarded):
    """A password inside `before` or `after` is no reason to hide the answer."""
    connection = guarded.configuration
    found = guarded.engine.invoke(DIFFERENCE, {"before": {"unassigned": True}, "after": {"connection": connection}})
    assert found["summary"] == "Traffic: 1 change (1 cut)."


def test_a_bad_question_is_a_failure_of_one_argument(guarded):
    """The engine is told which."""
    with pytest.raises(CheckFailed) as failed:
        guarded.engine.invoke(EXPLAIN, {**SMB, "port": 0})
    assert "port" in str(failed.value)
