"""The provider as a whole, over the wire: configuration, functions, messages, errors, ends and beginnings of runs."""

import threading
import time

import grpc
import pytest
from fake_engine import fake_engine, in_threads, served
from google.protobuf.empty_pb2 import Empty
from memory_resource import LOOK_UP, NOTE, Note, catalogue
from mini_engine import CheckFailed, MiniEngine, StepFailed
from protocol_values import Computed, Secret, from_struct, to_struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from winipsec import errors
from winipsec._version import __version__
from winipsec.model.invalid import Invalid
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


class TestErrors:
    """What is raised, and what the engine concludes."""

    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (errors.UserError("x.", path="text"), "INVALID_ARGUMENT"),
            (Invalid("x"), "INVALID_ARGUMENT"),
            (errors.Unreachable("x."), "UNAVAILABLE"),
            (errors.Unauthorized("x."), "UNAUTHENTICATED"),
            (errors.Forbidden("x."), "PERMISSION_DENIED"),
            (errors.Quota("x."), "RESOURCE_EXHAUSTED"),
            (errors.TimedOut("x."), "DEADLINE_EXCEEDED"),
            (errors.Interrupted("x."), "CANCELLED"),
            (errors.Refused("x."), "FAILED_PRECONDITION"),
            (errors.Conflict("x."), "ABORTED"),
            (errors.Ambiguous("x."), "UNKNOWN"),
            (errors.TimedOut("x.", may_have_run=True), "UNKNOWN"),
            (errors.Interrupted("x.", may_have_run=True), "UNKNOWN"),
            (errors.HostError("x."), "UNKNOWN"),
            (errors.InternalError("x."), "INTERNAL"),
        ],
    )
    def test_each_error_has_its_status_and_its_own_words(self, engine, note, error, code):
        """Only what may have happened without our knowing is UNKNOWN or INTERNAL to the engine."""
        note.errors["angry"] = error
        with pytest.raises(StepFailed) as failed:
            engine.up(NOTE, "n", {"mood": "angry"})
        assert failed.value.code.name == code
        assert failed.value.text == str(error)

    def test_a_bug_is_one_sentence_with_a_reference(self, engine, note, service):
        """No traceback, no words of the exception; the place is a debug message with the same reference."""
        texts = set()
        for _ in range(2):
            note.errors["angry"] = KeyError(PASSWORD)
            with pytest.raises(StepFailed) as failed:
                engine.up(NOTE, "n", {"mood": "angry", "connection": {"password": Secret(PASSWORD)}})
            texts.add(failed.value.text)
        (text,) = texts
        assert failed.value.code.name == "INTERNAL"
        assert "a bug in the winipsec provider (KeyError, reference " in text
        assert "\n" not in text
        reference = text.partition("reference ")[2][:8]
        (debug,) = [text for text in service.said("debug") if reference in text]
        assert "memory_resource.py" in debug

    def test_a_bug_does_not_end_the_process(self, engine, note):
        """The next request is served as if nothing had happened."""
        note.errors["angry"] = RecursionError()
        with pytest.raises(StepFailed):
            engine.up(NOTE, "n", {"mood": "angry"})
        assert engine.up(NOTE, "n", {}).id

    def test_text_in_any_script_arrives(self, engine, note):
        """Names on German or Japanese hosts stand in errors as they are."""
        note.errors["angry"] = errors.Refused("die Richtlinie „Büro“ 方針 gibt es schon.")
        with pytest.raises(StepFailed, match="„Büro“ 方針"):
            engine.up(NOTE, "n", {"mood": "angry"})


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


class TestMessages:
    """What the user reads while it runs."""

    def test_a_message_stands_at_its_resource_and_arrives_before_the_answer(self, engine, service):
        """Otherwise the row would be printed without it."""
        state = engine.up(NOTE, "n", {"mood": "chatty", "text": "x"})
        (warning,) = [message for message in service.messages if message.severity == "warning"]
        assert (warning.urn, warning.text, warning.ephemeral) == (state.urn, "writing x with None", False)

    def test_the_same_diff_message_is_sent_once_progress_each_time(self, engine, service):
        """The engine asks for one diff several times in a run."""
        state = engine.up(NOTE, "n", {"mood": "chatty"})
        for _ in range(3):
            engine.diff(state, state.inputs)
        said = [(message.text, message.ephemeral) for message in service.messages if message.severity == "info"]
        assert sorted(said) == [
            ("looking for a pencil", True),
            ("looking for a pencil", True),
            (f"note {state.id} will be rewritten", False),
        ]

    def test_the_next_run_hears_it_again(self, engine, service):
        """An attached process serves many runs; each begins with Attach."""
        state = engine.up(NOTE, "n", {"mood": "chatty"})
        engine.call("Attach", plugin_pb2.PluginAttach(address=service.address))
        engine.diff(state, state.inputs)
        assert service.said("info").count(f"note {state.id} will be rewritten") == 2

    def test_a_slow_engine_does_not_slow_the_work(self, note):
        """A message is waited for, but not for long; all arrive in the end."""
        with fake_engine(delay=0.6) as slow, served(catalogue(note)) as address, MiniEngine(address, slow) as engine:
            engine.start()
            urn = engine.urn(NOTE, "n")
            begun = time.monotonic()
            request = provider_pb2.CreateRequest(urn=urn, properties=to_struct({"mood": "chatty"}))
            engine.call("Create", request)
            assert time.monotonic() - begun < 0.55
            engine.cancel()
            deadline = time.monotonic() + 10
            while not slow.said("warning") and time.monotonic() < deadline:
                time.sleep(0.05)
            assert slow.said("warning")

    def test_an_engine_that_is_gone_fails_no_request(self, note):
        """Messages are lost then, work is not."""
        with fake_engine() as gone:
            pass
        with served(catalogue(note)) as address, MiniEngine(address, gone) as engine:
            engine.start()
            assert engine.up(NOTE, "n", {"mood": "chatty"}).id


class TestEnd:
    """Cancel, and the run after it."""

    def test_cancel_ends_slow_work_at_once(self, engine, note):
        """The user's Ctrl-C arrives while a creation is under way."""
        urn = engine.urn(NOTE, "n")
        request = provider_pb2.CreateRequest(urn=urn, properties=to_struct({"mood": "slow"}))

        def work(index):
            if index:
                assert note.entered.acquire(timeout=10)
                return engine.cancel()
            with pytest.raises(StepFailed):
                return engine.call("Create", request)

        begun = time.monotonic()
        in_threads(2, work)
        assert time.monotonic() - begun < 10

    def test_cancel_does_not_wait_for_a_free_worker(self, note, service):
        """With every worker busy it still arrives, for it is what frees them."""
        with served(catalogue(note), workers=2) as address, MiniEngine(address, service) as engine:
            engine.start()
            urn = engine.urn(NOTE, "n")
            request = provider_pb2.CreateRequest(urn=urn, properties=to_struct({"mood": "slow"}))

            def work(index):
                if index == 2:
                    assert note.entered.acquire(timeout=10)
                    assert note.entered.acquire(timeout=10)
                    engine.call("GetPluginInfo", Empty())
                    return engine.cancel()
                with pytest.raises(StepFailed):
                    return engine.call("Create", request)

            begun = time.monotonic()
            in_threads(3, work)
            assert time.monotonic() - begun < 10

    def test_a_cancelled_run_is_forgotten_by_the_next(self, engine, note, service):
        """Attached: the process stays, and what was open is closed when the next run begins."""
        engine.attached = True
        engine.up(NOTE, "n", {})
        old = note.calls[-1][1].provider
        engine.cancel()
        engine.start({"host": "b"})
        engine.up(NOTE, "m", {})
        new = note.calls[-1][1].provider
        assert old.cancelled.is_set()
        assert not new.cancelled.is_set()
        assert old.closed.wait(5)
        assert not new.closed.is_set()

    def test_cancel_reaches_work_begun_under_an_earlier_configuration(self, engine, note):
        """Attached, a second provider resource replaces the configuration while the first one still works."""
        urn = engine.urn(NOTE, "n")
        request = provider_pb2.CreateRequest(urn=urn, properties=to_struct({"mood": "slow"}))
        ended = threading.Event()

        def create():
            with pytest.raises(StepFailed):
                engine.call("Create", request)
            ended.set()

        thread = threading.Thread(target=create)
        thread.start()
        assert note.entered.acquire(timeout=10)
        engine.configure({"host": "b"})
        assert not ended.wait(0.05)
        engine.cancel()
        assert ended.wait(10)
        thread.join()


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
