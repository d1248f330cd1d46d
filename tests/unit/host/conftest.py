import pytest
from scripted_host import ScriptedHost
from winipsec.host.connection import Connection
from winipsec.host.settings import ConnectionSettings

SETTINGS = {"host": "web1", "username": "CORP\\deploy", "password": "s3cret-Pa55"}


@pytest.fixture
def host():
    """A host that answers as the spec says."""
    return ScriptedHost()


@pytest.fixture
def connect(host):
    """Makes connections to the host; keyword arguments are settings."""

    def connect(**changes):
        settings = ConnectionSettings(**{**SETTINGS, **changes})
        return Connection(settings, transport=host.transport, clock=host.clock)

    return connect
