"""Wishes for the objects of the scene, and what they say on a store."""

from __future__ import annotations

from store_scene import (
    ACTION,
    LIST,
    POLICY,
    RESOURCES,
    RULE,
    WEB,
    WORM,
    a_call,
    a_snapshot,
    checked,
    said,
)
from winipsec.model.properties import filter_properties

KEY = "k3y-0f-the-t3st"
FILTERS = [filter_properties(WORM), filter_properties(WEB)]
INPUTS = {
    "FilterList": {"name": "worm", "filters": FILTERS},
    "FilterAction": {"name": "stop", "action": "block"},
    "Policy": {"name": "P"},
    "Rule": {"name": "in", "policy": "P", "filterList": "worm", "filterAction": "stop"},
}
IDS = {"FilterList": LIST, "FilterAction": ACTION, "Policy": POLICY, "Rule": RULE}
KINDS = {"FilterList": "filter list", "FilterAction": "filter action", "Policy": "policy", "Rule": "rule"}


def making(kind, news=None, id="", **more):
    """The wish to have an object of these inputs."""
    inputs = checked(kind, {**INPUTS[kind], **(news or {})})
    return RESOURCES[kind].making("web1", inputs, a_call(kind), id, {"machine": ""} if id else None, **more)


def removing(kind, id=None):
    """The wish to have an object gone."""
    return RESOURCES[kind].removing("web1", id or IDS[kind], {"machine": ""}, a_call(kind))


def plan(wish, store, attempt=0, **snapshot):
    """A plan on a host with this store."""
    return wish.plan(store, a_snapshot(store, **snapshot), attempt)


def lines(wish, store, attempt=0, **snapshot):
    """Its commands."""
    return said(plan(wish, store, attempt, **snapshot).commands)
