"""What happens in a run, as a list of steps that is drawn from a seed before anything starts."""

import dataclasses
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

AT_ONCE = 10
"""Incidents that live at the same time."""
QUIET = 6
"""Steps at the beginning and the end without a fault."""
BETWEEN_FAULTS = 36
"""Steps, where there are enough for every kind of fault."""

ON_CALL = {"checkout": "ines", "card-payments": "tomas", "storefront": "sam", "database": "wei"}
TEAMS = {"checkout": "payments", "card-payments": "payments", "storefront": "platform", "database": "platform"}
MEMBERS = {"payments": ["ines", "tomas", "lucia"], "platform": ["sam", "wei"]}
LEADS = {"payments": "marcos", "platform": "grace"}
SEVERITIES = {"critical": "SEV1 or SEV2", "page": "SEV2", "warning": "SEV3"}

ODD = (
    "CPU \u0000 90 %",
    "Pay \ud83d half a face",
    "right \u202e to left",
    "<script>alert(1)</script> & [a](javascript:b)",
    "Zażółć gęślą jaźń 🚨👩‍🚒",
    "two\r\nlines | and a \u2028 third",
    "-----\n# heading",
    "long " * 1_500,
    "\t",
)
TOO_LONG = "x" * 40_000
SHORT, LONG = (1, 5, 12), (24, 24 * 9, 24 * 30)
"""Hours that pass for an incident; while it is not resolved, every half hour an update is due."""


@dataclass(frozen=True)
class Alert:
    """A pager tells, ``times`` at once; ``way`` is the intake."""

    lane: int
    way: str
    key: str
    state: str
    title: str
    labels: dict[str, Any]
    odd: str = ""
    times: int = 1


@dataclass(frozen=True)
class Declare:
    """A person declares an incident."""

    lane: int
    title: str
    service: str
    severity: str
    by: str


@dataclass(frozen=True)
class Command:
    """A person tells an incident, or with ``item`` its action item of that number, something.

    ``mark`` is a word that comes once in its text; ``into`` is the lane whose incident, or the number of the item that
    is meant, and ``makes`` the number that a new item has.
    """

    lane: int
    fields: dict[str, Any]
    mark: str = ""
    item: int = 0
    into: int = 0
    makes: int = 0


@dataclass(frozen=True)
class Pass:
    """Time passes for an incident, or for its action item of that number."""

    lane: int
    hours: int
    item: int = 0


@dataclass(frozen=True)
class Terminate:
    """Somebody terminates a workflow by hand."""

    lane: int
    item: int = 0


@dataclass(frozen=True)
class MoveTicket:
    """Somebody moves the item's ticket in Jira."""

    lane: int
    item: int
    status: str


@dataclass(frozen=True)
class Look:
    """Somebody looks at an incident, or at its action item of that number, on its page and by the API."""

    lane: int
    item: int = 0


Step = Alert | Declare | Command | Pass | Terminate | MoveTicket | Look


@dataclass(frozen=True)
class Kill:
    """SIGKILL; it is started again after ``seconds``."""

    what: str
    seconds: float


@dataclass(frozen=True)
class Hang:
    """SIGSTOP for ``seconds``."""

    what: str
    seconds: float


@dataclass(frozen=True)
class Lock:
    """Somebody holds the database for ``seconds``."""

    seconds: float


@dataclass(frozen=True)
class CutOff:
    """A vendor fails ``times``: ``how`` is its status, or what becomes of its answer."""

    vendor: str
    how: str
    times: int


@dataclass(frozen=True)
class Deploy:
    """The worker is stopped, and one of another build started."""

    build: str


Fault = Kill | Hang | Lock | CutOff | Deploy
Plan = tuple[Step | Fault, ...]


def make_plan(seed: int, scale: int, *, faults: bool = True) -> Plan:
    """The same for the same seed and scale; ``scale`` is the number of incidents."""
    chance = random.Random(f"{seed}/{scale}")
    steps = list(_interleaved(chance, [list(Life(chance, lane).steps()) for lane in range(1, scale + 1)]))
    if not faults:
        return tuple(steps)
    deck = _Deck(chance)
    between = max(3, min(BETWEEN_FAULTS, (len(steps) - 2 * QUIET) // (len(deck.kinds) + 1)))
    planned: list[Step | Fault] = []
    for number, step in enumerate(steps, 1):
        planned.append(step)
        if QUIET <= number <= len(steps) - QUIET and number % between == 0:
            planned.append(deck.draw())
    return tuple(planned)


def in_words(plan: Plan) -> Iterator[str]:
    """A line for each step."""
    for number, step in enumerate(plan, 1):
        yield f"{number} {type(step).__name__} {json.dumps(dataclasses.asdict(step), sort_keys=True)}"


def _interleaved(chance: random.Random, lives: list[list[Step]]) -> Iterator[Step]:
    """A few incidents at a time, each in its own order."""
    waiting, living = lives[::-1], list[list[Step]]()
    while waiting or living:
        while waiting and len(living) < AT_ONCE:
            living.append(waiting.pop())
        life = chance.choice(living)
        yield life.pop(0)
        if not life:
            living.remove(life)


class _Deck:
    """Each kind of fault comes once before one comes again."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._left: list[str] = []
        self._newer = False
        self.kinds = (
            *("kill worker", "kill web", "kill engine"),
            *("hang worker", "hang web", "hang engine"),
            *("lock", "jira", "sendgrid", "deploy", "deploy"),
        )

    def draw(self) -> Fault:
        if not self._left:
            self._left = list(self.kinds)
            self._chance.shuffle(self._left)
        match self._left.pop().split():
            case ["kill", what]:
                return Kill(what, self._seconds(0, 4))
            case ["hang", what]:
                return Hang(what, self._seconds(2, 12))
            case ["lock"]:
                return Lock(self._seconds(2, 16))
            case ["deploy"]:
                self._newer = not self._newer
                return Deploy("newer" if self._newer else "older")
            case [vendor]:
                how = self._chance.choice(["503", "429", "cut", "late", "cut"])
                return CutOff(vendor, how, self._chance.randint(1, 2 if how == "late" else 8))
        raise AssertionError(self._left)

    def _seconds(self, least: int, most: int) -> float:
        return round(self._chance.uniform(least, most), 1)


class Life:
    """One incident, from its alert on; much is left out, and some of it at the wrong time."""

    def __init__(self, chance: random.Random, lane: int) -> None:
        self._chance = chance
        self._lane = lane
        self._marks = 0
        self._service = chance.choice(list(ON_CALL))
        self._members = MEMBERS[TEAMS[self._service]]
        self._lead = LEADS[TEAMS[self._service]]
        self._commander = ON_CALL[self._service]
        self._label = chance.choice(list(SEVERITIES))
        self._way = chance.choice(["alertmanager", "alertmanager", "generic", "pagerduty"])

    def steps(self) -> Iterator[Step]:
        """In their order."""
        for step in self._story():
            yield step
            if self._maybe(0.02):
                yield Terminate(self._lane)
            if self._maybe(0.1):
                yield Look(self._lane, self._chance.choice([0, 0, 1]))

    def _story(self) -> Iterator[Step]:
        if self._maybe(0.04):
            yield self._alert("firing", labels={"severity": "nobody's", "team": "unknown"})
            return
        if self._maybe(0.12):
            title = f"Refunds stall in queue {self._lane}"
            severity = self._chance.choice(["SEV1", "SEV2", "SEV3", "SEV4"])
            yield Declare(self._lane, title, self._service, severity, self._someone())
        else:
            yield self._alert("firing", times=self._chance.choice([1, 1, 1, 2, 9]))
        yield self._tell("acknowledge", by=self._commander)
        yield from self._talk()
        items = self._chance.randint(1, 3)
        owners = [self._someone() for _ in range(items)]
        for number, owner in enumerate(owners, 1):
            title = "Add a test for {} to the nightly run"
            yield self._marked("propose action item", "title", title, owner=owner, makes=number)
        yield from self._alerts_again()
        for number, owner in enumerate(owners, 1):
            yield from self._taken(number, owner)
        if self._maybe(0.06):
            yield self._marked("cancel", "reason", "A false alarm {}", by=self._commander)
            return
        if self._maybe(0.08) and self._lane > 1:
            yield self._tell("merge", by=self._commander, into=self._chance.randrange(1, self._lane))
        if self._maybe(0.6):
            yield self._marked("mitigate", "summary", "Traffic moved {}")
        if self._maybe(0.12):
            yield Pass(self._lane, self._chance.choice(SHORT))
        if resolved := self._maybe(0.9):
            yield self._marked("resolve", "summary", "Rolled back {}")
        yield from self._learned(LONG if resolved else SHORT)
        for number, owner in enumerate(owners, 1):
            yield from self._followed_up(number, owner)
        if self._maybe(0.1):
            yield self._alert("firing")
        if self._maybe(0.1):
            yield self._marked("reopen", "reason", "It came again {}")
            yield self._marked("resolve", "summary", "Rolled back again {}")

    def _talk(self) -> Iterator[Step]:
        for _ in range(self._chance.randint(0, 3)):
            yield self._marked("note", "text", "{} " + self._chance.choice(["We look", *ODD]))
        if self._maybe(0.05):
            yield self._marked("note", "text", "{} " + TOO_LONG)
        if self._maybe(0.3):
            text = "{} Some payments fail. " + self._chance.choice(ODD[:5])
            audience = self._chance.choice(["customers", "internal"])
            said: dict[str, Any] = {"stage": "investigating", "audience": audience}
            yield self._marked("send update", "text", text, by=self._commander, **said)
        if self._maybe(0.2):
            severity = self._chance.choice(["SEV1", "SEV2", "SEV3", "SEV4"])
            yield self._marked("change severity", "reason", "We know more {}", by=self._commander, severity=severity)

    def _alerts_again(self) -> Iterator[Step]:
        if self._maybe(0.4):
            yield self._alert("firing", times=self._chance.choice([1, 4]))
        if self._maybe(0.3):
            yield self._alert("resolved")

    def _taken(self, number: int, owner: str) -> Iterator[Step]:
        if self._maybe(0.12):
            yield self._marked("decline", "reason", "Not mine {}", by=owner, item=number)
            yield self._marked("reassign", "reason", "Hers {}", by=self._lead, to=owner, item=number)
        if self._maybe(0.85):
            yield self._tell("accept", by=owner, item=number)
        if self._maybe(0.04):
            yield Terminate(self._lane, number)

    def _learned(self, passes: Sequence[int]) -> Iterator[Step]:
        if self._maybe(0.3):
            yield Pass(self._lane, self._chance.choice(passes))
        if self._maybe(0.6):
            text = f"# What broke\n\nThe queue of {self._lane} was full. Nothing watched its length.\n"
            author, reviewer = self._chance.sample([*self._members, self._lead], 2)
            yield self._tell("submit postmortem", by=author, text=text)
            yield self._tell("review postmortem", by=reviewer)
            yield self._tell("publish postmortem", by=author, no_items_because="Nothing is to be done")

    def _followed_up(self, number: int, owner: str) -> Iterator[Step]:
        if self._maybe(0.4):
            yield Pass(self._lane, 24 * self._chance.choice([3, 20, 70]), number)
        if self._maybe(0.1):
            yield self._marked("extend", "reason", "More time {}", by=owner, item=number, until="+6")
        if self._maybe(0.12):
            yield self._marked("block", "reason", "A delivery {}", by=owner, item=number, until="+5")
        if self._maybe(0.08) and number > 1:
            yield self._tell("block", by=owner, item=number, into=number - 1, reason="First that")
        if self._maybe(0.1):
            yield MoveTicket(self._lane, number, self._chance.choice(["In Progress", "Done"]))
        if self._maybe(0.06) and number > 1:
            yield self._tell("merge", by=owner, item=number, into=number - 1)
        if self._maybe(0.05):
            parts = [{"title": f"Add an alert for queue {name}", "owner": owner} for name in ("one", "two")]
            yield self._tell("split", by=owner, item=number, parts=parts)
        if self._maybe(0.2):
            yield self._marked("waive", "reason", "It goes away {}", by=self._lead, item=number)
        elif self._maybe(0.75):
            evidence = "https://git.example.com/changes/{}"
            yield self._marked("done", "evidence", evidence, by=owner, item=number)
            yield self._marked("verify", "note", "Looked at {}", by=self._lead, item=number)
        if self._maybe(0.08):
            yield self._marked("reopen", "reason", "It happened again {}", by=self._lead, item=number)

    def _alert(self, state: str, labels: dict[str, Any] | None = None, times: int = 1) -> Alert:
        labels = labels or {"service": self._service, "severity": self._label, "alertname": f"Queue{self._lane}"}
        odd = self._chance.choice(ODD) if self._maybe(0.3) else ""
        return Alert(self._lane, self._way, f"alert-{self._lane}", state, "Queue is full", labels, odd, times)

    def _marked(
        self, command: str, field: str, text: str, *, by: str = "", item: int = 0, makes: int = 0, **fields: Any
    ) -> Command:
        self._marks += 1
        mark = f"case{self._lane}x{self._marks}"
        fields = {"command": command, "by": by or self._someone(), field: text.replace("{}", mark, 1), **fields}
        return Command(self._lane, fields, mark, item, makes=makes)

    def _tell(self, command: str, *, by: str = "", item: int = 0, into: int = 0, **fields: Any) -> Command:
        return Command(self._lane, {"command": command, "by": by or self._someone(), **fields}, "", item, into)

    def _someone(self) -> str:
        return self._chance.choice(self._members)

    def _maybe(self, probability: float) -> bool:
        return self._chance.random() < probability
