"""Single filters, in lists that others also edit, on a simulated host."""

import pytest
from records import CheckFailed, StepFailed
from resource_site import FILTER, FILTER_LIST

SNMP = {"filterList": "shared", "source": "10.0.0.0/8", "destination": "me", "protocol": "udp", "destinationPort": 161}
THEIRS = "add filter filterlist=shared srcaddr=any dstaddr=me protocol=tcp dstport=443 mirrored=yes srcport=0"
OURS_GONE = (
    "delete filter filterlist=shared srcaddr=10.0.0.0 srcmask=255.0.0.0 dstaddr=me protocol=udp mirrored=yes srcport=0 "
    "dstport=161"
)

REPLACEMENTS = {
    "filterList": {"filterList": "other"},
    "source": {"source": "10.0.0.1-10.0.0.9"},
    "destination": {"source": "me", "destination": "10.0.0.0/8"},
    "protocol": {"protocol": "tcp"},
    "sourcePort": {"sourcePort": 1024},
    "destinationPort": {"destinationPort": 162},
    "mirrored": {"mirrored": False},
}


@pytest.fixture
def shared(site):
    """A site with a list that somebody else has put a filter into, and another list."""
    site.console("add filterlist name=shared", THEIRS, "add filterlist name=other")
    return site


def filters(site, name="shared"):
    """How many filters a list has on the host."""
    return len(site.dump(f'add filter filterlist="{name}"'))


def test_a_filter_comes_and_goes_and_others_stay(shared):
    """It is added to what is there; its id is the list's GUID and its own."""
    state = shared.up(FILTER, "snmp", SNMP)
    owner, _, guid = state.id.partition("/")
    assert state.outputs["filterListGuid"] == owner
    assert len(guid) == len(owner) == 38
    assert filters(shared) == 2
    shared.settled(state)
    shared.gone(state)
    assert filters(shared) == 1


def test_a_missing_list_is_not_made(site):
    """A misspelt name must not make one, as netsh would."""
    with pytest.raises(StepFailed, match=r"filterList: there is no filter list 'shraed'"):
        site.up(FILTER, "f", {**SNMP, "filterList": "shraed"})
    assert site.dump("add") == []


@pytest.mark.parametrize("name", REPLACEMENTS)
def test_every_field_makes_another_filter(shared, name):
    """The new one is there before the old one goes; the other filters stay."""
    state = shared.up(FILTER, "snmp", SNMP)
    program = {**SNMP, **REPLACEMENTS[name]}
    inputs = shared.engine.check(state.urn, program, state.inputs)
    change = shared.engine.diff(state, inputs)
    assert set(change.changes) == set(REPLACEMENTS[name])
    assert name in change.replaces
    assert not change.delete_before_replace
    changed = shared.up(FILTER, "snmp", program, state)
    assert changed.id != state.id
    shared.settled(changed)
    assert filters(shared) + filters(shared, "other") == 2


def test_a_range_takes_the_place_of_an_address_in_it(shared):
    """The old filter goes first: beside the range it could not be told from the range's own subnets."""
    state = shared.up(FILTER, "snmp", {**SNMP, "source": "192.0.2.5"})
    for source in ("192.0.2.5-192.0.2.9", "192.0.2.8"):
        inputs = shared.engine.check(state.urn, {**SNMP, "source": source}, state.inputs)
        assert shared.engine.diff(state, inputs).delete_before_replace
        state = shared.up(FILTER, "snmp", {**SNMP, "source": source}, state)
        assert shared.settled(state).inputs["source"] == source
        assert filters(shared) == 2


def test_the_description_changes_in_place(shared):
    """Given, changed and taken away again."""
    state = shared.up(FILTER, "snmp", SNMP)
    for program in ({**SNMP, "description": "a b"}, {**SNMP, "description": "c"}, SNMP):
        state = shared.up(FILTER, "snmp", program, state)
        state = shared.refresh(state)
        assert state.inputs.get("description") == program.get("description")
        assert not shared.engine.diff(state, shared.engine.check(state.urn, program, state.inputs)).some
        assert filters(shared) == 2
    shared.gone(state)
    assert filters(shared) == 1


@pytest.mark.parametrize("again", ["description=now", ""])
def test_a_filter_made_anew_by_others_is_the_same(shared, again):
    """Another GUID for the same traffic; another description is a difference at its path, and is repaired."""
    state = shared.up(FILTER, "snmp", {**SNMP, "description": "ours"})
    shared.console(OURS_GONE, f"{OURS_GONE.replace('delete', 'add')} {again}")
    found, changes = shared.drift(state)
    assert changes == {"description": "UPDATE" if again else "ADD"}
    repaired = shared.up(FILTER, "snmp", {**SNMP, "description": "ours"}, found)
    assert shared.refresh(repaired).inputs == state.inputs
    assert filters(shared) == 2


def test_drift_of_what_it_matches_means_that_it_is_gone(shared):
    """A filter has no identity beyond what it matches: with another port it is another filter, and comes back."""
    state = shared.up(FILTER, "snmp", SNMP)
    shared.console(OURS_GONE, OURS_GONE.replace("delete", "add").replace("161", "162"))
    assert shared.engine.refresh(state) is None
    shared.settled(shared.up(FILTER, "snmp", SNMP))
    assert filters(shared) == 3


def test_a_filter_that_is_there_already_is_refused(shared):
    """With the id under which it can be imported, which then changes nothing."""
    program = {"filterList": "shared", "source": "any", "destination": "me", "protocol": "tcp", "destinationPort": 443}
    with pytest.raises(StepFailed, match="exists already") as failed:
        shared.up(FILTER, "https", program)
    id = next(word for word in failed.value.text.split() if word.strip("().,").count("}/{")).strip("().,")
    state = shared.imported(FILTER, "https", id)
    inputs = shared.engine.check(state.urn, program, state.inputs)
    assert not [path for path in shared.engine.diff(state, inputs).changes if path != "filterList"]
    assert filters(shared) == 1


def test_two_resources_for_one_filter(shared):
    """The second is refused as a mistake of the program."""
    shared.up(FILTER, "one", SNMP)
    with pytest.raises(StepFailed, match="exists already"):
        shared.up(FILTER, "two", SNMP)


@pytest.mark.parametrize("how", ["guid", "name", "capitals", "host"])
def test_import(shared, how):
    """By the list's name or GUID and the filter's GUID."""
    made = shared.up(FILTER, "snmp", {**SNMP, "description": "d"})
    guid = made.id.partition("/")[2]
    id = {
        "guid": made.id,
        "name": f"shared/{guid}",
        "capitals": f"SHARED/{guid.upper()}",
        "host": f"//{shared.host.address}/shared/{guid}",
    }[how]
    state = shared.imported(FILTER, "snmp", id)
    assert state.id == made.id
    assert not shared.engine.diff(state, made.inputs).some


def test_import_of_what_is_not_there(shared):
    """Neither the list nor the filter."""
    shared.again()
    for id in ("shared/{00000000-0000-0000-0000-000000000001}", "nowhere/{00000000-0000-0000-0000-000000000001}", "x"):
        assert shared.engine.import_(FILTER, "f", id) is None


def test_a_list_named_by_its_guid(shared):
    """A reference may be a GUID, and changes to the name without writing anything."""
    made = shared.up(FILTER, "snmp", SNMP)
    guid = made.outputs["filterListGuid"]
    by_guid = shared.up(FILTER, "icmp", {**SNMP, "filterList": guid, "destinationPort": 162})
    shared.settled(by_guid)
    before = shared.content()
    change = shared.engine.diff(by_guid, {**by_guid.inputs, "filterList": "shared"})
    assert change.changes == {"filterList": "UPDATE"}
    renamed = shared.up(FILTER, "icmp", {**SNMP, "destinationPort": 162}, by_guid)
    assert renamed.id == by_guid.id
    assert shared.content() == before


def test_a_twin_of_somebody_else_survives(shared):
    """Deleting goes by value and so takes both; the other one comes back with its description."""
    state = shared.up(FILTER, "snmp", SNMP)
    if shared.guess("netsh.duplicate_filter") == "refused":
        return  # such a host has no twins
    shared.console(f"{OURS_GONE.replace('delete', 'add')} description=theirs")
    state = shared.up(FILTER, "snmp", {**SNMP, "description": "ours"}, state)
    assert filters(shared) == 3
    shared.engine.destroy(state)
    assert filters(shared) == 2
    assert any('description="theirs"' in line for line in shared.dump("add filter "))


def test_a_list_that_owns_its_filters_refuses_more(site):
    """In Check, with the name of the owner."""
    site.up(FILTER_LIST, "owner", {"name": "owned", "filters": []})
    with pytest.raises(CheckFailed, match="FilterList::owner"):
        site.up(FILTER, "f", {**SNMP, "filterList": "Owned"})
