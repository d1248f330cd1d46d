"""Inputs as users might write them, and stores as hosts might hold them, at random."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from property_cases import SIDES, WORDS
from store_scene import a_call, a_list, a_policy, a_rule, a_store, an_action, checked, failures, guid
from winipsec.model.filters import Filter, port
from winipsec.model.methods import Esp, Kerberos, MainModeMethod, PresharedKey, RootCa, SecurityMethod
from winipsec.model.policies import DefaultRule

few = settings(max_examples=30, deadline=None)
"""Examples enough to tell, few enough to wait for."""

flags = st.booleans()
loose_flags = st.sampled_from([True, False, "true", "False"])
words = st.text("abXY09 -_%&()é", min_size=1, max_size=6).map(str.strip).filter(bool)
few_names = st.sampled_from(["a", "A", "b", "c c", "50% d"])
descriptions = st.none() | words
times = st.integers(1, 600)
lives = st.integers(0, 0xFFFFFFFF)
keys = st.text("abc 0-9%&", min_size=1, max_size=8).map(str.strip).filter(bool)


def _optional(**properties):
    return st.fixed_dictionaries({}, optional=properties)


def _merged(*parts):
    return st.tuples(*parts).map(lambda found: {key: item for part in found for key, item in part.items()})


# --- inputs -------------------------------------------------------------------------------------------------------

_sides = [spelling for normal, spellings in SIDES if ":" not in normal for spelling in spellings]
_servers = [spelling for word, spellings in WORDS for spelling in spellings if word != "me"]
sides = (
    st.fixed_dictionaries({"source": st.sampled_from(_sides), "destination": st.sampled_from(["me", "ME"])})
    | (st.fixed_dictionaries({"source": st.sampled_from(_servers), "destination": st.just("me")}))
    | st.fixed_dictionaries({"source": st.just("me"), "destination": st.sampled_from([*_sides, "dns"])})
)
ports = st.fixed_dictionaries(
    {"protocol": st.sampled_from(["tcp", "UDP", 6, 17.0])},
    optional={"sourcePort": st.integers(0, 3), "destinationPort": st.integers(0, 3) | st.just("80")},
) | _optional(protocol=st.sampled_from(["icmp", 47, "any", 0]))
filters = _merged(sides, ports, _optional(mirrored=loose_flags, description=descriptions))
filter_lists = st.lists(filters, max_size=5).filter(
    lambda items: not failures("FilterList", {"name": "x", "filters": items})
)
choices = st.sampled_from
esps = st.sampled_from([{"encryption": "3DES", "integrity": "sha1"}, {"encryption": "none", "integrity": "MD5"}])
offers = _merged(
    _optional(ah=choices(["md5", "SHA1"])) | st.fixed_dictionaries({"esp": esps}),
    _optional(lifetimeKilobytes=lives, lifetimeSeconds=lives),
).filter(lambda item: "ah" in item or "esp" in item)
auth_methods = st.lists(
    st.just({"kerberos": True})
    | keys.map(lambda key: {"presharedKey": key})
    | words.map(lambda name: {"rootCa": {"name": f"CN={name.encode('ascii', 'ignore').decode()}x"}}),
    min_size=1,
    max_size=3,
    unique_by=lambda item: next(iter(item)),
)
default_rules = _optional(
    active=loose_flags,
    sessionPfs=flags,
    securityMethods=st.lists(offers, min_size=1, max_size=2),
    authMethods=auth_methods,
)
main_mode = st.fixed_dictionaries(
    {
        "encryption": choices(["des", "3DES"]),
        "integrity": choices(["md5", "sha1"]),
        "dhGroup": choices(["group1", "Group2", "group14"]),
    }
)


_remotes = st.lists(choices([item for item in _sides if item not in {"any", "ANY"}]), min_size=1, max_size=2)
_services = st.lists(choices(["tcp/80", "UDP/1434", "tcp", "icmp", "proto/47"]), min_size=1, max_size=2)
_rules = st.fixed_dictionaries(
    {
        "name": words,
        "filterList": st.fixed_dictionaries({"filters": filter_lists}, optional={"description": descriptions}),
        "filterAction": choices([{"action": "Block"}, {"action": "negotiate"}]),
    },
    optional={"active": loose_flags, "connectionType": choices(["all", "LAN"])},
)
_scenarios = _optional(
    block=st.lists(
        _merged(
            st.fixed_dictionaries({"ports": _services}),
            _optional(direction=choices(["in", "OUT", "both"]), remotes=_remotes),
        ),
        max_size=2,
    ),
    allowOnly=_merged(
        st.fixed_dictionaries({"ports": _services}),
        _optional(
            remotes=_remotes,
            outbound=st.lists(st.fixed_dictionaries({"ports": _services, "destinations": _remotes}), max_size=1),
        ),
    ),
    isolate=st.fixed_dictionaries(
        {"exempt": st.lists(choices(["10.0.0.1", "10.2.0.0/16", "DNS"]), max_size=2)},
        optional={"mode": choices(["request", "Require"]), "methods": choices([["integrity-sha1"], ["AH-md5"]])},
    ),
    rules=st.lists(_rules, max_size=2),
    management=choices(["any", "none", {}, {"sources": ["10.0.0.0/8"], "ports": ["22"]}]),
    revertAfter=choices([0, 120, "300"]),
)


def _ascii(text):
    return text.encode("ascii", "ignore").decode().strip() or "x"


def named(kind, names=words):
    """Inputs of one resource that Check accepts."""
    return st.one_of(INPUTS[kind](names)).filter(lambda news: not failures(kind, news))


INPUTS = {
    "FilterList": lambda names: st.fixed_dictionaries(
        {"name": names}, optional={"description": descriptions, "filters": filter_lists}
    ),
    "FilterAction": lambda names: _merged(
        st.fixed_dictionaries({"name": names}, optional={"description": descriptions}),
        st.fixed_dictionaries({"action": choices(["permit", "Block"])})
        | st.fixed_dictionaries(
            {"action": st.just("negotiate")},
            optional={
                "securityMethods": st.lists(offers, min_size=1, max_size=3),
                "sessionPfs": loose_flags,
                "inboundPassThrough": loose_flags,
                "softFallback": loose_flags,
            },
        ),
    ),
    "Policy": lambda names: st.fixed_dictionaries(
        {"name": names.map(_ascii)},
        optional={
            "description": descriptions,
            "masterPfs": loose_flags,
            "quickModesPerMainMode": st.integers(0, 9),
            "mainModeLifetimeMinutes": times,
            "pollingIntervalMinutes": times | times.map(float),
            "mainModeMethods": st.lists(main_mode, min_size=1, max_size=3),
            "defaultRule": default_rules,
        },
    ),
    "Rule": lambda names: st.fixed_dictionaries(
        {
            "name": names.map(_ascii),
            "policy": st.sampled_from(["p", "P", guid(0x10)]),
            "filterList": st.sampled_from(["l", "L", guid(0x20)]),
            "filterAction": st.sampled_from(["n", "N", guid(0x30)]),
        },
        optional={
            "description": descriptions.map(lambda text: text and _ascii(text)),
            "active": loose_flags,
            "connectionType": choices(["all", "LAN", "dialup"]),
            "tunnelEndpoint": choices(["10.0.0.9", "FD00:0::9", "gw.example.com"]),
            "authMethods": auth_methods,
        },
    ),
    "Filter": lambda _: _merged(
        st.fixed_dictionaries({"filterList": choices(["l", "L", guid(0x20)])}),
        sides,
        ports,
        _optional(mirrored=loose_flags, description=descriptions),
    ),
    "PolicyAssignment": lambda _: st.fixed_dictionaries(
        {"policy": choices(["p", "P", guid(0x10)])}, optional={"allowManagementCut": loose_flags}
    ),
}
INPUTS["HostPolicy"] = lambda names: _merged(INPUTS["Policy"](names), _scenarios)


def normal_inputs(kind, names=words):
    """The same, in normal form."""
    return named(kind, names).map(lambda news: checked(kind, news, call=a_call(kind)))


# --- stores -------------------------------------------------------------------------------------------------------

_offers = st.lists(
    st.builds(SecurityMethod, st.none() | st.just("md5"), st.just(Esp("des", "sha1")), lives, lives),
    min_size=1,
    max_size=2,
).map(tuple)
_auth = st.lists(
    st.just(Kerberos()) | keys.map(PresharedKey) | st.just(RootCa("CN=R", certificate_mapping=True)),
    min_size=1,
    max_size=2,
    unique_by=type,
).map(tuple)
_texts = st.just("") | words
_filters = st.builds(
    lambda item, number, description: Filter(
        item.source,
        item.destination,
        17,
        port(0),
        port(number),
        item.mirrored,
        description,
        guid(0x1000 + number),
    ),
    st.builds(Filter, mirrored=flags),
    st.integers(1, 6),
    _texts,
)
filter_tuples = st.lists(_filters, max_size=4, unique_by=lambda item: item.guid).map(tuple)


@st.composite
def stores(draw):
    """A store with a policy `p`, a list `l` and an action `n`, and whatever else, some of it without a name of its own."""
    odd_names = st.sampled_from(["", "a", "a", "B", "b", "all"])
    items = [
        a_policy("p", guid(0x10), default_rule=draw(_default_rules), description=draw(_texts)),
        a_list("l", *draw(filter_tuples), guid=guid(0x20)),
        an_action("n", guid=guid(0x30)),
    ]
    for number in range(draw(st.integers(0, 3))):
        name = draw(odd_names)
        items += [
            a_policy(
                name,
                guid(0x11 + number),
                master_pfs=draw(flags),
                main_mode_methods=(MainModeMethod("des", "md5", "group1"),),
                default_rule=draw(_default_rules),
            ),
            a_list(name, *draw(filter_tuples), guid=guid(0x21 + number), description=draw(_texts)),
            an_action(
                name,
                "negotiate",
                guid(0x31 + number),
                security_methods=draw(_offers),
                soft_fallback=draw(flags),
                description=draw(_texts),
            ),
            a_rule(
                name,
                policy=guid(0x10),
                filter_list=guid(0x20),
                filter_action=guid(0x30),
                guid=guid(0x41 + number),
                auth_methods=draw(_auth),
                active=draw(flags),
            ),
        ]
    return a_store(*items, active=draw(st.sampled_from(["", guid(0x10)])))


_default_rules = st.builds(DefaultRule, flags, flags, _offers, _auth)
