"""Why a change was not made, in words: what netsh cannot be told, what the host did not take."""

from __future__ import annotations

from winipsec.errors import Refused, UserError
from winipsec.host.change import Plan
from winipsec.host.snapshot import Snapshot
from winipsec.model.invalid import Invalid


def unsayable(mistake: Invalid, snapshot: Snapshot) -> UserError:
    """The mistake that no command can say the value."""
    return UserError(f"netsh cannot be told this: {mistake}.", host=snapshot.host)


def not_taken(plan: Plan, snapshot: Snapshot, together: int) -> Refused:
    """The refusal with netsh's own words, which cannot be told apart where several changes failed `together`."""
    lines = dict.fromkeys(line.strip() for line in snapshot.before.splitlines() if line.lstrip().startswith("ERR "))
    said = " / ".join(lines) if together > 1 else next(iter(lines), "")
    whose = "netsh said" if together == 1 else f"Of {together} changes netsh said"
    unmet = "; ".join(f"{path} {text}" if path else text for path, text in plan.unmet.items())
    what = unmet or "what was asked for is not there"
    return Refused(
        f"the host did not take the change: {what}." + (f" {whose}: {said}" if said else ""),
        code="write.not-taken",
        host=snapshot.host,
        advice="The store was read back after each try; run `pulumi refresh` to see it as it is.",
    )


def not_written(snapshot: Snapshot) -> Refused:
    """The refusal of a host that let no script be written, so that nothing was tried."""
    said = [line.strip() for line in snapshot.before.splitlines() if line.strip()]
    return Refused(
        f"the commands could not be put into the folder {snapshot.folder}, which must be writable for administrators "
        f"and closed to everybody else." + (f" The host said: {said[-1]}" if said else ""),
        code="write.folder",
        host=snapshot.host,
        advice="Nothing was changed. Look at the folder, or remove it: the next run makes it anew.",
    )
