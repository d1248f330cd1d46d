"""Records and model values at random, within what blobs can hold."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address

from hypothesis import strategies as st
from winipsec.formats.ipsec_data import FilterRecord, IsakmpRecord, NegotiationRecord, NfaRecord, PolicyRecord
from winipsec.formats.ipsec_data.filter import V1Record, V2Address, V2Ports, V2Record
from winipsec.formats.ipsec_data.isakmp import MethodRecord
from winipsec.formats.ipsec_data.negotiation import AlgorithmRecord, OfferRecord
from winipsec.formats.ipsec_data.nfa import AuthRecord
from winipsec.model.endpoint import ANY, ME, Endpoint, Kind, between, subnet
from winipsec.model.filters import ANY_PORT, Filter, Ports, port
from winipsec.model.methods import Esp, Kerberos, MainModeMethod, PresharedKey, RootCa, SecurityMethod

words = st.integers(0, 2**32 - 1)
halves = st.integers(0, 2**16 - 1)
octets = st.integers(0, 255)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
guids = st.uuids().map(lambda value: f"{{{value}}}")
v4 = st.integers(0, 2**32 - 1).map(IPv4Address)
v6 = st.integers(0, 2**128 - 1).map(IPv6Address)
raw16 = st.binary(min_size=16, max_size=16)

policies = st.builds(PolicyRecord, words)
methods = st.builds(MethodRecord, words, words, words, octets, words, words, words)
isakmps = st.builds(
    IsakmpRecord,
    st.lists(methods, max_size=4).map(tuple),
    st.booleans(),
    words,
    words,
    words,
    st.tuples(octets, octets, octets, octets),
    guids,
)
algorithms = st.builds(AlgorithmRecord, words, words, words)
offers = st.builds(OfferRecord, words, words, words, words, st.lists(algorithms, max_size=3).map(tuple))
negotiations = st.builds(NegotiationRecord, st.lists(offers, max_size=4).map(tuple))
auths = st.builds(AuthRecord, words, st.binary(max_size=12))
nfas = st.builds(
    NfaRecord,
    st.lists(auths, max_size=3).map(tuple),
    words,
    texts,
    v4,
    st.booleans(),
    st.booleans(),
    texts,
    st.none() | st.lists(auths, max_size=3).map(tuple),
    st.none() | st.lists(words, max_size=3).map(tuple),
    st.none() | v6,
)
v1s = st.builds(
    V1Record,
    v4,
    v4,
    v4,
    v4,
    words,
    halves,
    halves,
    st.booleans(),
    octets,
    v4,
    st.booleans(),
    texts,
    texts,
    texts,
    guids,
)
v2_sides = st.builds(V2Address, words, words, raw16, raw16)
v2_ports = st.builds(V2Ports, words, halves, halves)
v2s = st.builds(
    V2Record, v2_sides, v2_sides, v2_ports, v2_ports, words, st.booleans(), words, texts, texts, texts, guids
)
filter_lists = st.builds(FilterRecord, st.lists(v1s, max_size=4).map(tuple), st.lists(v2s, max_size=3).map(tuple))
records = policies | isakmps | negotiations | nfas | filter_lists

# --- model values -------------------------------------------------------------------------------------------------


# 0.0.0.0 as an address would be stored as this host; ranges are short, since V1 needs a subnet for each of their bits.
_v4_ends = st.tuples(st.integers(1, 2**32 - 1), st.integers(0, 999)).map(lambda at: (at[0], min(sum(at), 2**32 - 1)))
v4_sides = _v4_ends.map(lambda ends: between(IPv4Address(ends[0]), IPv4Address(ends[1]))) | st.tuples(
    st.integers(0, 2**32 - 1), st.integers(0, 31)
).map(lambda at: subnet(IPv4Network(at, strict=False)))
v6_sides = (st.tuples(v6, v6) | v6.map(lambda one: (one, one))).map(lambda ends: between(min(ends), max(ends)))
servers = st.sampled_from([Endpoint(kind) for kind in (Kind.DNS, Kind.WINS, Kind.DHCP, Kind.GATEWAY)])
plain_ports = st.just(ANY_PORT) | st.integers(1, 65535).map(port)
port_ranges = st.tuples(st.integers(1, 65534), st.integers(1, 65534)).map(lambda ends: Ports(min(ends), max(ends)))


def _filters(sides: st.SearchStrategy[tuple[Endpoint, Endpoint]]) -> st.SearchStrategy[Filter]:
    ports = plain_ports | port_ranges
    return st.builds(
        lambda ends, protocol, source, destination, mirrored, description, guid: Filter(
            ends[0], ends[1], protocol, source, destination, mirrored, description, guid
        ),
        sides,
        octets,
        ports,
        ports,
        st.booleans(),
        texts,
        guids,
    )


_words = st.sampled_from([ANY, ME])
filters = (
    _filters(st.tuples(_words | v4_sides, _words | v4_sides))
    | _filters(st.tuples(_words, v6_sides))
    | _filters(st.tuples(v6_sides, _words))
    | _filters(st.tuples(v6_sides, v6_sides))
    | _filters(st.tuples(servers, st.just(ME)))
    | _filters(st.tuples(st.just(ME), servers))
)
esps = st.builds(Esp, st.sampled_from(["none", "des", "3des"]), st.sampled_from(["none", "md5", "sha1"]))
hashes = st.sampled_from(["md5", "sha1"])
security_methods = st.builds(SecurityMethod, hashes, st.none() | esps, words, words) | st.builds(
    SecurityMethod, st.none(), esps, words, words
)
main_mode_methods = st.builds(
    MainModeMethod, st.sampled_from(["des", "3des"]), hashes, st.sampled_from(["group1", "group2", "group14"])
)
auth_methods = (
    st.just(Kerberos()) | st.builds(PresharedKey, texts) | st.builds(RootCa, texts, st.booleans(), st.booleans())
)
