"""One connection per key, one logon attempt per password, closing side by side."""

import threading

import pytest
from scripted_host import Trouble
from winipsec.errors import Interrupted, Unauthorized, UserError
from winipsec.host.logon import Logon, Logons
from winipsec.host.pool import Pool
from winipsec.host.settings import ConnectionSettings


def settings(**changes):
    """Good settings but for these."""
    return ConnectionSettings(**{"host": "web1", "username": "deploy", "password": "pw", **changes})


@pytest.fixture
def pool(host):
    """A pool whose connections all lead to the same scripted host."""
    return Pool(transport=host.transport, clock=host.clock)


def test_same_settings_same_connection(pool):
    """However often they are asked for."""
    assert pool.get(settings()) is pool.get(settings())
    assert pool.get(settings()) is not pool.get(settings(password="other"))


def test_unusable_settings(host, pool):
    """No connection is made for them."""
    with pytest.raises(UserError):
        pool.get(settings(port=0))
    assert host.transports == []


def test_nothing_is_sent_before_a_command(host, pool):
    """Getting a connection costs no message."""
    pool.get(settings())
    assert host.log == []


def test_close_all(host, pool):
    """No shell is left, even where one host fails."""
    for name in ("web1", "web2", "web3"):
        pool.get(settings(host=name)).run("ver", idempotent=True)
    host.troubles = [Trouble("Delete", "before")]
    pool.close_all()
    assert len(host.shells) == 1
    pool.close_all()


def test_cancel_all(pool):
    """Whoever waits is interrupted."""
    connection = pool.get(settings())
    with connection._turn("x", lambda: False):
        threading.Timer(0.05, pool.cancel_all).start()
        with pytest.raises(Interrupted):
            connection.run("ver", idempotent=True)


def test_wrong_password_is_tried_once_by_all_connections(host, pool):
    """Two connections that differ in patience only, at the same time."""
    host.troubles = [Trouble("Create", "reject", times=99)]
    failures = []

    def work(seconds):
        try:
            pool.get(settings(command_timeout=seconds)).run("ver", idempotent=True)
        except Unauthorized as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(10 + n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (host.log, len(failures)) == (["Create"], 8)


def test_another_password_is_another_logon(host, pool):
    """A corrected password gets its chance."""
    host.troubles = [Trouble("Create", "reject")]
    with pytest.raises(Unauthorized):
        pool.get(settings()).run("ver", idempotent=True)
    assert pool.get(settings(password="right")).run("ver", idempotent=True).exit_code == 0


def test_logon_is_proven_by_one_answer():
    """Afterwards several may talk at the same time."""
    logon = Logon()
    with logon.attempt():
        pass
    with logon.attempt():
        done = threading.Event()

        def other():
            with logon.attempt():
                done.set()

        thread = threading.Thread(target=other)
        thread.start()
        assert done.wait(5)
        thread.join()


def test_failed_message_proves_nothing():
    """A broken connection says nothing about the password: the next one is alone again."""
    logon = Logon()
    with pytest.raises(OSError), logon.attempt():
        raise OSError
    assert not logon._proven
    with logon.attempt():
        pass
    assert logon._proven


def test_rejections_are_copies():
    """Each raise has a traceback of its own."""
    logon = Logon()
    first = Unauthorized("rejected.", host="web1", code="auth.scheme", advice="Do something else.")
    with pytest.raises(Unauthorized), logon.attempt():
        raise first
    with pytest.raises(Unauthorized) as caught:
        logon.require_usable()
    assert caught.value is not first
    assert (str(caught.value), caught.value.code) == (str(first), "auth.scheme")


def test_logons_by_key():
    """One per key."""
    logons = Logons()
    assert logons.of("a") is logons.of("a")
    assert logons.of("a") is not logons.of("b")
