"""A proposal while somebody chooses from it: with what they move in and out, and what changed under their hands."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from followthrough.domain.answered.sprint.proposal import CANDIDATES, NO_TICKET, Line, Proposal


def chosen(proposal: Proposal, taken: AbstractSet[str], estimates: Mapping[str, float]) -> Proposal:
    """With these action items and no others; ``estimates`` are what they typed, by id."""
    return proposal.model_copy(update={"lines": tuple(_chosen(line, taken, estimates) for line in proposal.lines)})


def _chosen(line: Line, taken: AbstractSet[str], estimates: Mapping[str, float]) -> Line:
    if line.place not in CANDIDATES:
        return line
    changes: dict[str, object] = {}
    if line.id in estimates:
        changes |= {"estimate": estimates[line.id], "estimated": True}
    if (line.id in taken) != line.proposed:
        why = "Taken out" if line.proposed else "" if line.ticket else NO_TICKET
        changes |= {"proposed": not line.proposed, "why": why}
    return line.model_copy(update=changes)


def meanwhile(shown: Mapping[str, float | None], proposal: Proposal, typed: Mapping[str, float]) -> Iterator[str]:
    """What is not as it was shown, a sentence each.

    ``shown`` are the candidates' estimates as they were, None where there was none. An estimate that somebody else
    changed to what is typed is no difference.
    """
    now = {line.id: line for line in proposal.candidates}
    elsewhere = {line.id: line for line in proposal.lines if line.id not in now}
    for gone in (item for item in shown if item not in now):
        line = elsewhere.get(gone)
        yield f"“{line.title}” is {line.place}." if line else f"{gone} is settled, or no longer the team's."
    for item, line in now.items():
        estimate = line.estimate if line.estimated else None
        if item not in shown:
            yield f"“{line.title}” was not there before."
        elif estimate is not None and estimate not in (shown[item], typed.get(item)):
            before = "" if shown[item] is None else f", and not at {shown[item]:g} as before"
            yield f"“{line.title}” is estimated at {estimate:g} now{before}."
