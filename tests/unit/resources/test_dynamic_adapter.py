"""Between the dynamic protocol and the resources: what that protocol cannot say must not be lost or shown."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from store_scene import REACHED, SCENE, FakeHost, SceneProvider
from winipsec.dynamic import adapter, resources
from winipsec.dynamic.adapter import Failed
from winipsec.errors import Unreachable

KEY = "k3y-0f-the-t3st"
WORM = {"source": "any", "destination": "me", "protocol": "udp", "destination_port": 1434}
WEB = {"source": "any", "destination": "me", "protocol": "tcp", "destination_port": 80}
CONNECTION = {name: REACHED[name] for name in ("host", "username", "password")}


@pytest.fixture
def host(monkeypatch):
    """The one host that resources of this process reach."""
    host = FakeHost(SCENE)
    monkeypatch.setattr(adapter, "_SHARED", SimpleNamespace(provider=SceneProvider(host)))
    return host


def one_filter_only(_before, after):
    """A host that takes one filter of a list, and no more."""
    lists = {key: replace(item, filters=item.filters[:1]) for key, item in after.filter_lists.items()}
    return replace(after, filter_lists=lists)


def test_what_is_made_in_part_is_removed_and_said(host):
    """The protocol cannot say that something exists and yet is not as wanted: success would be a lie."""
    provider = resources.FilterListProvider()
    props = provider.check({}, {"name": "new", "filters": [WORM, WEB], "connection": CONNECTION}).inputs
    host.takes = one_filter_only
    with pytest.raises(Failed, match="filters"):
        provider.create(props)
    assert "new" not in [item.name for item in host.store.filter_lists.values()]


def test_what_is_made_in_part_and_cannot_be_removed_is_recorded(host, monkeypatch):
    """Rather than lost."""
    provider = resources.FilterListProvider()
    props = provider.check({}, {"name": "new", "filters": [WORM, WEB], "connection": CONNECTION}).inputs
    host.takes = one_filter_only

    def fail(*_):
        raise Unreachable("no answer.", host="web1")

    monkeypatch.setattr(type(provider._resource), "delete", fail)
    made = provider.create(props)
    assert len(made.outs["filters"]) == 1


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize(
    ("provider", "inputs", "path"),
    [
        (resources.RuleProvider(), {"policy": "P", "auth_methods": {"preshared_key": KEY}}, "auth_methods"),
        (resources.HostPolicyProvider(), {"rules": {"auth_methods": [{"preshared_key": KEY}]}}, "rules"),
        (resources.HostPolicyProvider(), {"isolate": [{"preshared_key": KEY}]}, "isolate"),
    ],
)
def test_a_mistake_about_keys_does_not_make_the_engine_print_them(provider, inputs, path):
    """It prints the whole value of a property that is named at the top (spec: pulumi-provider 2.5)."""
    failures = provider.check({}, {"name": "x", **inputs, "connection": CONNECTION}).failures
    assert path not in [item.property for item in failures]
    assert any(item.reason.startswith(f"{path}: ") for item in failures)
    assert KEY not in str([item.reason for item in failures])


@pytest.mark.parametrize("spelling", ["auth_methods", "authMethods"])
def test_both_spellings_of_keys_are_secret(spelling):
    """Blocks copied from YAML are understood as well."""
    assert resources._may_hold_keys({spelling: [{"presharedKey": KEY}]})
    assert not resources._may_hold_keys({"exempt": []})
