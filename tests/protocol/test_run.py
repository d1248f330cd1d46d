"""What a run of the engine sees: errors, messages, its end and the beginning of the next."""

import threading
import time

import pytest
from fake_engine import fake_engine, in_threads, served
from google.protobuf.empty_pb2 import Empty
from memory_resource import NOTE, catalogue
from mini_engine import MiniEngine
from protocol_values import Secret, to_struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from records import StepFailed
from winipsec import errors
from winipsec.model.invalid import Invalid

PASSWORD = "correct-horse-battery"


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
