"""The quickstart once more, from the objects that Windows has: lists, actions, rules, a policy and its assignment.

One resource for each object, where several programs share them, or where a policy is taken over piece by piece. The
Slammer worm spreads over UDP 1434. A filter that blocks it inbound protects this host from others; one that blocks it
outbound protects others from this host. A worm block needs both.
"""

import pulumi
import pulumi_winipsec as winipsec

HOSTS: dict[str, dict] = pulumi.Config().require_object("hosts")
WEB_SERVER = "web1"
WINRM = 5985


def one_way(source: str, destination: str, protocol: str, port: int) -> winipsec.FilterArgs:
    """A filter for traffic to one port, in one direction."""
    return winipsec.FilterArgs(
        source=source, destination=destination, protocol=protocol, destination_port=port, mirrored=False
    )


def to_me(port: int) -> winipsec.FilterArgs:
    """A filter for a TCP service of this host, and the answers to it."""
    return winipsec.FilterArgs(source="any", destination="me", protocol="tcp", destination_port=port)


for host, address in HOSTS.items():
    connection = winipsec.ConnectionArgs(**address)

    policy = winipsec.Policy(f"{host}-policy", name="Protection", connection=connection)
    block = winipsec.FilterAction(f"{host}-block", name="Block", action="block", connection=connection)
    worm = winipsec.FilterList(
        f"{host}-slammer",
        name="Slammer",
        description="UDP 1434, in and out",
        filters=[one_way("any", "me", "udp", 1434), one_way("me", "any", "udp", 1434)],
        connection=connection,
    )
    rules = [
        winipsec.Rule(
            f"{host}-stop-slammer",
            name="Stop Slammer",
            policy=policy.name,
            filter_list=worm.name,
            filter_action=block.name,
            connection=connection,
        )
    ]

    if host == WEB_SERVER:
        permit = winipsec.FilterAction(f"{host}-permit", name="Permit", action="permit", connection=connection)
        everything = winipsec.FilterList(
            f"{host}-everything",
            name="Everything",
            filters=[winipsec.FilterArgs(source="any", destination="me")],
            connection=connection,
        )
        services = winipsec.FilterList(
            f"{host}-services",
            name="Web and WinRM",
            filters=[to_me(80), to_me(443), to_me(WINRM)],
            connection=connection,
        )
        rules += [
            winipsec.Rule(
                f"{host}-{name.lower().replace(' ', '-')}",
                name=name,
                policy=policy.name,
                filter_list=filters.name,
                filter_action=action.name,
                connection=connection,
            )
            for name, filters, action in [("Permit services", services, permit), ("Block the rest", everything, block)]
        ]

    winipsec.PolicyAssignment(
        f"{host}-active",
        policy=policy.name,
        connection=connection,
        opts=pulumi.ResourceOptions(depends_on=rules),
    )

pulumi.export("protected", sorted(HOSTS))
