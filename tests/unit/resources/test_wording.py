"""How one `set` command is worded, try after try (spec: ipsec-policy 1.3, 1.5)."""

import pytest
from winipsec.formats import netsh
from winipsec.model.filters import FilterList
from winipsec.model.methods import SecurityMethod
from winipsec.model.policies import FilterAction
from winipsec.resources.wording import said_again, without, worded

GUID = "{00000000-0000-0000-0000-00000000000a}"
NAMED, ANOTHER = 'newname="NAMED"', 'newname="other"'


def said(old, new, attempt):
    """The lines for a filter list that is to get a name and a description, and the name it has afterwards."""
    current, wanted = FilterList(*old, guid=GUID), FilterList(*new, guid=GUID)
    command = netsh.set_filter_list(GUID, name=wanted.name, description=wanted.description)
    commands, name = worded(command, "ipsecFilter", current, wanted, attempt)
    return [item.argument_line(lambda text: f'"{text}"').partition(GUID)[2] for item in commands], name


SET = '" {}'
DELETED = '" /v description /f'


@pytest.mark.parametrize(
    ("old", "new", "attempt", "lines", "name"),
    [
        (("named", (), "d"), ("named", (), "d"), 0, [], "named"),
        (("named", (), "d"), ("other", (), "d"), 0, [SET.format(ANOTHER)], "other"),
        (("named", (), "d"), ("other", (), "d"), 2, [SET.format(ANOTHER)], "other"),
        (("named", (), "d"), ("NAMED", (), "d"), 0, [SET.format(NAMED)], "NAMED"),
        (("named", (), "d"), ("NAMED", (), "d"), 1, [], "named"),
        (("named", (), "d"), ("named", (), "e"), 0, [SET.format('description="e"')], "named"),
        (("named", (), "d"), ("named", (), "e"), 1, [SET.format('description="e"')], "named"),
        (("named", (), "d"), ("named", (), "e"), 2, ['" /v description /t REG_SZ /d "e" /f'], "named"),
        (("named", (), "d"), ("named", (), ""), 0, [SET.format('description=""')], "named"),
        (("named", (), "d"), ("named", (), ""), 1, [DELETED], "named"),
        (("named", (), "d"), ("other", (), ""), 1, [SET.format(ANOTHER), DELETED], "other"),
    ],
)
def test_what_is_said_in_each_try(old, new, attempt, lines, name):
    """Only what differs; a description goes in the registry where netsh would not take it."""
    assert said(old, new, attempt) == (lines, name)


def test_less_is_said_in_the_same_order():
    """The tags that are left keep their places."""
    command = netsh.set_filter_list(GUID, name="n", description="d")
    assert [tag for tag, _ in without(command, {"newname"}).tags] == ["guid", "description"]


def test_lifetimes_of_zero_are_said_in_later_tries():
    """A host may put lifetimes of its own where none is said; an offer that says one keeps its words."""
    offers = (SecurityMethod("sha1", None, 0, 0), SecurityMethod("md5", None, 0, 300))
    command = netsh.set_filter_action(GUID, FilterAction("a", security_methods=offers))
    first, later = (dict(said_again(command, attempt).tags)["qmsecmethods"] for attempt in (0, 1))
    assert first == "AH[SHA1] AH[MD5]:300s"
    assert later == "AH[SHA1]:0k/0s AH[MD5]:300s"
