"""What happens to a commit, and how it says that nobody knows."""

from collections import deque

import pytest
from commit_desk import SECONDS
from winipsec.errors import Ambiguous
from winipsec.host.commit_table import State


def then(*hitches):
    """What happens to the next lines of a kind."""
    return deque(hitches)


def unclear(commit, call):
    """The call ends without anybody knowing; what it said."""
    with pytest.raises(Ambiguous) as caught:
        call()
    assert caught.value.code == "commit.left"
    assert caught.value.may_have_run
    assert str(SECONDS) in caught.value.advice
    assert commit.state is State.LEFT
    return caught.value
