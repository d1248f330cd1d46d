"""Python programs: the generated SDK with every nested type and both functions, and dynamic resources."""

from __future__ import annotations

import console
import pytest
from console import content, is_clean, local_store, named, netsh
from pulumi_stack import Stack, reached
from winipsec_lab.store.values import ACTION, POLICY, RULE
from winipsec_lab.testing import Host

KEY = "Canary-Key-4711"

BOTH = """
    import os
    import pulumi
    import MODULE as winipsec

    config = pulumi.Config()
    key = config.require_secret("psk")
    connection = winipsec.ConnectionArgs(password=config.require_secret("password"))
    method = winipsec.SecurityMethodArgs(
        ah="md5", esp=winipsec.EspArgs(encryption="3des", integrity="sha1"), lifetime_seconds=900
    )
    filters = winipsec.FilterList(
        "list",
        filters=[
            winipsec.FilterArgs(source="10.9.0.0/16", destination="me", protocol=6, destination_port=443),
            winipsec.FilterArgs(source="dns", destination="me", mirrored=True, description="answers"),
        ],
        connection=connection,
    )
    secure = winipsec.FilterAction(
        "secure",
        description=os.environ.get("WINIPSEC_TEST_DESCRIPTION"),
        action="negotiate",
        security_methods=[method],
        session_pfs=True,
        connection=connection,
    )
    policy = winipsec.Policy(
        "policy",
        main_mode_methods=[winipsec.MainModeMethodArgs(encryption="3des", integrity="sha1", dh_group="group14")],
        default_rule=winipsec.DefaultRuleArgs(
            active=True, security_methods=[method], auth_methods=[winipsec.AuthMethodArgs(preshared_key=key)]
        ),
        connection=connection,
    )
    rule = winipsec.Rule(
        "rule",
        policy=policy.name,
        filter_list=filters.name,
        filter_action=secure.name,
        auth_methods=[
            winipsec.AuthMethodArgs(root_ca=winipsec.RootCaArgs(name="CN=Root, O=Example", certificate_mapping=True)),
            winipsec.AuthMethodArgs(preshared_key=key),
        ],
        connection=connection,
    )
    shared = winipsec.FilterList("shared", connection=connection)
    winipsec.Filter(
        "single", filter_list=shared.name, source="me", destination="10.8.0.0/16", connection=connection
    )
    active = winipsec.PolicyAssignment(
        "active", policy=policy.name, connection=connection, opts=pulumi.ResourceOptions(depends_on=[rule])
    )
    pulumi.export("machine", policy.machine)
"""
ALL = ["list", "secure", "policy", "rule", "shared", "single", "active"]


def started(stack: Stack, host: Host, module: str) -> Stack:
    """A stack with the program over one of the two front ends, its secrets in the configuration only."""
    variables = reached(host)
    password = variables.pop("WINIPSEC_PASSWORD")
    stack.variables.update(variables)
    stack.python_program(BOTH.replace("MODULE", module))
    stack.set_secret("psk", KEY)
    stack.set_secret("password", password)
    return stack


@pytest.mark.parametrize("module", ["pulumi_winipsec", "winipsec.dynamic"])
def test_both_front_ends_live_through_drift_and_change_alike(lab, stack_for, module):
    """All nested types, drift repaired, an update in place, no secret in clear, and the host as before at the end."""
    host = lab.create("web1", scars=True)
    before = content(host)
    stack = started(stack_for(), host, module)
    assert stack.up().changes == dict.fromkeys(ALL, "create")
    assert stack.outputs()["machine"] == host.machine.machine_guid
    assert stack.up("--refresh").changes == {}

    netsh(host, "set filteraction name=secure qmpfs=no", "delete rule name=rule policy=policy")
    drift = {"secure": "update", "rule": "create"}
    assert stack.preview("--refresh").changes == drift
    assert stack.up("--refresh").changes == drift
    stack.variables["WINIPSEC_TEST_DESCRIPTION"] = "changed"
    assert stack.up().changes == {"secure": "update"}
    assert named(host, ACTION, "secure").description == "changed"
    assert local_store(host).active == named(host, POLICY, "policy").identity

    secrets = (KEY.encode(), host.password.encode())
    for path in stack.folder.rglob("*"):
        assert not (path.is_file() and any(secret in path.read_bytes() for secret in secrets)), path
    stack.destroy()
    assert content(host) == before
    assert is_clean(host)


def test_dynamic_resources_tell_mistakes_and_names_that_are_taken(lab, stack_for):
    """The same sentences as the plugin's: a bad input by its path, a taken name with the way out."""
    host = lab.create("web1")
    netsh(host, "add filteraction name=taken action=block")
    before = content(host)
    stack = stack_for(host)
    stack.python_program(
        """
        import winipsec.dynamic as winipsec

        winipsec.FilterList("bad", filters=[{"source": "any", "destination": "me", "destination_port": 80}])
        """
    )
    said = stack.up(fails=True).said("bad")
    assert "filters[0].destination_port" in said
    assert "needs protocol tcp or udp" in said
    assert host.messages == 0
    stack.python_program(
        """
        import winipsec.dynamic as winipsec

        winipsec.FilterAction("taken", action="permit")
        """
    )
    assert "a filter action of the name 'taken' exists already" in stack.up(fails=True).output
    assert content(host) == before


def test_functions_read_a_host_and_a_policy(lab, stack_for):
    """GetHost tells the store and what is in force, getPolicy one policy; neither shows a pre-shared key."""
    host = lab.create("web1", scars=True)
    netsh(
        host,
        "add filterlist name=Ports",
        "add filter filterlist=Ports srcaddr=10.9.0.0 srcmask=16 dstaddr=me",
        "add filteraction name=Secure action=negotiate",
        "add policy name=Guard assign=yes",
        f"add rule name=Web policy=Guard filterlist=Ports filteraction=Secure kerberos=yes psk={KEY}",
    )
    stack = stack_for(host)
    stack.program(
        {},
        variables={
            "host": {"fn::invoke": {"function": "winipsec:getHost", "arguments": {}}},
            "guard": {"fn::invoke": {"function": "winipsec:getPolicy", "arguments": {"policy": "GUARD"}}},
            "current": {"fn::invoke": {"function": "winipsec:getPolicy", "arguments": {}}},
        },
        outputs={"host": "${host}", "guard": "${guard}", "current": "${current}"},
    )
    outcome = stack.up()
    outputs = stack.outputs()
    seen = outputs["host"]
    assert seen["machine"] == host.machine.machine_guid
    assert seen["activePolicy"] == "Guard"
    assert seen["service"] == "running"
    assert {item["name"] for item in seen["policies"]} >= {"Guard", "Branch Office Lockdown"}
    assert outputs["guard"] == outputs["current"]
    assert outputs["guard"]["assigned"] is True
    assert [rule["name"] for rule in outputs["guard"]["rules"]] == ["Web"]
    assert outputs["guard"]["rules"][0]["authMethods"] == [{"kerberos": True}]
    assert KEY not in outcome.output + str(outputs)
    assert console.names(host)[RULE].count("Web") == 1

    stack.program(
        {},
        variables={"none": {"fn::invoke": {"function": "winipsec:getPolicy", "arguments": {"policy": "No such"}}}},
        outputs={"none": "${none}"},
    )
    assert "there is no policy 'No such'" in stack.up(fails=True).output
