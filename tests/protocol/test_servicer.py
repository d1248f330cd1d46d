"""The provider as a whole, over the wire: beginnings, configuration, functions."""

import grpc
import pytest
from fake_engine import served
from google.protobuf.empty_pb2 import Empty
from memory_resource import LOOK_UP, NOTE, Note, catalogue
from mini_engine import MiniEngine
from protocol_values import Computed, Secret, from_struct, to_struct
from pulumi.runtime.proto import provider_pb2
from records import CheckFailed, StepFailed
from winipsec._version import __version__
from winipsec.plugin import servicer

PASSWORD = "correct-horse-battery"


class TestBeginning:
    """Handshake, Attach, information about the plugin."""

    def test_capabilities_are_the_same_in_handshake_and_configure(self, engine):
        """Older engines only look at Configure; both must say the same."""
        shake = engine.handshake()
        answer = engine.configure({})
        assert (shake.accept_secrets, answer.acceptSecrets) == (True, True)
        assert (shake.accept_resources, answer.acceptResources) == (True, True)
        assert (shake.accept_outputs, answer.acceptOutputs) == (False, False)
        assert (shake.supports_autonaming_configuration, answer.supports_autonaming_configuration) == (True, True)
        assert answer.supportsPreview

    def test_an_engine_without_handshake_is_served(self, service):
        """Old engines begin with CheckConfig; some with Check, when nothing is configured."""
        with served(catalogue()) as address, MiniEngine(address, service) as engine:
            assert engine.up(NOTE, "n", {"text": "x"}).outputs["text"] == "x"
            engine.configure(engine.check_config({"host": "h"}))
            engine.cancel()

    def test_the_version_has_no_leading_letter(self, engine):
        """A semantic version, as the engine parses it."""
        assert engine.call("GetPluginInfo", Empty()).version == __version__
        assert __version__[0].isdigit()

    def test_the_schema_is_handed_out_as_it_lies_on_disk(self, engine, tmp_path, monkeypatch):
        """The first place that has one counts; not a byte is changed."""
        (tmp_path / "schema.json").write_text('{ "name":  "wínipsec" }', encoding="utf-8")
        monkeypatch.setattr(servicer, "_SCHEMA_PLACES", (tmp_path / "no.json", tmp_path / "schema.json"))
        request = provider_pb2.GetSchemaRequest()
        assert engine.call("GetSchema", request).schema == '{ "name":  "wínipsec" }'

    def test_another_schema_format_and_a_missing_schema_are_errors(self, engine, tmp_path, monkeypatch):
        """Neither is answered with something empty."""
        with pytest.raises(StepFailed) as failed:
            engine.call("GetSchema", provider_pb2.GetSchemaRequest(version=1))
        assert failed.value.code.name == "INVALID_ARGUMENT"
        monkeypatch.setattr(servicer, "_SCHEMA_PLACES", (tmp_path / "no.json",))
        with pytest.raises(StepFailed, match=r"without its schema\.json"):
            engine.call("GetSchema", provider_pb2.GetSchemaRequest())

    @pytest.mark.parametrize(
        ("method", "request_"),
        [
            ("Parameterize", provider_pb2.ParameterizeRequest()),
            ("Construct", provider_pb2.ConstructRequest(type="winipsec:index:Thing")),
            ("Call", provider_pb2.CallRequest(tok="winipsec:index:Thing/method")),
        ],
    )
    def test_what_is_not_served_is_unimplemented(self, engine, method, request_):
        """The engine knows this status and goes another way."""
        with pytest.raises(StepFailed) as failed:
            engine.call(method, request_)
        assert failed.value.code.name == "UNIMPLEMENTED"

    def test_lists_are_unimplemented(self, engine):
        """A stream ends with the status instead of results."""
        with pytest.raises(grpc.RpcError) as failed:
            list(engine.stub.List(provider_pb2.ListRequest(token=NOTE), timeout=10))
        assert failed.value.code().name == "UNIMPLEMENTED"

    def test_there_are_no_mappings(self, engine):
        """Converters get an empty answer, which is no error."""
        assert not engine.call("GetMapping", provider_pb2.GetMappingRequest(key="terraform")).data
        assert not engine.call("GetMappings", provider_pb2.GetMappingsRequest(key="terraform")).providers


class TestConfiguration:
    """CheckConfig, DiffConfig and Configure."""

    def test_the_normal_form_comes_back_and_the_password_is_marked(self, engine):
        """Text from the stack's configuration becomes a number; a plain password becomes a secret in the state."""
        inputs = engine.check_config({"host": "h", "port": "5986", "password": PASSWORD})
        assert inputs == {"host": "h", "port": 5986, "password": Secret(PASSWORD)}

    def test_keys_of_the_engine_come_back_unaltered(self, engine):
        """A provider that changes `version` is refused by the engine."""
        inputs = engine.check_config({"host": "h", "version": "0.0.9", "pluginDownloadURL": "https://x"})
        assert inputs == {"host": "h", "version": "0.0.9", "pluginDownloadURL": "https://x"}

    def test_failures_do_not_show_passwords(self, engine):
        """Reasons are scrubbed like everything else."""
        with pytest.raises(CheckFailed) as failed:
            engine.check_config({"port": Secret(PASSWORD), "password": PASSWORD})
        assert failed.value.failures == {"port": "must be a number, not [secret]"}

    def test_unknown_configuration_is_checked_but_not_configured(self, engine, note):
        """During a preview of a machine that is yet to be made."""
        inputs = engine.check_config({"host": Computed(), "port": Computed("number")})
        assert inputs == {"host": Computed(), "port": Computed()}
        assert engine.configure(inputs) is None
        engine.up(NOTE, "n", {})
        assert note.calls[-1][1].provider.configuration == {"host": "10.0.0.5"}

    @pytest.mark.parametrize(
        ("old", "new", "some"),
        [
            ({"host": "a"}, {"host": "a"}, set()),
            ({"host": "a"}, {"host": "b"}, {"host"}),
            ({"host": "a"}, {"host": "a", "port": 5986}, {"port"}),
            ({"host": "a", "port": 5986}, {"host": "a"}, {"port"}),
            ({"password": Secret("one-password")}, {"password": Secret("two-password")}, {"password"}),
            ({"host": "a"}, {"host": Computed()}, {"host"}),
        ],
    )
    def test_any_difference_is_some_and_never_a_replacement(self, engine, old, new, some):
        """With NONE a new password would be stored but never used; with a replacement policies would be remade."""
        response = engine.diff_config(old, new)
        assert set(response.diffs) == some
        assert response.changes == (response.DIFF_SOME if some else response.DIFF_NONE)

    def test_configure_reaches_the_resources_and_a_second_one_replaces(self, engine, note):
        """Attached, one process is configured again and again."""
        for host in ("a", "b"):
            engine.configure(engine.check_config({"host": host, "password": Secret(PASSWORD)}))
            engine.up(NOTE, host, {})
            assert note.calls[-1][1].provider.configuration == {"host": host, "password": PASSWORD}

    def test_old_engines_configure_by_variables(self, engine, note):
        """Without `args`, the deprecated variables count; their prefix is cut off."""
        engine.call("Configure", provider_pb2.ConfigureRequest(variables={"winipsec:config:port": "5986"}))
        engine.up(NOTE, "n", {})
        assert note.calls[-1][1].provider.configuration == {"port": 5986}

    def test_missing_keys_are_listed_for_the_hint_of_the_engine(self, engine):
        """The engine prints `pulumi config set` for each of them."""
        with pytest.raises(StepFailed) as failed:
            engine.configure({"host": "kerberos"})
        assert isinstance(failed.value.detail, provider_pb2.ConfigureErrorMissingKeys)
        (key,) = failed.value.detail.missingKeys
        assert (key.name, key.description) == ("winipsec:realm", "the Kerberos realm of the host")

    def test_unusable_configuration_names_every_problem(self, engine):
        """Where CheckConfig was skipped, Configure says the same."""
        with pytest.raises(StepFailed) as failed:
            engine.configure({"host": "kerberos", "port": "many"})
        assert failed.value.code.name == "INVALID_ARGUMENT"
        assert "port: must be a number, not many; realm: the Kerberos realm" in failed.value.text


class TestFunctions:
    """Invoke."""

    def test_a_result_comes_back_with_its_declared_secrets(self, engine):
        """Functions have to mark secrets themselves."""
        result = engine.invoke(LOOK_UP, {"word": "wall"}, preview=True)
        assert result == {"word": "wall", "key": Secret("k-4711-k"), "preview": True}

    def test_the_way_to_the_host_taints_nothing_other_secrets_everything(self, engine):
        """A password never enters a result; a secret script's parts cannot be told from its key."""
        result = engine.invoke(LOOK_UP, {"word": "wall", "connection": {"password": Secret(PASSWORD)}})
        assert result["word"] == "wall"
        result = engine.invoke(LOOK_UP, {"word": Secret("a-secret-word")})
        assert result["word"] == Secret("a-secret-word")
        assert result["preview"] == Secret(False)

    def test_a_mistake_in_an_argument_is_a_failure(self, engine):
        """With its path, the reason and what to do."""
        with pytest.raises(CheckFailed) as failed:
            engine.invoke(LOOK_UP, {})
        assert failed.value.failures == {"word": "must be given. Any word will do."}

    def test_a_mistake_that_is_no_argument_is_a_status(self, engine):
        """As for resources."""
        with pytest.raises(StepFailed, match="there is no such word"):
            engine.invoke(LOOK_UP, {"word": "nothing"})

    def test_an_unknown_function_is_named_with_a_hint(self, engine):
        """The program's token may be misspelt."""
        with pytest.raises(StepFailed, match=r"no such function: .*lokUp; did you mean winipsec:index:lookUp\?"):
            engine.invoke("winipsec:index:lokUp", {})


def test_a_catalogue_that_cannot_be_loaded_fails_requests_not_the_process(service):
    """A broken installation is told in words, and again for each request."""

    def broken():
        raise ModuleNotFoundError("No module named 'winrm'")

    from winipsec.plugin import server
    from winipsec.plugin.session import Session

    host, port = server.start(servicer.Servicer(Session(broken)))
    with MiniEngine(f"127.0.0.1:{port}", service) as engine:
        engine.handshake()
        for _ in range(2):
            with pytest.raises(StepFailed, match="a bug in the winipsec provider"):
                engine.check(engine.urn(NOTE, "n"), {})
    host.stop(None)


def test_two_types_do_not_share_their_declared_secrets(service):
    """What is secret is kept per type."""
    plain = Note(token="winipsec:index:Plain", secrets=())
    both = catalogue()
    both = both._replace(resources={**both.resources, plain.token: plain})
    with served(both) as address, MiniEngine(address, service) as engine:
        engine.start()
        keys = [{"id": "k", "value": "some-long-value"}]
        assert engine.up(plain.token, "p", {"keys": keys}).outputs["keys"] == keys
        assert from_struct(to_struct({"keys": keys})) == {"keys": keys}
        assert engine.up(NOTE, "n", {"keys": keys}).outputs["keys"] == [{"id": "k", "value": Secret("some-long-value")}]
