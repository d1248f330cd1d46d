"""Which filters decide: traffic-engine 7 (deciders), 9 (deciding), against exhaustive search."""

from test_traffic_difference import all_of, edges, small_row
from traffic_matcher import Pair, as_packet, random_pair, random_switches
from traffic_scene import HOST, R, packet, state
from winipsec.traffic.decide import decide
from winipsec.traffic.difference import difference
from winipsec.traffic.lookup import Lookup
from winipsec.traffic.packet import BadQuestion
from winipsec.traffic.reach import Decider, deciders, deciding, guesses
from winipsec.traffic.specificity import Switches, every_flip


def winners(given, facts, items, switches):
    """The rules that decide some packet, and whether for some nobody does."""
    found = set()
    lookup = Lookup(given, facts, switches)
    for item in items:
        verdict = lookup.decide(item)
        if verdict.exemption is None:
            found.add(verdict.rule.name if verdict.rule else None)
    return found


def test_deciding_is_what_exhaustive_search_finds(dice, pairs):
    """Every packet on and beside the ends of filters: the filters that win one, no more, no fewer."""
    for number in range(pairs // 5):
        rows = [small_row(dice) for _ in range(dice.randrange(1, 4))]
        words = random_switches(dice)
        pair = Pair(rows, rows, (dice.randrange(4),) * 2, "vista", (words, words))
        given, facts, switches = pair.states[0], pair.host(), Switches(**words)
        expected = winners(given, facts, map(as_packet, all_of(pair)), switches) - {None}
        assert {item.rule.name for item in deciding(given, facts, switches)} == expected, number


def test_an_unreachable_filter_decides_nothing():
    """A permit below a block that is as specific and more restrictive, and a filter for what is exempt."""
    rules = state(
        R("block", "block any>me tcp 80 2w"),
        R("permit", "permit any>10.0.0.5 tcp 80 2w"),
        R("ike", "block any>me udp 500 1w"),
        R("other", "block 192.0.2.1>198.51.100.1 1w"),
    )
    assert deciding(rules, HOST) == (
        Decider(rules.store.rules["{block}"], rules.store.filter_lists["{l-block}"].filters[0], 0),
    )


def test_each_filter_of_a_list_counts_by_itself():
    """The second of two filters is never reached."""
    rules = state(R("r", "block any>me 2w", ("10.0.0.0/8>me 2w", "10.0.0.5>me 2w")))
    assert [item.number for item in deciding(rules, HOST)] == [0, 1]


def test_deciders_are_the_winners_of_the_packets_of_a_class(dice, pairs):
    """Before and after, for every class; of ties the first name, as in a verdict."""
    for number in range(pairs // 5):
        before = [small_row(dice) for _ in range(dice.randrange(4))]
        after = [*before[1:], small_row(dice)]
        words = random_switches(dice)
        pair = Pair(before, after, (3, dice.randrange(4)), "vista", (words, words))
        facts, switches = pair.host(), Switches(**words)
        found = difference(*pair.states, facts, switches)
        inside = [[] for _ in found.classes]
        for item in map(as_packet, all_of(pair)):
            one = found.contains(item)
            if one is not None:
                inside[found.classes.index(one)].append(item)
        for given in pair.states:
            lookup = Lookup(given, facts, switches)
            for one, items in zip(found.classes, inside, strict=True):
                verdicts = [lookup.decide(item) for item in items]
                rules = {verdict.rule.name for verdict in verdicts if verdict.rule}
                exempt = {verdict.exemption for verdict in verdicts if verdict.exemption}
                nobody = any(verdict.rule is None and not verdict.exemption for verdict in verdicts)
                named = deciders(given, one, found, switches)
                assert {item.rule.name for item in named.filters} == rules, (number, one)
                assert (set(named.exemptions), named.nobody) == (exempt, nobody), (number, one)


def test_guesses_are_what_turns_under_a_flip(dice, pairs):
    """A packet is in a class of a guess exactly when `decide` answers otherwise under that flip."""
    for _ in range(pairs // 6):
        pair = random_pair(dice, most=5)
        given, facts = pair.states[0], pair.host()
        found = {guess.flip.name: guess.difference for guess in guesses(given, facts)}
        for flip in every_flip():
            changed = found.get(flip.name)
            for item in sample(pair, dice):
                was, would_be = (decide(given, facts, item, s).outcome for s in (Switches(), flip.switches))
                one = changed and changed.contains(item)
                same = was == would_be or {was.openness, would_be.openness} == {7}
                assert (one is None) is same or (not same and one.after == would_be)


def sample(pair, dice):
    """Some packets on the edges of filters."""
    locals_, remotes, numbers, ports = edges(pair)
    found = []
    for _ in range(40):
        number = dice.choice(numbers)
        chosen = [dice.choice(ports) if number in {6, 17} else 0 for _ in range(2)]
        item = as_packet((dice.random() < 0.5, dice.choice(locals_), dice.choice(remotes), number, *chosen, "lan"))
        try:
            item.demand(pair.host())
        except BadQuestion:
            continue
        found.append(item)
    return found


def test_a_class_of_groups_has_deciders():
    """Inbound multicast that is not exempt is decided by what matches groups."""
    switches = Switches(inbound_multicast_exempt=False)
    before, after = state(R("all", "block any>any 2w")), state()
    found = difference(before, after, HOST, switches)
    for one in found.classes:
        assert [item.rule.name for item in deciders(before, one, found, switches).filters] == ["all"]
        assert deciders(after, one, found, switches).nobody
    assert found.contains(packet("in udp 192.0.2.1:9 > 224.0.0.1:9"))
