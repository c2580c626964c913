"""Commands about incidents."""

from typing import Annotated, Any

import typer

from followthrough.cli.api import AsJson, By, call, say, show
from followthrough.cli.drawing import table
from followthrough.cli.lookup import AnyRecord, Incident, Person, page_of, services
from followthrough.cli.record_words import detail, outcome
from followthrough.cli.words import argument, option
from followthrough.domain.replayed.names import IncidentStatus, Kind, Priority, Role, Severity

app = typer.Typer()


def give(incident: str, command: str, said: str, by: str, **fields: Any) -> dict[str, Any]:
    """Gives a command, prints what changed and what comes next, and gives the incident as it is then."""
    body = {"command": command, "by": by, **fields}
    answer: dict[str, Any] = call("POST", f"/incidents/{incident}/commands", body=body, keyed=True)
    for sentence in (said, *outcome(answer)):
        say(sentence)
    return answer


@app.command()
def declare(
    title: str,
    by: By,
    service: Annotated[str, typer.Option(help="What is broken, as in the organisation file", autocompletion=services)],
    severity: Annotated[Severity, option(Severity)] = Severity.SEV3,
    drill: Annotated[bool, typer.Option(help="Only practice: customers hear nothing")] = False,
    private: Annotated[bool, typer.Option(help="Only who is on it sees it")] = False,
    call_link: Annotated[
        str | None, typer.Option("--call", help="Link where those who respond talk; else the service's own")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Declare an incident by hand; a paging alert does it by itself."""
    body: dict[str, Any] = {"title": title, "service": service, "severity": severity, "by": by}
    body |= {"drill": drill, "private": private}
    body |= {"call": call_link} if call_link else {}
    answer = call("POST", "/incidents", body=body, keyed=True)
    if as_json:
        show(answer, True, str)
        return
    say(f"Declared {answer['incident']}: {answer['url']}")
    say(f"Who is on call for {service} is being asked to command. See who: followthrough show {answer['incident']}")


@app.command()
def incidents(
    status: Annotated[IncidentStatus | None, option(IncidentStatus)] = None,
    service: Annotated[str | None, typer.Option(autocompletion=services)] = None,
    team: str | None = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    as_json: AsJson = False,
) -> None:
    """List incidents, the newest first."""
    found = call("GET", "/incidents", status=status, service=service, team=team, limit=limit)
    columns = ("id", "severity", "status", "service", "declared_at", "title")
    show(found, as_json, lambda rows: table(columns, rows))


@app.command("show")
def show_one(record: AnyRecord, by: By, as_json: AsJson = False) -> None:
    """Show an incident or an action item: who, until when, what comes next, and what you may do."""
    show(call("GET", f"/{page_of(record)}", by=by or None), as_json, detail)


@app.command()
def ack(incident: Incident, by: By) -> None:
    """Acknowledge the role you were given."""
    give(incident, "acknowledge", "You have the role.", by)


@app.command()
def role(incident: Incident, role: Annotated[Role, argument(Role)], person: Person, by: By, note: str = "") -> None:
    """Give somebody a role; to hand yours over, see handover."""
    said = f"{person} is asked to be {role}, and has to acknowledge it."
    give(incident, "assign role", said, by, role=role, person=person, note=note)


@app.command()
def severity(incident: Incident, severity: Annotated[Severity, argument(Severity)], reason: str, by: By) -> None:
    """Raise or lower the severity."""
    said = f"It is a {severity} now; deadlines and updates follow it."
    give(incident, "change severity", said, by, severity=severity, reason=reason)


@app.command()
def mitigate(incident: Incident, summary: str, by: By) -> None:
    """Users are no longer hurt."""
    give(incident, "mitigate", "Users are no longer hurt; it goes on until it is resolved.", by, summary=summary)


@app.command()
def resolve(incident: Incident, summary: str, by: By) -> None:
    """It is over; the follow-up begins."""
    give(incident, "resolve", "It is over; the follow-up begins.", by, summary=summary)


@app.command()
def cancel(incident: Incident, reason: str, by: By) -> None:
    """It was a false alarm."""
    give(incident, "cancel", "It was a false alarm, and nobody is asked for anything more.", by, reason=reason)


@app.command()
def propose(
    incident: Incident,
    title: str,
    owner: Person,
    by: By,
    kind: Annotated[Kind, option(Kind)] = Kind.PREVENT,
    priority: Annotated[Priority, option(Priority)] = Priority.MEDIUM,
) -> None:
    """Propose an action item to the person who would own it."""
    said = f"“{title}” is proposed to {owner}, who accepts or declines it."
    give(incident, "propose action item", said, by, title=title, owner=owner, kind=kind, priority=priority)
