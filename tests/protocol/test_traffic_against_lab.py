"""Two readings of one spec: what the lab's host does to a packet, and what the engine says it does.

Policies are made with netsh on the simulated host, read back as the provider reads any host, and then both are asked
about the same packets: by default, and with every guess about Windows turned round on both sides.
"""

import random

import pytest
from winipsec.host.management import facts
from winipsec.host.snapshot import READ_LINE, read_snapshot
from winipsec.model.endpoint import parse_address
from winipsec.traffic.decide import decide
from winipsec.traffic.facts import State
from winipsec.traffic.packet import Direction, Packet
from winipsec.traffic.specificity import DEFAULT, Switches
from winipsec_lab.testing import Lab
from winipsec_lab.testing import Packet as LabPacket

OWN = "10.77.0.1"
REMOTES = ["10.77.0.2", "10.77.0.7", "10.77.0.254", "10.77.9.1", "10.1.2.3", "192.0.2.1"]
GROUPS = ["224.0.0.1", "255.255.255.255"]
SIDES = [
    "any",
    "any",
    "me",
    "me",
    "dns",
    OWN,
    "10.77.0.2",
    "10.77.0.254",
    "10.77.0.0/29",
    "10.77.0.0/16",
    "10.0.0.0/8",
    "10.77.0.1-10.77.0.7",
    "10.77.0.2-10.77.9.1",
    "224.0.0.0/4",
]
PORTS = [80, 88, 445, 500, 4500, 40000]
ACTIONS = {
    "block": "action=block",
    "permit": "action=permit",
    "require": 'action=negotiate qmsecmethods="ESP[None,SHA1]"',
    "encrypt": 'action=negotiate qmsecmethods="ESP[3DES,SHA1]"',
    "inpass": 'action=negotiate inpass=yes qmsecmethods="AH[SHA1]"',
    "soft": 'action=negotiate soft=yes qmsecmethods="ESP[3DES,SHA1]"',
    "request": 'action=negotiate inpass=yes soft=yes qmsecmethods="ESP[3DES,MD5] AH[MD5]"',
}
EXEMPT = r'reg add "HKLM\SYSTEM\CurrentControlSet\Services\IPSEC" /v NoDefaultExempt /t REG_DWORD /d {} /f'
GUESSES = [
    ({}, DEFAULT),
    ({"bits": "before"}, Switches(bits="before")),
    (
        {"address": "bits", "bits": "before", "tunnel": "last"},
        Switches(address="bits", bits="before", tunnel="last"),
    ),
    ({"tunnel": "last"}, Switches(tunnel="last")),
    ({"tie": "permissive"}, Switches(tie="permissive")),
    ({"any_family": "both"}, Switches(any_family="both")),
    ({"inbound_multicast": "filtered"}, Switches(inbound_multicast_exempt=False)),
]
POLICIES, PACKETS = 10, 60


def flip_id(guesses):
    """A name for one setting of the guesses."""
    return "-".join(f"{name}={value}" for name, value in guesses.items()) or "default"


@pytest.fixture(scope="module")
def lab():
    """A lab for this module."""
    with Lab() as lab:
        yield lab


def side(name, text):
    """The arguments of one side of a filter."""
    if "/" not in text:
        return f"{name}addr={text}"
    address, bits = text.split("/")
    return f"{name}addr={address} {name}mask={bits}"


def legal(source, destination):
    """`me` stands opposite a server word, and not opposite itself."""
    if source == destination == "me":
        return False
    return "dns" not in {source, destination} or {source, destination} == {"dns", "me"}


def filter_line(dice, name, *, mirrored):
    """One random filter in the list `name`."""
    while True:
        source, destination = dice.choice(SIDES), dice.choice(SIDES)
        if legal(source, destination):
            break
    protocol = dice.choice(["any", "icmp", "tcp", "tcp", "tcp", "udp", "46"])
    line = f"netsh ipsec static add filter filterlist={name} {side('src', source)} {side('dst', destination)}"
    line += f" protocol={protocol} mirrored={'yes' if mirrored else 'no'}"
    if protocol in {"tcp", "udp"}:
        line += f" srcport={dice.choice([0, 0, *PORTS])} dstport={dice.choice([0, *PORTS])}"
    return line


def policy_lines(dice):
    """The commands that make and assign one random policy."""
    lines = ["netsh ipsec static add policy name=P"]
    lines += [f"netsh ipsec static add filteraction name={name} {how}" for name, how in ACTIONS.items()]
    for number in range(dice.randint(1, 7)):
        action = dice.choice(list(ACTIONS))
        tunnel = action not in {"block", "permit"} and dice.random() < 0.3
        lines.append(filter_line(dice, f"l{number}", mirrored=not tunnel and dice.random() < 0.6))
        rule = f"netsh ipsec static add rule name=r{number} policy=P filterlist=l{number} filteraction={action}"
        rule += f" conntype={dice.choice(['all', 'all', 'lan', 'dialup'])}"
        lines.append(f"{rule} tunnel={dice.choice([OWN, '192.0.2.9'])}" if tunnel else rule)
    return [*lines, "netsh ipsec static set policy name=P assign=y", EXEMPT.format(dice.randint(0, 3))]


def random_packet(dice):
    """One packet on the host's wire, as both sides name it."""
    direction = dice.choice(list(Direction))
    inbound = direction is Direction.IN
    local = dice.choice([OWN, OWN, *GROUPS]) if inbound else OWN
    remote = dice.choice(REMOTES if inbound else REMOTES + GROUPS)
    protocol = dice.choice([1, 6, 6, 6, 17, 17, 46, 47])
    ports = [dice.choice([*PORTS, 81]) if protocol in {6, 17} else 0 for _ in range(2)]
    connection = dice.choice(["lan", "dialup"])
    ours = Packet(direction, parse_address(local), parse_address(remote), protocol, *ports, connection)
    return ours, LabPacket(direction.value, local, remote, protocol, *ports, connection)


def words(verdict):
    """The lab's verdict in the words of a report."""
    if verdict.result == "dropped":
        text = "blocked"
    elif verdict.result == "passes":
        text = "exempt" if verdict.action == "exempt" else "clear"
    else:
        fallback = {"": "", "none": "", "reply": ", or clear in reply", "any": " or clear"}[verdict.fallback]
        text = verdict.protection + fallback
    return text + (f" (tunnel {verdict.tunnel})" if verdict.tunnel else "")


@pytest.mark.parametrize(("guesses", "switches"), GUESSES, ids=[flip_id(guesses) for guesses, _ in GUESSES])
def test_the_lab_and_the_engine_agree(lab, guesses, switches):
    """Same outcome for random policies and packets, at every value of NoDefaultExempt."""
    given = {f"traffic.{name}": value for name, value in guesses.items()}
    dice = random.Random(str(guesses))  # noqa: S311 - not for secrets
    host = lab.create(
        f"w{GUESSES.index((guesses, switches))}",
        virtual_address=OWN,
        guesses={**given, "traffic.exempt_change": "at_once"},
    )
    decided = set()
    for _ in range(POLICIES):
        host.reset()
        made = policy_lines(dice)
        for line in made:
            assert host.run(line)[0] == 0, (line, host.run(line))
        snapshot = read_snapshot("web1", host.run(READ_LINE)[1], client_address="", taken=1.0)
        state = State(snapshot.store, snapshot.machine.no_default_exempt)
        for _ in range(PACKETS):
            ours, theirs = random_packet(dice)
            verdict, lab_verdict = decide(state, facts(snapshot.machine), ours, switches), host.packet(theirs)
            assert str(verdict.outcome) == words(lab_verdict), ("\n".join(made), ours, verdict, lab_verdict)
            decided.add(verdict.outcome.fate)
    assert len(decided) > 2
    lab.delete(host.name)
