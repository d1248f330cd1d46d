"""Any valid program ends with no difference, whatever the host is like in what nobody knows (design P4)."""

from fake_engine import in_threads
from hypothesis import HealthCheck, given, note, settings
from resource_site import FILTER, FILTER_LIST, RULE, cleared
from resource_values import hosts, legible, possible, single_filters

EXAMPLES = settings(
    settings.default,
    max_examples=min(15, settings.default.max_examples),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def levels(programs):
    """Rules come after what they refer to."""
    yield [key for key in programs if key[0] != RULE]
    yield [key for key in programs if key[0] == RULE]


def bring(site, programs, states):
    """One run: each level all at once, as the engine does it."""
    site.again()
    found = dict(states)
    for level in levels(programs):

        def one(index, level=level):
            kind, name = level[index]
            return site.up(kind, name, programs[kind, name], states.get((kind, name)))

        found.update(zip(level, in_threads(len(level), one), strict=True))
    return found


def unchanged(site, states):
    """The next run finds everything as it was left."""
    site.again()
    for state in states.values():
        found = site.engine.refresh(state)
        assert found is not None
        assert (found.inputs, found.outputs) == (state.inputs, state.outputs)
        assert not site.engine.diff(found, state.inputs).some


@EXAMPLES
@given(hosts())
def test_any_host_is_made_changed_and_removed(site, wanted):
    """Made at once, changed in place, removed: after each run there is no difference, and nothing left at the end."""
    cleared(site)
    states = {}
    for turn in (0, 1):
        programs = {
            (kind, legible(site, name)): possible(site, kind, pair[turn]) for (kind, name), pair in wanted.items()
        }
        note(programs)
        before = {key: state.id for key, state in states.items()}
        states = bring(site, programs, states)
        assert all(states[key].id == id for key, id in before.items())
        unchanged(site, states)
    for level in reversed(list(levels(states))):
        in_threads(len(level), lambda index, level=level: site.engine.destroy(states[level[index]]))
    assert site.dump("add") == []


@EXAMPLES
@given(single_filters())
def test_any_filters_come_and_go_by_themselves(site, wanted):
    """Side by side in one list, each its own resource; somebody else's filter stays."""
    cleared(site)
    site.up(FILTER_LIST, "shared", {})
    site.console("add filter filterlist=shared srcaddr=198.51.100.1 dstaddr=me protocol=tcp dstport=4711")
    programs = [{"filterList": "shared", **item} for item in wanted]
    states = in_threads(len(programs), lambda index: site.up(FILTER, f"f{index}", programs[index]))
    unchanged(site, dict(enumerate(states)))
    in_threads(len(states), lambda index: site.engine.destroy(states[index]))
    assert len(site.dump("add filter ")) == 1
