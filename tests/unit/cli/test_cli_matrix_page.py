"""The page of `winipsec matrix`: what is in it. How it behaves is tried in a browser (`make browser`)."""

from html.parser import HTMLParser

import pytest
from winipsec.cli.matrix_page import page
from winipsec.cli.meetings import kind_of, told
from winipsec.model.endpoint import parse_address
from winipsec.model.store import Store
from winipsec.traffic.conversation import Result
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.matrix import Asked, Exchange, Meeting, Station, matrix

SERVICES = (Asked(1), Asked(6, 80))
VOID = {"meta", "input"}


def station(name, address):
    """A host without a policy."""
    return Station(name, State(Store()), HostFacts(frozenset({parse_address(address)})))


def written(stations, services=SERVICES, meetings=None, remarks=()):
    """The page and what a parser finds in it."""
    text = page(stations, services, matrix(stations, services) if meetings is None else meetings, remarks)
    found = Reader()
    found.feed(text)
    assert found.open == []
    return text, found


class Reader(HTMLParser):
    """Every element with its attributes; elements must be closed in order."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.found = []
        self.texts = []

    def handle_starttag(self, tag, attrs):
        """Remember it."""
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """Remember it."""
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        """It must be the last one opened."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Remember it."""
        self.texts.append(data)

    def all(self, tag, **attributes):
        """The attributes of the elements like that."""
        return [
            found
            for name, found in self.found
            if name == tag and all(value in (found.get(key) or "").split() for key, value in attributes.items())
        ]


PAIR = (station("web1", "10.0.0.5"), station("db1", "10.0.0.7"))


def test_nothing_is_fetched():
    """No source, link, import or address of another place; and a policy that forbids it."""
    text, found = written(PAIR)
    assert not [attributes for _, attributes in found.found if {"src", "href", "srcset", "action"} & set(attributes)]
    assert not [word for word in ("http:", "https:", "@import", "//cdn") if word in text]
    assert "default-src 'none'" in found.all("meta")[2]["content"]


def test_every_meeting_is_a_cell_and_an_arrow():
    """In the panel of its service and in that of all."""
    _, found = written(PAIR)
    assert len(found.all("section")) == 3
    assert [cell["data-pair"] for cell in found.all("button")] == ["0-1", "1-0"] * 3
    assert [link["data-pair"] for link in found.all("g", **{"class": "link"})] == ["0-1", "1-0"] * 3
    assert found.all("button")[2]["aria-label"] == "web1 to db1. icmp: clear."
    assert found.all("button")[0]["aria-label"] == "web1 to db1. icmp, tcp/80: clear."


def test_equal_input_gives_equal_bytes():
    """So that pages can be compared."""
    assert written(PAIR)[0] == written(PAIR)[0]


def test_identifiers_are_unique():
    """Labels and arrow heads would lead elsewhere."""
    _, found = written(PAIR)
    names = [attributes["id"] for _, attributes in found.found if "id" in attributes]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '" onfocus="alert(1)', "a&b", "x\u202ey"])
def test_names_are_text(name):
    """Nothing that a host or a policy is called becomes markup."""
    text, found = written((station(name, "10.0.0.5"), PAIR[1]), remarks=[f"{name}: a remark"])
    assert len(found.all("script")) == 1
    assert not [attributes for _, attributes in found.found if "onfocus" in attributes]
    assert "\u202e" not in text


def test_many_hosts_have_a_map_without_what_does_not_work():
    """Nine hosts and 72 refusals: the map would be a red ball; its description says so, the table has them all."""
    stations = [station(f"h{i}", f"10.0.0.{i}") for i in range(1, 10)]
    refused = [
        Meeting(one.name, other.name, Asked(1), (Exchange(Result.NO, "blocked"),))
        for one in stations
        for other in stations
        if one is not other
    ]
    text, found = written(stations, (Asked(1),), refused)
    assert found.all("g", **{"class": "link"}) == []
    assert len(found.all("button")) == 72
    assert "What does not work is left out." in text


def test_no_common_family_is_no_answer():
    """An IPv6 host and an IPv4 host: a dash, and no arrow."""
    _, found = written((PAIR[0], station("six", "2001:db8::7")))
    assert found.all("g", **{"class": "link"}) == []
    assert "no addresses of one family" in found.all("button")[0]["aria-label"]


def test_answers_that_differ():
    """By address or client port: both are told."""
    both = (Exchange(Result.NO, "db1, rule 'x': blocked"), Exchange(Result.ENCRYPTED))
    assert kind_of(both).key == "mixed"
    assert told(Meeting("a", "b", Asked(1), both)) == "no: db1, rule 'x': blocked; or encrypted"
    assert {kind_of([Exchange(result)]).key for result in Result} == {result.value for result in Result}
