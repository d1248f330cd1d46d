"""Filter lists on a simulated host: made, changed, changed by others, imported, removed."""

import copy

import pytest
from fake_engine import in_threads
from records import CheckFailed, StepFailed
from resource_site import FILTER, FILTER_LIST, TCP_80

WEB = {
    "name": "web",
    "filters": [
        {"source": "any", "destination": "me", "protocol": "tcp", "destinationPort": 80},
        {"source": "10.1.0.0/16", "destination": "me", "protocol": "udp", "sourcePort": 500, "mirrored": False},
        {"source": "me", "destination": "192.0.2.7", "description": "the printer"},
    ],
}
LIST = 'filterlist="web"'


def edited(index=None, /, **changes):
    """The list, or one of its filters, with other values; None takes a value out."""
    program = copy.deepcopy(WEB)
    target = program if index is None else program["filters"][index]
    for name, value in changes.items():
        if value is None:
            target.pop(name)
        else:
            target[name] = value
    return program


def printed(source, destination, protocol="any", mirrored="yes", ports=(0, 0), more=""):
    """A filter of the list as the host's own tool prints it."""
    return (
        f'add filter {LIST} srcaddr={source} dstaddr={destination} protocol="{protocol}" mirrored="{mirrored}" '
        f'srcport="{ports[0]}" dstport="{ports[1]}"{more}'
    )


SUBNET = '"10.1.0.0" srcmask="255.255.0.0"'
FIRST = printed('"any"', '"me"', 6, ports=(0, 80))
SECOND = printed(SUBNET, '"me"', 17, "no", (500, 0))
THIRD = printed('"me"', '"192.0.2.7"', more=' description="the printer"')

UPDATES = {
    "name": (edited(name="the web"), {"name": "UPDATE"}, None),
    "description": (edited(description="who may come"), {"description": "ADD"}, {FIRST, SECOND, THIRD}),
    "filters": (edited(filters=WEB["filters"][:2]), {"filters[2]": "DELETE"}, {FIRST, SECOND}),
    "filters.source": (
        edited(1, source="10.2.0.0/16"),
        {"filters[1].source": "UPDATE"},
        {FIRST, SECOND.replace("10.1.", "10.2."), THIRD},
    ),
    "filters.destination": (
        edited(2, destination="192.0.2.8"),
        {"filters[2].destination": "UPDATE"},
        {FIRST, SECOND, THIRD.replace("2.7", "2.8")},
    ),
    "filters.protocol": (
        edited(2, protocol="icmp"),
        {"filters[2].protocol": "UPDATE"},
        {FIRST, SECOND, THIRD.replace('"any"', '"1"')},
    ),
    "filters.sourcePort": (
        edited(1, sourcePort=501),
        {"filters[1].sourcePort": "UPDATE"},
        {FIRST, SECOND.replace('"500"', '"501"'), THIRD},
    ),
    "filters.destinationPort": (
        edited(0, destinationPort=81),
        {"filters[0].destinationPort": "UPDATE"},
        {FIRST.replace('"80"', '"81"'), SECOND, THIRD},
    ),
    "filters.mirrored": (
        edited(1, mirrored=True),
        {"filters[1].mirrored": "UPDATE"},
        {FIRST, SECOND.replace('"no"', '"yes"'), THIRD},
    ),
    "filters.description": (
        edited(2, description=None),
        {"filters[2].description": "DELETE"},
        {FIRST, SECOND, THIRD.replace(' description="the printer"', "")},
    ),
}
FIRST_GONE = f"delete filter {LIST} srcaddr=any dstaddr=me protocol=tcp mirrored=yes srcport=0 dstport=80"
SECOND_GONE = (
    f"delete filter {LIST} srcaddr=10.1.0.0 srcmask=255.255.0.0 dstaddr=me protocol=udp mirrored=no srcport=500 "
    "dstport=0"
)
THIRD_GONE = (
    f"delete filter {LIST} srcaddr=me dstaddr=192.0.2.7 dstmask=255.255.255.255 protocol=any mirrored=yes srcport=0 "
    "dstport=0"
)


def back(line, **values):
    """The command that adds a filter which was just deleted, with other values."""
    words = [word.partition("=") for word in line.replace("delete", "add").split(" ")]
    kept = [f"{name}={values.get(name, value)}" if equals else name for name, equals, value in words]
    return " ".join([*kept, *(f"{name}={values[name]}" for name in values if f"{name}=" not in line)])


DRIFTS = {
    "name": (['set filterlist name="web" newname="net"'], {"name": "UPDATE"}),
    "description": (['set filterlist name="web" description="hm"'], {"description": "DELETE"}),
    "filters": ([FIRST_GONE], {"filters[0]": "ADD"}),
    "filters.source": ([SECOND_GONE, back(SECOND_GONE, srcmask="255.0.0.0")], {"filters[1].source": "UPDATE"}),
    "filters.destination": (
        [THIRD_GONE, back(THIRD_GONE, dstaddr="192.0.2.9", description='"the printer"')],
        {"filters[2].destination": "UPDATE"},
    ),
    "filters.protocol": ([FIRST_GONE, back(FIRST_GONE, protocol="udp")], {"filters[0].protocol": "UPDATE"}),
    "filters.sourcePort": ([SECOND_GONE, back(SECOND_GONE, srcport="501")], {"filters[1].sourcePort": "UPDATE"}),
    "filters.destinationPort": ([FIRST_GONE, back(FIRST_GONE, dstport="81")], {"filters[0].destinationPort": "UPDATE"}),
    "filters.mirrored": ([FIRST_GONE, back(FIRST_GONE, mirrored="no")], {"filters[0].mirrored": "UPDATE"}),
    "filters.description": ([THIRD_GONE, back(THIRD_GONE)], {"filters[2].description": "ADD"}),
}


@pytest.mark.parametrize("path", UPDATES)
def test_every_property_changes_in_place(site, path):
    """The object keeps its GUID, the host's own tool shows the new filters, and back again."""
    program, changes, shown = UPDATES[path]
    state = site.up(FILTER_LIST, "l", WEB)
    inputs = site.engine.check(state.urn, program, state.inputs)
    assert site.engine.diff(state, inputs).changes == changes
    changed = site.up(FILTER_LIST, "l", program, state)
    assert changed.id == state.id
    site.settled(changed)
    lines = site.dump("add filter ")
    assert (set(lines) == shown) if shown else all('filterlist="the web"' in line for line in lines)
    again = site.up(FILTER_LIST, "l", WEB, changed)
    assert again.id == state.id
    site.settled(again)
    assert set(site.dump("add filter ")) == {FIRST, SECOND, THIRD}


@pytest.mark.parametrize("path", DRIFTS)
def test_drift_shows_at_its_path_and_is_repaired(site, path):
    """What somebody else changed by netsh is one difference, and an update takes it back."""
    lines, changes = DRIFTS[path]
    state = site.up(FILTER_LIST, "l", WEB)
    site.console(*lines)
    found, seen = site.drift(state)
    assert seen == changes
    repaired = site.up(FILTER_LIST, "l", WEB, found)
    assert repaired.id == state.id
    site.settled(repaired)
    assert set(site.dump("add filter ")) == {FIRST, SECOND, THIRD}


@pytest.mark.parametrize(
    ("filters", "path"),
    [
        ([{"destination": "me"}], "filters[0].source"),
        ([{**TCP_80, "protocol": "any"}], "filters[0].destinationPort"),
        ([{"source": "any", "destination": "dns"}], "filters[0].destination"),
        ([{"source": "me", "destination": "me"}], "filters[0].destination"),
        ([{"source": "10.0.0.9-10.0.0.1", "destination": "me"}], "filters[0].source"),
        ([{"source": "10.0.0.1", "destination": "2001:db8::1"}], "filters[0].destination"),
        ([TCP_80, {"source": "any", "destination": "me", "protocol": 6, "destinationPort": "80"}], "filters[1]"),
    ],
)
def test_filters_that_netsh_would_refuse(site, filters, path):
    """They are refused at their paths, and nothing is sent."""
    with pytest.raises(CheckFailed) as failed:
        site.up(FILTER_LIST, "l", {"filters": filters})
    assert set(failed.value.failures) == {path}
    assert site.dump("add") == []


def test_a_list_without_filters_leaves_them_alone(site):
    """Others may fill it; an empty list of filters empties it."""
    state = site.up(FILTER_LIST, "l", {"description": "theirs"})
    site.console("add filter filterlist=l srcaddr=any dstaddr=me protocol=tcp dstport=80")
    found, changes = site.drift(state)
    assert changes == {}
    assert "filters" not in found.inputs
    changed = site.settled(site.up(FILTER_LIST, "l", {"description": "still theirs"}, found))
    assert len(site.dump("add filter ")) == 1
    site.settled(site.up(FILTER_LIST, "l", {"filters": []}, changed))
    assert site.dump("add filter ") == []


def test_the_order_of_filters_means_nothing(site):
    """Neither in the program nor on the host."""
    state = site.up(FILTER_LIST, "l", WEB)
    site.console(FIRST_GONE, back(FIRST_GONE))
    found, changes = site.drift(state)
    assert changes == {}
    assert found.inputs == state.inputs
    before = site.content()
    site.up(FILTER_LIST, "l", {**WEB, "filters": WEB["filters"][::-1]}, found)
    assert site.content() == before


def test_a_filter_cannot_stand_beside_a_list_that_owns_its_filters(site):
    """Whoever comes second is told, with the name of the other."""
    site.up(FILTER_LIST, "l", WEB)
    with pytest.raises(CheckFailed, match="FilterList::l"):
        site.up(FILTER, "f", {"filterList": "web", "source": "any", "destination": "me"})


@pytest.mark.parametrize("how", ["guid", "name", "capitals", "host/guid", "host/name"])
def test_import(site, how):
    """By GUID or by name, with or without the host in front; all filters come along."""
    made = site.up(FILTER_LIST, "l", WEB)
    id = {
        "guid": made.id.upper(),
        "name": "web",
        "capitals": "WEB",
        "host/guid": f"//{site.host.address}/{made.id}",
        "host/name": f"//{site.host.address}/web",
    }[how]
    state = site.imported(FILTER_LIST, "l", id)
    assert state.id == made.id
    assert not site.engine.diff(state, made.inputs).some


def test_a_list_in_use_is_not_deleted(site):
    """The message names the rule; the list and its filters stay."""
    _, filters, _ = site.furnish()
    site.console('add rule name="theirs" policy="web" filterlist="ports" filteraction="stop" kerberos=yes')
    with pytest.raises(StepFailed, match="'theirs' of policy 'web'"):
        site.engine.destroy(filters)
    assert len(site.dump("add filter ")) == 1


def test_a_hundred_filters_travel_at_once(site):
    """Messages do not grow with the number of filters."""
    filters = [{"source": f"10.{index}.0.0/16", "destination": "me"} for index in range(100)]
    site.up(FILTER_LIST, "warm", {})
    before = site.host.messages
    state = site.up(FILTER_LIST, "l", {"filters": filters})
    assert site.host.messages - before <= 6
    site.settled(state)
    assert len(site.dump("add filter ")) == 100


@pytest.mark.parametrize("together", [True, False])
def test_two_resources_whose_names_differ_in_case(site, together):
    """The second is told of the first, not to import what is made here already."""
    names = ["Web", "web"]
    told = []

    def one(at):
        try:
            site.up(FILTER_LIST, f"l{at}", {"name": names[at]})
        except StepFailed as failed:
            told.append(failed.text)

    if together:
        in_threads(2, one)
    else:
        one(0)
        one(1)
    (text,) = told
    assert "another resource of this program" in text
    assert "pulumi import" not in text


def test_names_that_change_places(site):
    """They cannot in one run; the message says how."""
    states = [site.up(FILTER_LIST, f"l{at}", {"name": name}) for at, name in enumerate("AB")]

    def one(at):
        with pytest.raises(StepFailed, match="a third name in a run before"):
            site.up(FILTER_LIST, f"l{at}", {"name": "BA"[at]}, states[at])

    in_threads(2, one)
    first = site.up(FILTER_LIST, "l0", {"name": "C"}, states[0])
    second = site.settled(site.up(FILTER_LIST, "l1", {"name": "A"}, states[1]))
    first = site.settled(site.up(FILTER_LIST, "l0", {"name": "B"}, first))
    assert (first.id, second.id) == (states[0].id, states[1].id)
