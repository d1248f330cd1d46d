"""A question about a conversation, as people ask it: from whom, to whom, which service (spec: traffic-engine 8).

People name two ends and the port of a service. Which end is the host follows from `me` or from its addresses; the port
at the end that starts is one that clients take for themselves, unless it is named.
"""

from __future__ import annotations

from dataclasses import dataclass

from winipsec.model.endpoint import Address, parse_address
from winipsec.model.filters import TCP, UDP, protocol_word
from winipsec.model.invalid import Invalid
from winipsec.model.names import folded
from winipsec.traffic.conversation import Flow, Starter
from winipsec.traffic.example import EPHEMERAL
from winipsec.traffic.facts import HostFacts
from winipsec.traffic.packet import BadQuestion, Direction

ME = "me"
_STAND_INS = {4: ("192.0.2.5", "192.0.2.6"), 6: ("2001:db8::5", "2001:db8::6")}


@dataclass(frozen=True, slots=True)
class Question:
    """Whoever is `sender` starts a conversation with `receiver`; each is an address, or `me` for the host.

    `port` is the service's, at the receiver. `local_port` and `remote_port` name ports from the host's point of view
    instead. `direction` is that of the first packet, for those who name the host by an address that may be anybody's.
    """

    sender: str
    receiver: str
    protocol: int
    port: int = 0
    local_port: int = 0
    remote_port: int = 0
    direction: Direction | None = None
    connection: str = "lan"


@dataclass(frozen=True, slots=True)
class Settled:
    """A question whose parts are all settled.

    `stands_in` says that the host's addresses are not known and the local one stands for them. `as_me` says that the
    host was named by `me`, so that any of its addresses is meant.
    """

    flow: Flow
    starter: Starter
    stands_in: bool = False
    as_me: bool = False

    @property
    def direction(self) -> Direction:
        """Which way the first packet goes."""
        return Direction.IN if self.starter is Starter.REMOTE else Direction.OUT


def settled(question: Question, host: HostFacts) -> Settled:
    """Find out which end is the host, and fill in what was left out.

    Raises:
        BadQuestion: it cannot be told which end is the host, the parts contradict each other, or a service has no port.
    """
    sender, receiver = _end(question.sender, "from"), _end(question.receiver, "to")
    direction = _direction(sender, receiver, question.direction, host)
    local, remote = (receiver, sender) if direction is Direction.IN else (sender, receiver)
    if remote is None:
        raise BadQuestion("one end must be another machine; a host's traffic to itself never meets a filter.")
    own = local or _own(remote, host)
    local_port, remote_port = _ports(question, direction)
    flow = Flow(own, remote, question.protocol, local_port, remote_port, question.connection)
    try:
        flow.packet(direction).demand(host)
    except BadQuestion as error:
        ends = ("to", "from") if direction is Direction.IN else ("from", "to")
        path = dict(zip(("local", "remote"), ends, strict=True)).get(error.path, error.path)
        raise BadQuestion(error.problem, path=path) from None
    return Settled(
        flow,
        Starter.REMOTE if direction is Direction.IN else Starter.HOST,
        stands_in=local is None and host.addresses is None,
        as_me=local is None,
    )


def own_addresses(host: HostFacts, family: int) -> list[Address]:
    """The known addresses of one family, those that others can reach before link-local ones."""
    own = [address for address in host.addresses or () if address.version == family]
    return sorted(own, key=lambda address: (address.is_link_local, int(address)))


def _end(text: str, path: str) -> Address | None:
    """An address; None is the host."""
    if folded(text.strip()) == ME:
        return None
    try:
        return parse_address(text)
    except Invalid:
        raise BadQuestion(f"{text!r} is no address; write one, or me for the host.", path=path) from None


def _direction(sender: Address | None, receiver: Address | None, given: Direction | None, host: HostFacts) -> Direction:
    """Which way the first packet goes."""
    if sender is None or receiver is None:
        found = Direction.OUT if sender is None else Direction.IN
        if given is not None and given is not found and sender is not receiver:
            raise BadQuestion(f"a packet {'from' if sender is None else 'to'} me goes {found.value}.", path="direction")
        return found
    if given is not None:
        return given
    if host.addresses is None:
        raise BadQuestion(
            f"which of {sender} and {receiver} is the host is not known.",
            path="to",
            advice="Write me for the host, name its addresses, or say whether the first packet goes in or out.",
        )
    for address, direction in ((receiver, Direction.IN), (sender, Direction.OUT)):
        if address in host.addresses:
            return direction
    if host.is_group(receiver):
        return Direction.IN
    own = ", ".join(str(address) for family in (4, 6) for address in own_addresses(host, family))
    raise BadQuestion(
        f"neither {sender} nor {receiver} is an address of this host, which has {own}.",
        path="to",
        advice="Write me for the host.",
    )


def _own(remote: Address, host: HostFacts) -> Address:
    """An address of the host that can talk to `remote`."""
    if host.addresses is None:
        return next(address for address in map(parse_address, _STAND_INS[remote.version]) if address != remote)
    own = own_addresses(host, remote.version)
    if not own:
        raise BadQuestion(
            f"no IPv{remote.version} address of this host is known.",
            path="to",
            advice="Name the address instead of me.",
        )
    return own[0]


def _ports(question: Question, direction: Direction) -> tuple[int, int]:
    """The local and the remote port."""
    local, remote, port = question.local_port, question.remote_port, question.port
    if question.protocol not in {TCP, UDP}:
        if local or remote or port:
            raise BadQuestion(
                f"protocol {protocol_word(question.protocol)} has no ports; only tcp and udp have.", path="port"
            )
        return 0, 0
    service, client = (local, remote) if direction is Direction.IN else (remote, local)
    if port and service and port != service:
        raise BadQuestion(f"the service has two ports, {port} and {service}; name it once.", path="port")
    service = service or port
    if not service:
        raise BadQuestion(
            f"which {protocol_word(question.protocol)} service? Its port is missing.",
            path="port",
            advice="Name the port at the end that answers.",
        )
    client = client or EPHEMERAL
    return (service, client) if direction is Direction.IN else (client, service)
