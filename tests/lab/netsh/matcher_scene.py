"""A host with one assigned policy, for asking what happens to packets."""

from __future__ import annotations

from netsh_desk import Desk
from winipsec_lab.matcher import Packet, Verdict, decide

HOST = "10.0.0.5"
TCP, UDP, ICMP = 6, 17, 1
ACTIONS = {
    "block": "action=block",
    "permit": "action=permit",
    "encrypt": "action=negotiate qmsecmethods=ESP[3DES,SHA1]",
    "require": "action=negotiate qmsecmethods=AH[SHA1]",
    "mixed": 'action=negotiate qmsecmethods="ESP[3DES,SHA1] ESP[None,SHA1]"',
    "inpass": "action=negotiate inpass=yes qmsecmethods=AH[SHA1]",
    "soft": "action=negotiate soft=yes qmsecmethods=AH[SHA1]",
    "request": "action=negotiate inpass=yes soft=yes qmsecmethods=AH[SHA1]",
}


class Scene(Desk):
    """A host with one assigned policy; rules are `ACTION SOURCE DESTINATION rest of add filter`."""

    def __init__(self, *rules: str, addresses: tuple[str, ...] = (HOST, "2001:db8::5"), **options) -> None:
        super().__init__(addresses=addresses, **options)
        self.ok("add policy name=p assign=yes")
        self.ok(*(f"add filteraction name={name} {text}" for name, text in ACTIONS.items()))
        for number, rule in enumerate(rules, 1):
            self.rule_for(f"r{number}", rule)

    def rule_for(self, name: str, rule: str, arguments: str = "") -> Scene:
        """Add one rule with a list of its own."""
        action, source, destination, *rest = rule.split()
        self.ok(
            f"add filter filterlist={name} srcaddr={source} dstaddr={destination} {' '.join(rest)}",
            f"add rule name={name} policy=p filterlist={name} filteraction={action} {arguments}",
        )
        return self

    def packet(
        self, direction="in", protocol=TCP, local_port=445, remote_port=5000, remote="192.0.2.9", local="", **more
    ) -> Verdict:
        """The fate of one packet."""
        own = local or ("2001:db8::5" if ":" in remote else HOST)
        ports = (local_port, remote_port) if protocol in (TCP, UDP) else (0, 0)
        return decide(self.machine, Packet(direction, own, remote, protocol, *ports, **more))

    def decider(self, **packet) -> str:
        """The rule that decides a packet."""
        return self.packet(**packet).rule
