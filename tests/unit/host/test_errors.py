"""The hierarchy of errors: what each says, and what programs may rely on."""

import copy
import inspect

import pytest
from winipsec import errors

CLASSES = [getattr(errors, name) for name in errors.__all__]


def test_tree_at_the_head_of_the_module_is_the_tree():
    """Every class stands in it, under its parent."""
    lines = [line for line in errors.__doc__.splitlines() if "──" in line]
    drawn = {line.split("──")[1].split()[0]: line.index("──") for line in lines}
    assert set(drawn) | {"WinipsecError"} == set(errors.__all__)
    for kind in CLASSES:
        depth = len(kind.__mro__) - len(errors.WinipsecError.__mro__)
        assert drawn.get(kind.__name__, 0) == {0: 0, 1: 5, 2: 9}[depth]


@pytest.mark.parametrize("kind", [c for c in CLASSES if issubclass(c, errors.HostError)])
def test_every_host_error_names_host_and_next_step(kind):
    """Even when whoever raised it gave none."""
    error = kind("it did not work.", host="web1")
    assert str(error).startswith("web1: it did not work. ")
    assert len(error.advice) > 10
    assert error.code


def test_host_is_not_named_twice():
    """A sentence that names it already is left as it is."""
    assert (
        str(errors.Unreachable("cannot connect to web1.", host="web1", advice="Go.")) == "cannot connect to web1. Go."
    )


def test_user_error_leads_with_the_path():
    """The engine shows it at the property."""
    error = errors.UserError("is not a port.", path="filters[2].destinationPort")
    assert str(error) == "filters[2].destinationPort: is not a port."


def test_internal_error_asks_for_a_report():
    """Nobody else can help."""
    assert "report" in str(errors.InternalError("no rule."))


@pytest.mark.parametrize("kind", CLASSES)
def test_copies_keep_everything(kind):
    """An error may be raised in several threads, each with a copy."""
    fields = {name: name for name in inspect.signature(kind).parameters if name not in {"problem", "args"}}
    error = kind("x.", **fields)
    assert vars(copy.copy(error)) == vars(error)
    assert str(copy.copy(error)) == str(error)


@pytest.mark.parametrize("kind", CLASSES)
def test_codes_are_short_and_stable(kind):
    """Words and dots."""
    assert kind.default_code.replace(".", "").isalpha()
    assert kind("x.", code="area.what").code == "area.what"


def test_only_some_errors_leave_it_open_whether_it_ran():
    """By default nothing has run."""
    assert not errors.Ambiguous("x.").may_have_run
    assert errors.Ambiguous("x.", may_have_run=True).may_have_run
