"""A connection that answers the one reading command, for tests of what the command makes of it."""

from exported_store import POLICY, VECTORS
from winipsec.host.shell import Completed
from winipsec.host.snapshot import READ_LINE

IPSEC = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\IPSec"
LOCAL = rf"{IPSEC}\Policy\Local"
AGENT = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\PolicyAgent"
RUNNING = "\r\nSERVICE_NAME: PolicyAgent \r\n        STATE              : 4  RUNNING \r\n"
STOPPED = "\r\nSERVICE_NAME: PolicyAgent \r\n        STATE              : 1  STOPPED \r\n"

STORE = (
    f"{LOCAL}\r\n    ActivePolicy    REG_SZ    SOFTWARE\\Policies\\Microsoft\\Windows\\IPSEC\\Policy\\Local\\"
    f"ipsecPolicy{POLICY}\r\n\r\n{LOCAL}\\ipsecPolicy{POLICY}\r\n    ipsecName    REG_SZ    Lockdown\r\n"
    f"    ipsecData    REG_BINARY    {VECTORS['samba-policy-72385230']['hex'].upper()}\r\n"
)


def answer(**parts):
    """What the reading command prints; every part that is not given is empty."""
    usual = {"service": RUNNING, "name": "WEB1\r\n", "folder": "C:\\Windows\\winipsec\r\n", "end": "ver\r\n"}
    names = [piece.split("&")[0].strip() for piece in READ_LINE.split("echo #winipsec:")[1:]]
    return "".join(f"#winipsec:{name}\r\n{({**usual, **parts}).get(name, '')}" for name in names)


class AnsweringConnection:
    """Stands in for `Connection`; `output` may be an error to raise."""

    def __init__(self, settings, output, *, logon=None):
        self.settings = settings
        self.client_address = "192.0.2.10"
        self.closed = False
        self.lines = []
        self._output = output
        self._logon = logon

    def run(self, line, **_):
        """Answer `ver` and the reading command, or raise."""
        self.lines.append(line)
        if self._logon is not None:
            raise self._logon
        if isinstance(self._output, Exception) and line != "ver":
            raise self._output
        return Completed(0, "" if line == "ver" else self._output, "")

    def close(self):
        """Remember that somebody tidied up."""
        self.closed = True


class Host:
    """Makes connections to one host and remembers them."""

    def __init__(self, output, *, logon=None):
        self.made = []
        self._output = output
        self._logon = logon

    def __call__(self, settings):
        """Connect."""
        self.made.append(AnsweringConnection(settings, self._output, logon=self._logon))
        return self.made[-1]
