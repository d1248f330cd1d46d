"""The quickstart by dynamic resources: no plugin, only `pip install`.

The Slammer worm spreads over UDP 1434. Blocked both ways, it protects this host from others, and others from this host.
The way in over which the hosts are managed stays open, unless `management` says otherwise.
"""

import pulumi
import winipsec.dynamic as winipsec

HOSTS: dict[str, dict] = pulumi.Config().require_object("hosts")
WEB_SERVER = "web1"

for host, address in HOSTS.items():
    winipsec.HostPolicy(
        host,
        name="Protection",
        connection=winipsec.ConnectionArgs(**address),
        block=[winipsec.BlockArgs(ports=["udp/1434"])],
        allow_only=winipsec.AllowOnlyArgs(ports=["tcp/80", "tcp/443"]) if host == WEB_SERVER else None,
    )

pulumi.export("protected", sorted(HOSTS))
