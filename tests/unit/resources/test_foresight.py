"""Previews in which some inputs are not known yet: the others are not judged as if those would never come."""

import pytest
from property_cases import BASES
from store_scene import REACHED, RESOURCES, SCENE, FakeHost, SceneProvider, a_call, a_store, checked
from winipsec.errors import Refused
from winipsec.resources.values import UNKNOWN

ASSIGNED = {"policy": "P"}
CUT = Refused("the way in would close.", code="management.cut")


def previewed(host, *resources):
    """What the last of several creations of one preview says: kind, name, inputs."""
    provider = SceneProvider(host)
    for kind, name, inputs in resources:
        call = a_call(kind, name, provider=provider, preview=True)
        RESOURCES[kind].create(inputs, call)
    return call.log


def unknown(kind="FilterList", **more):
    """A resource of which something is not known yet."""
    return (kind, "jump", {**checked(kind, BASES[kind]), "description": UNKNOWN, **more})


def assignment():
    """The assignment of a policy that would close the way in."""
    return ("PolicyAssignment", "a", checked("PolicyAssignment", ASSIGNED))


@pytest.mark.parametrize("where", [{}, {"connection": UNKNOWN}])
def test_what_is_refused_for_want_of_an_unknown_resource_is_warned_of(where):
    """It may be the one that permits the way in; the update knows, and asks again."""
    host = FakeHost(SCENE)
    host.refusal = CUT
    (warning,) = previewed(host, unknown(**where), assignment()).of("warning")
    assert "as far as is known, the way in would close." in warning
    assert "Not counted: jump, whose inputs are not known yet." in warning


def test_an_unknown_resource_of_another_host_counts_for_nothing():
    """Neither does one that may do as it likes."""
    host = FakeHost(SCENE)
    host.refusal = CUT
    with pytest.raises(Refused):
        previewed(host, unknown(connection={**REACHED, "host": "web2"}), assignment())


def test_the_report_names_what_is_not_counted():
    """Otherwise what is about to be permitted would be said to be cut."""
    host = FakeHost(a_store(*SCENE.policies.values(), *SCENE.rules.values(), *SCENE.filter_lists.values()))
    host.store = SCENE
    (text,) = previewed(host, unknown(), assignment()).of("info")
    assert text.startswith("Traffic: ")
    assert text.endswith("Not counted: jump, whose inputs are not known yet.")


def test_a_whole_policy_of_which_something_is_unknown_says_that_nothing_is_counted():
    """Rather than nothing at all."""
    (text,) = previewed(FakeHost(SCENE), ("HostPolicy", "p", unknown("HostPolicy")[2])).of("info")
    assert text == "Traffic: not computed, since inputs of this resource are not known yet."


def test_a_whole_policy_that_no_host_takes_back_is_not_said_to_be_taken_back():
    """With `revertAfter: 0` the update refuses what cuts the way in, so there is no silence to announce."""
    host = FakeHost(SCENE)
    host.refusal = CUT
    whole = checked("HostPolicy", {"name": "Q", "block": [{"ports": ["udp/1434"]}], "revertAfter": 0})
    (warning,) = previewed(host, unknown(), ("HostPolicy", "q", whole)).of("warning")
    assert "as far as is known" in warning
    assert "stays silent" not in warning
