"""What the tests do to a host: create, change and delete one object of each kind, and all of them at once.

Each `Case` says what a program asks for, before and after a change, and what has to be found on the host then. The
expected values are written down here from the property's meaning and the lab's own words for what is stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import crash_scene as scene
from crash_scene import REVERT_AFTER, Look
from protocol_values import Secret
from winipsec_lab.store.values import ACTION, BLOCK, FILTER_LIST, MAIN_MODE, NEGOTIATE, PERMIT, POLICY, RULE

KEY, OTHER_KEY = "canary-key-of-the-tunnel-1", "canary-key-of-the-tunnel-2"
Properties = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One object and its life.

    Attributes:
        kind: Type token.
        before: Inputs of the program that creates it.
        after: Inputs of the program that changes it.
        look: What there is of it on the host.
        made: What `look` must give after `before`.
        changed: What it must give after `after`.
        gone: What it gives where there is none.
        objects: How many objects of each kind Windows stores for it.
        filters_of: The foreign list that it adds to.
        rival: What somebody else types to make another object of that name; empty where names play no part.
        more: How many objects the change adds.
        between: What `look` may give half way, where the engine makes the change in two steps of its own.
    """

    kind: str
    before: Properties
    after: Properties
    look: Callable[[Look], Any]
    made: Any
    changed: Any
    gone: Any
    objects: Counter[str]
    filters_of: str = ""
    rival: str = ""
    more: Counter[str] = field(default_factory=Counter)
    between: Any = None

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.kind.rpartition(":")[2].lower()

    @property
    def assigns(self) -> bool:
        """Whether it is about the active policy, so that it goes under a confirmed commit."""
        return self.kind.endswith(("Assignment", "HostPolicy"))

    def program(self, verb: str) -> Properties | None:
        """The inputs that a verb leads to; None where the resource is taken out of the program."""
        return {"create": self.before, "change": self.after, "delete": None}[verb]

    def wanted(self, verb: str) -> Any:
        """What has to be found after a verb."""
        return {"create": self.made, "change": self.changed, "delete": self.gone}[verb]

    def objects_after(self, verb: str) -> Counter[str]:
        """How many objects of each kind there are after a verb."""
        return {"create": self.objects, "change": self.objects + self.more, "delete": Counter[str]()}[verb]


def _filter(**fields: Any) -> Properties:
    return {"source": "any", "destination": "me", **fields}


_WORM = _filter(protocol="udp", destinationPort=1434, mirrored=False)
_BACK = _filter(source="me", destination="any", protocol="udp", destinationPort=1434, mirrored=False)
_OFFICE = _filter(source="10.0.0.0/8", protocol="tcp", destinationPort=445, description="files")
_SEAL = {"esp": {"encryption": "3des", "integrity": "sha1"}, "lifetimeKilobytes": 100000, "lifetimeSeconds": 3600}
_THEIRS = "10.9.0.0/255.255.0.0 -> me protocol 6 ports 0 -> 22 mirrored"
_RDP = "any -> me protocol 6 ports 0 -> 3389 mirrored"
_MOVED = "any -> me protocol 6 ports 0 -> 3390 mirrored # desk"

FILTER_LIST_CASE: Final = Case(
    "winipsec:index:FilterList",
    before={"name": "udp-1434", "description": "worm", "filters": [_WORM, _OFFICE]},
    after={"name": "udp-1434", "description": "worm, both ways", "filters": [_WORM, _BACK]},
    look=lambda look: scene.lists(look, "udp-1434"),
    made=[
        (
            "udp-1434",
            "worm",
            [
                "10.0.0.0/255.0.0.0 -> me protocol 6 ports 0 -> 445 mirrored # files",
                "any -> me protocol 17 ports 0 -> 1434",
            ],
        )
    ],
    changed=[
        (
            "udp-1434",
            "worm, both ways",
            ["any -> me protocol 17 ports 0 -> 1434", "me -> any protocol 17 ports 0 -> 1434"],
        )
    ],
    gone=[],
    objects=Counter({FILTER_LIST: 1}),
    rival='add filterlist name="UDP-1434" description="somebody else"',
)

FILTER_CASE: Final = Case(
    "winipsec:index:Filter",
    before=_filter(filterList=scene.THEIR_LIST, protocol="tcp", destinationPort=3389, description="desk"),
    after=_filter(filterList=scene.THEIR_LIST, protocol="tcp", destinationPort=3389, description="remote desk"),
    look=lambda look: scene.filters(look, scene.THEIR_LIST),
    made=[_THEIRS, f"{_RDP} # desk"],
    changed=[_THEIRS, f"{_RDP} # remote desk"],
    gone=[_THEIRS],
    objects=Counter(),
    filters_of=scene.THEIR_LIST,
    rival=f'add filter filterlist="{scene.THEIR_LIST}" srcaddr=any dstaddr=me protocol=TCP dstport=3389 '
    "description=theirs",
)

MOVED_FILTER_CASE: Final = Case(
    "winipsec:index:Filter",
    before=FILTER_CASE.before,
    after={**FILTER_CASE.before, "destinationPort": 3390},
    look=FILTER_CASE.look,
    made=FILTER_CASE.made,
    changed=[_THEIRS, _MOVED],
    between=[_THEIRS, f"{_RDP} # desk", _MOVED],
    gone=FILTER_CASE.gone,
    objects=FILTER_CASE.objects,
    filters_of=scene.THEIR_LIST,
)

FILTER_ACTION_CASE: Final = Case(
    "winipsec:index:FilterAction",
    before={"name": "secure", "description": "sealed", "action": "negotiate", "securityMethods": [_SEAL]},
    after={"name": "secure", "description": "closed", "action": "block"},
    look=lambda look: scene.actions(look, "secure"),
    made=[("sealed", NEGOTIATE, ["ESP[3DES,SHA1]:100000k/3600s"])],
    changed=[("closed", BLOCK, [])],
    gone=[],
    objects=Counter({ACTION: 1}),
    rival='add filteraction name="Secure" description="somebody else" action=permit',
)

POLICY_CASE: Final = Case(
    "winipsec:index:Policy",
    before={"name": "server", "description": "web"},
    after={"name": "front", "description": "web", "masterPfs": True, "mainModeLifetimeMinutes": 60},
    look=lambda look: scene.policies(look, "server", "front"),
    made=[("server", "web", (10800, 28800), False, 1)],
    changed=[("front", "web", (10800, 3600), True, 1)],
    gone=[],
    objects=Counter({POLICY: 1, MAIN_MODE: 1, RULE: 1, ACTION: 1}),  # the default response rule and its action
    rival='add policy name="SERVER" description="somebody else"',
)

RULE_CASE: Final = Case(
    "winipsec:index:Rule",
    before={
        "name": "tunnel",
        "policy": scene.THEIR_POLICY,
        "filterList": scene.THEIR_LIST,
        "filterAction": scene.THEIR_ACTION,
        "authMethods": [{"presharedKey": Secret(KEY)}],
    },
    after={
        "name": "tunnel",
        "description": "both",
        "policy": scene.THEIR_POLICY,
        "filterList": scene.THEIR_LIST,
        "filterAction": scene.THEIR_ACTION,
        "active": False,
        "authMethods": [{"kerberos": True}, {"presharedKey": Secret(OTHER_KEY)}],
    },
    look=lambda look: scene.rules(look, scene.THEIR_POLICY, "tunnel"),
    made=[("", True, [("psk", KEY)])],
    changed=[("both", False, [("kerberos", ""), ("psk", OTHER_KEY)])],
    gone=[],
    objects=Counter({RULE: 1}),
    rival=f'add rule name="TUNNEL" policy="{scene.THEIR_POLICY}" filterlist="{scene.THEIR_LIST}" '
    f'filteraction="{scene.THEIR_ACTION}" psk="another key of somebody"',
)

ASSIGNMENT_CASE: Final = Case(
    "winipsec:index:PolicyAssignment",
    before={"policy": scene.SPARE},
    after={"policy": scene.SECOND},
    look=scene.active,
    made=[scene.SPARE],
    changed=[scene.SECOND],
    gone=[scene.ACTIVE],
    objects=Counter(),
)

_EVERYBODY_6: Final = "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"


def _blocked(name: str, protocol: int, port: int) -> Any:
    """A rule that `block` comes to, as `whole` shows it: both ways, IPv4 and IPv6."""
    ends = f"protocol {protocol} ports 0 -> {port}"
    filters = [f"{others} -> me {ends}" for others in (_EVERYBODY_6, "any")]
    filters += [f"me -> {others} {ends}" for others in (_EVERYBODY_6, "any")]
    return (name, "", True, [("kerberos", "")], filters, BLOCK)


def _tunnelled(key: str) -> Properties:
    return {
        "name": "tunnel",
        "filterList": {"filters": [{"source": "me", "destination": "10.7.0.0/16"}]},
        "filterAction": {"action": "negotiate", "securityMethods": [_SEAL]},
        "authMethods": [{"presharedKey": Secret(key)}],
    }


_WORM_BLOCKED, _NAMES_BLOCKED = _blocked("block udp/1434", 17, 1434), _blocked("block udp/137", 17, 137)
_WAY_IN = (
    "management",
    "",
    True,
    [("kerberos", "")],
    ["10.8.0.0/255.255.0.0 -> me protocol 6 ports 0 -> 5985 mirrored"],
    PERMIT,
)
_SOURCES: Final = {"sources": ["10.8.0.0/16"], "ports": [5985]}


def _tunnel(key: str) -> Any:
    return ("tunnel", "", True, [("psk", key)], ["me -> 10.7.0.0/255.255.0.0 mirrored"], NEGOTIATE)


_SETTINGS, _CHANGED_SETTINGS = ((10800, 28800), False, 1), ((10800, 28800), True, 1)

HOST_POLICY_CASE: Final = Case(
    "winipsec:index:HostPolicy",
    before={"name": "guarded", "description": "worm", "block": [{"ports": ["udp/1434"]}], "revertAfter": REVERT_AFTER},
    after={
        "name": "guarded",
        "description": "worms",
        "block": [{"ports": ["udp/1434", "udp/137"]}],
        "masterPfs": True,
        "revertAfter": REVERT_AFTER,
    },
    look=lambda look: [*scene.whole(look, "guarded"), *scene.active(look)],
    made=[("guarded", "worm", *_SETTINGS, [_WORM_BLOCKED]), "guarded"],
    changed=[("guarded", "worms", *_CHANGED_SETTINGS, [_NAMES_BLOCKED, _WORM_BLOCKED]), "guarded"],
    gone=[scene.ACTIVE],
    # a policy with its default response, one rule with its list, and the action of all that is blocked
    objects=Counter({POLICY: 1, MAIN_MODE: 1, RULE: 2, ACTION: 2, FILTER_LIST: 1}),
    more=Counter({RULE: 1, FILTER_LIST: 1}),
    rival='add policy name="GUARDED" description="somebody else"',
)

KEYED_HOST_POLICY_CASE: Final = replace(
    HOST_POLICY_CASE,
    before={**HOST_POLICY_CASE.before, "management": _SOURCES, "rules": [_tunnelled(KEY)]},
    after={**HOST_POLICY_CASE.after, "management": _SOURCES, "rules": [_tunnelled(OTHER_KEY)]},
    made=[("guarded", "worm", *_SETTINGS, [_WORM_BLOCKED, _WAY_IN, _tunnel(KEY)]), "guarded"],
    changed=[
        ("guarded", "worms", *_CHANGED_SETTINGS, [_NAMES_BLOCKED, _WORM_BLOCKED, _WAY_IN, _tunnel(OTHER_KEY)]),
        "guarded",
    ],
    objects=HOST_POLICY_CASE.objects + Counter({RULE: 2, ACTION: 2, FILTER_LIST: 2}),
)
"""With a key, so that scripts travel apart."""

CASES: Final = (
    FILTER_LIST_CASE,
    FILTER_CASE,
    FILTER_ACTION_CASE,
    POLICY_CASE,
    RULE_CASE,
    ASSIGNMENT_CASE,
)
VERBS: Final = ("create", "change", "delete")


@dataclass(frozen=True)
class Deed:
    """One verb done to some objects at once."""

    verb: str
    cases: tuple[Case, ...]
    label: str

    @property
    def commits(self) -> bool:
        """Whether it changes the policy in force, so that it has to be confirmed."""
        return any(case.assigns for case in self.cases)

    def __str__(self) -> str:
        return f"{self.verb} {self.label}"


DEEDS: Final = (
    *(Deed(verb, (case,), case.kind.rpartition(":")[2]) for case in (*CASES, HOST_POLICY_CASE) for verb in VERBS),
    Deed("change", (MOVED_FILTER_CASE,), "Filter (moved)"),
    *(Deed(verb, (KEYED_HOST_POLICY_CASE,), "HostPolicy (key)") for verb in VERBS[:2]),
    *(Deed(verb, CASES, "all six") for verb in VERBS),
)
"""Everything that is interrupted at every message."""
