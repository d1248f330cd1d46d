"""Messages where there is no engine to hear them."""

from winipsec.model.property_path import parse
from winipsec.plugin.codec import Decoded
from winipsec.plugin.engine_log import INFO, EngineLog
from winipsec.plugin.secrets import Scrubber


def test_without_an_engine_messages_go_to_stderr_scrubbed(capsys):
    """Started by hand, the plugin still says what it does, and still no secret."""
    scrubber = Scrubber()
    scrubber.learn(Decoded({"p": "hunter2-hunter2"}, frozenset({parse("p")})))
    log = EngineLog(scrubber)
    log.bind("urn:x").warning("password hunter2-hunter2 is weak")
    log.bind("").info("done")
    assert log.settle(seconds=5)
    assert capsys.readouterr().err == "warning: urn:x: password [secret] is weak\ninfo: done\n"


def test_the_same_text_is_said_once_per_resource_and_run():
    """Another resource may say the same; progress always may; a new run begins afresh."""
    log = EngineLog(Scrubber())
    assert log.say(INFO, "text", "urn:a") == 1
    assert log.say(INFO, "text", "urn:a") == 0
    assert log.say(INFO, "text", "urn:b") == 2
    assert log.say(INFO, "text", "urn:a", ephemeral=True) == 3
    assert log.settle(seconds=5)
    log.connect("")
    assert log.say(INFO, "text", "urn:a") == 4
