"""The provider's configuration and its claims (design 2.2, items 6 and 7; spec: pulumi-provider 2.4)."""

import pytest
from property_cases import FIELDS, FLAG, Case
from property_places import SCHEMA
from store_scene import PASSWORD, REACHED
from winipsec.errors import UserError
from winipsec.resources.configuration import Configuration, check, read, variable
from winipsec.resources.provider import Claims, Provider, configure
from winipsec.resources.values import UNKNOWN

REVERT_AFTER = Case(
    accepted=((0, (0, "0")), (120, (120, "120", 120.0)), (300, (300,))),
    refused=((-1, "0"), (1, "at least 120"), (119, "at least 120"), ("soon", "number")),
)
CASES = {**FIELDS["Connection"], "treatUnreachableAsDeleted": FLAG, "revertAfter": REVERT_AFTER}
ENVIRONMENT: dict[str, str] = {}


def test_every_setting_of_the_schema_has_a_case():
    """The provider takes what a connection takes, and two things more."""
    assert set(SCHEMA["provider"]["inputProperties"]) == set(SCHEMA["config"]["variables"]) == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_every_setting_is_taken_typed_and_as_text(name):
    """Stack configuration is text, generated SDKs send JSON."""
    for normal, spellings in CASES[name].accepted:
        for spelling in spellings:
            assert check({name: spelling}, ENVIRONMENT).inputs == {name: normal}


@pytest.mark.parametrize("name", CASES)
def test_wrong_settings_are_refused(name):
    """By name; those rules that need several settings together are judged where a host is reached."""
    for value, words in CASES[name].refused:
        answer = check({name: value}, ENVIRONMENT)
        if words not in {"alone", "port", "neither", "URL"}:
            ((path, reason),) = answer.failures
            assert path == name
            assert words in reason


@pytest.mark.parametrize("name", CASES)
def test_a_variable_of_the_environment_fills_what_is_absent(name):
    """By the name that the schema gives it, and never over what was given."""
    schema = SCHEMA["config"]["variables"][name]["defaultInfo"]["environment"]
    assert schema == [variable(name)]
    (normal, spellings), *_ = CASES[name].accepted
    text = next(str(spelling) for spelling in spellings if isinstance(spelling, str | bool | int))
    assert check({}, {variable(name): text}).inputs == {name: normal}
    assert check({name: normal}, {variable(name): "?"}).inputs == {name: normal}
    assert check({}, {variable(name): ""}).inputs == {}


def test_names_of_variables_are_words():
    """Capitals begin a word."""
    assert variable("treatUnreachableAsDeleted") == "WINIPSEC_TREAT_UNREACHABLE_AS_DELETED"
    assert variable("caFile") == "WINIPSEC_CA_FILE"


def test_settings_of_the_engine_are_not_ours():
    """Older engines send them along."""
    assert check({"version": "1.0.0", "pluginDownloadURL": "x", "host": "web1"}, ENVIRONMENT).inputs == {"host": "web1"}


def test_unknown_settings_are_absent_once_they_are_read():
    """A preview of a machine whose address is yet to come."""
    assert check({"host": UNKNOWN}, ENVIRONMENT).inputs == {"host": UNKNOWN}
    assert dict(read({"host": UNKNOWN, "port": 5985}, ENVIRONMENT).values) == {"port": 5985}


def test_reading_wrong_settings_fails_without_showing_a_value():
    """The engine checks first; whoever does not is told here."""
    with pytest.raises(UserError) as error:
        read({"password": [PASSWORD]}, ENVIRONMENT)
    assert error.value.path == "password"
    assert PASSWORD not in str(error.value)
    with pytest.raises(UserError):
        configure({"port": "many"})


def test_a_connection_overrides_setting_by_setting():
    """What it leaves out, or leaves null, is the provider's."""
    configuration = Configuration({**REACHED, "https": True, "port": 1})
    settings = configuration.settings({"host": "web2", "port": None, "username": "other"})
    assert (settings.host, settings.port, settings.username, settings.https) == ("web2", 1, "other", True)
    assert configuration.settings(None).host == "web1"


def test_a_host_must_be_named():
    """The error says the three places where it can be."""
    with pytest.raises(UserError) as error:
        Configuration().settings(None)
    assert error.value.path == "connection.host"
    assert all(place in str(error.value) for place in ("connection.host", "winipsec:host", "WINIPSEC_HOST"))


def test_a_mistake_in_a_variable_of_the_environment_names_the_variable():
    """The program does not have it, so its author would not find it; what the program has is not blamed on it."""
    wrong = {"WINIPSEC_PORT": "abc", "WINIPSEC_HTTPS": "perhaps"}
    (failure,) = check({**REACHED, "https": False}, wrong).failures
    assert failure.path == "port"
    assert failure.reason.endswith("; it comes from the environment variable WINIPSEC_PORT")
    with pytest.raises(UserError, match="WINIPSEC_PORT"):
        read({"host": "web1"}, {"WINIPSEC_PORT": "abc"})


def test_a_configuration_does_not_show_its_password():
    """Not in its representation, nor in that of the settings made from it."""
    configuration = Configuration(REACHED)
    assert PASSWORD not in repr(configuration)
    assert PASSWORD not in repr(configuration.settings(None))


def test_a_machine_that_is_gone_is_not_deleted_unless_the_user_says_so():
    """Off by default."""
    assert not Configuration().treat_unreachable_as_deleted
    assert Configuration({"treatUnreachableAsDeleted": True}).treat_unreachable_as_deleted


def test_hosts_take_back_what_nobody_confirms_unless_the_user_says_otherwise():
    """After five minutes (spec: winrm 5.7); 0 arms no host."""
    assert Configuration().revert_after == 300
    assert Configuration({"revertAfter": 0}).revert_after == 0


# --- hosts and claims ---------------------------------------------------------------------------------------------


def test_one_host_serves_all_resources_that_reach_it_alike():
    """However many they are; another account is another host. Nothing is connected for that."""
    provider = Provider(Configuration(REACHED))
    assert provider.host(None) is provider.host({"host": "web1"}) is provider.host({})
    assert provider.host({"host": "web2"}) is not provider.host(None)
    assert provider.host({"username": "other"}) is not provider.host(None)


def test_the_address_is_empty_until_it_is_known():
    """Claims about hosts that are not known yet are no claims about each other."""
    provider = Provider()
    unknown = (None, UNKNOWN, {}, {"host": UNKNOWN}, {"host": "web1", "port": UNKNOWN})
    assert {provider.address(connection) for connection in unknown} == {""}
    assert provider.address({"host": "WEB1"}) == provider.address({"host": "web1", "port": 5986}) != ""


def test_whoever_comes_second_is_told_of_the_first():
    """Without case in names, and each resource only of others."""
    claims = Claims()
    assert claims.make("list", "web1", "Worm", "urn:a") == []
    assert claims.make("list", "web1", "worm", "urn:b", "value") == ["urn:a"]
    assert claims.make("list", "web1", "WORM", "urn:a") == ["urn:b"]
    assert claims.others("list", "web1", "worm", "urn:a") == ["urn:b"]
    assert sorted(claims.values("list", "web1", "worm")) == ["", "value"]
    assert claims.others("list", "web2", "worm") == claims.others("action", "web1", "worm") == []


def test_a_claim_can_be_taken_back():
    """Even one that was never made."""
    claims = Claims()
    claims.make("list", "web1", "worm", "urn:a")
    claims.drop("list", "web1", "WORM", "urn:a")
    claims.drop("list", "web1", "WORM", "urn:b")
    assert claims.others("list", "web1", "worm") == []


def test_cancelling_is_seen_by_everybody():
    """One event for all hosts of the run."""
    provider = Provider(Configuration(REACHED))
    provider.host(None)
    provider.cancel()
    assert provider.cancelled.is_set()


def test_closing_never_fails():
    """Hosts that were never reached have nothing to tidy."""
    provider = Provider(Configuration(REACHED))
    provider.host(None)
    provider.close(seconds=1.0)
    provider.close(seconds=1.0)
