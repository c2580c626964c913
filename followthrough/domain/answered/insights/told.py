"""How each measure is told."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from followthrough.domain.answered.insights.costs import Came, Held, Price
from followthrough.domain.answered.insights.insight import (
    DEFINITIONS,
    HOURS,
    MOST_ROWS,
    PERCENT,
    TITLES,
    Cell,
    Column,
    Drawing,
    Insight,
    Kind,
    Name,
    Place,
    Series,
    part_of,
)
from followthrough.domain.answered.insights.measures import (
    ENOUGH,
    ENOUGH_FOR_NINETIETH,
    Ages,
    Duration,
    Outcome,
    Risks,
    Share,
    Spread,
)
from followthrough.domain.answered.insights.scope import By, Group, Scope
from followthrough.domain.answered.report.digest import AGES
from followthrough.domain.answered.wording import span_to_the_minute
from followthrough.domain.replayed.values import Severity

TOO_FEW = "too few to compare"
Measured = TypeVar("Measured")

_GROUP = (Column(name="by", label="By", kind=Kind.TEXT), Column(name="of", label="Of", kind=Kind.TEXT))
_NOTE = Column(name="note", label="Note", kind=Kind.TEXT)


def tell_on_time(shares: Mapping[Group, Share], scope: Scope) -> Insight:
    """The share is in percent."""
    everything = shares.get((By.ALL, By.ALL.value), Share(part=0, whole=0))
    months = [str(month) for month in scope.each_month]
    by_month = [shares.get((By.MONTH, month)) for month in months]
    columns = (*_GROUP, _count("on_time", "On time"), _count("closed", "Closed"), _percent(), _NOTE)
    return _insight(
        Name.ON_TIME,
        _share(everything) if everything.whole else "Nothing was closed in these months.",
        columns,
        [(*group, share.part, share.whole, _percents(share), _few(share.whole)) for group, share in _sorted(shares)],
        Drawing(
            title=TITLES[Name.ON_TIME],
            unit=PERCENT,
            labels=tuple(months),
            series=(Series(name="on time", values=tuple(share and _percents(share) for share in by_month)),),
        ),
    )


def tell_ages(ages: Mapping[Group, Ages]) -> Insight:
    """The median is in days."""
    edges = [0, *AGES]
    labels = [f"{low + 1 if low else 0}-{high}" for low, high in zip(edges, AGES, strict=False)] + [f"over {AGES[-1]}"]
    everything = ages.get((By.ALL, By.ALL.value), Ages(counts=(), median=0))
    counted = sum(everything.counts)
    summary = f"{counted} open" + (f", half of them for {everything.median} days or less" if counted >= ENOUGH else "")
    if counted < ENOUGH:
        summary += f"; {TOO_FEW}"
    columns = (
        *_GROUP,
        _count("open", "Open"),
        *(_count(f"days_{label.replace('-', '_').replace(' ', '_')}", f"{label} days") for label in labels),
        _count("median_days", "Median days"),
        _NOTE,
    )
    rows = [
        (*group, whole, *age.counts, age.median if whole >= ENOUGH else None, _few(whole))
        for group, age in _sorted(ages)
        if (whole := sum(age.counts))
    ]
    present = [severity for severity in Severity if (By.SEVERITY, severity.value) in ages]
    drawing = Drawing(
        title=TITLES[Name.OPEN_AGES],
        unit="action items by days",
        labels=tuple(labels),
        series=tuple(
            Series(name=severity.value, values=ages[By.SEVERITY, severity.value].counts) for severity in present
        ),
        stacked=True,
    )
    return _insight(Name.OPEN_AGES, f"{summary}." if counted else "Nothing is open.", columns, rows, drawing)


def tell_durations(name: Name, found: Mapping[Duration, Mapping[Group, Spread]], scope: Scope) -> Insight:
    """In minutes."""
    columns = (
        Column(name="what", label="Time", kind=Kind.TEXT),
        *_GROUP,
        _count("count", "Count"),
        *(_minutes(f"{one}_minutes", label) for one, label in _DURATIONS),
        _NOTE,
    )
    rows = [
        (what.value, *group, spread.count, *_numbers(spread), _few(spread.count))
        for what, spreads in found.items()
        for group, spread in _sorted(spreads)
    ]
    months = [str(month) for month in scope.each_month]
    series = [
        Series(name=what.value, values=tuple(_hours(spreads.get((By.MONTH, month))) for month in months))
        for what, spreads in found.items()
    ]
    everything = {what: spreads.get((By.ALL, By.ALL.value)) for what, spreads in found.items()}
    told = [f"{what.value}: {_median(spread)}" for what, spread in everything.items() if spread]
    drawing = Drawing(title=TITLES[name], unit=HOURS, labels=tuple(months), series=tuple(series))
    summary = f"{_capital('; '.join(told))}." if told else "Nothing of it ended in these months."
    return _insight(name, summary, columns, rows, drawing)


def tell_escalations(counts: Mapping[tuple[int, Outcome], int]) -> Insight:
    """A row for each level."""
    levels = sorted({level for level, _ in counts})
    columns = (_count("level", "Level"), *(_count(_field(one), _capital(one)) for one in Outcome), _count("all", "All"))
    rows = []
    for level in levels:
        each = [counts.get((level, outcome), 0) for outcome in Outcome]
        rows.append((level, *each, sum(each)))
    whole, open_ones = sum(counts.values()), sum(n for (_, one), n in counts.items() if one is Outcome.UNANSWERED)
    drawing = Drawing(
        title=TITLES[Name.ESCALATIONS],
        unit="action items",
        labels=tuple(f"level {level}" for level in levels),
        series=tuple(
            Series(name=one.value, values=tuple(counts.get((level, one), 0) for level in levels)) for one in Outcome
        ),
        stacked=True,
    )
    summary = f"{whole} escalated, {open_ones} of them without an answer." if whole else "Nothing was escalated."
    return _insight(Name.ESCALATIONS, summary, columns, rows, drawing)


def tell_waivers(risks: Risks) -> Insight:
    """Without a drawing; of private incidents only how many."""
    columns = (
        Column(name="item", label="Action item", kind=Kind.ITEM),
        Column(name="title", label="Title", kind=Kind.TEXT),
        Column(name="severity", label="Severity", kind=Kind.TEXT),
        Column(name="team", label="Team", kind=Kind.TEXT),
        Column(name="by", label="Accepted by", kind=Kind.PERSON),
        _day("since", "Since"),
        _day("until", "Until"),
        Column(name="reason", label="Why", kind=Kind.TEXT),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            risk.id,
            risk.title,
            risk.severity.value,
            risk.team,
            risk.waiver.by,
            _date(risk.waiver.at),
            _date(risk.waiver.until) or "for good",
            risk.waiver.reason,
        )
        for risk in risks.items
    ]
    summary = f"{risks.count} in force, {risks.for_good} of them for good." if risks.count else "No risk is accepted."
    last = risks.items[-1].place if risks.items else None
    return _part(_insight(Name.WAIVERS, summary, columns, rows), risks.private, risks.left, last)


def tell_repeats(counts: Mapping[tuple[str, Came], int], scope: Scope) -> Insight:
    """A row for each month."""
    months = [str(month) for month in scope.each_month]
    columns = (
        Column(name="month", label="Month", kind=Kind.TEXT),
        *(_count(_field(came), _capital(came)) for came in Came),
    )
    rows: list[tuple[Cell, ...]] = [(month, *(counts.get((month, came), 0) for came in Came)) for month in months]
    whole, before = sum(counts.values()), sum(n for (_, came), n in counts.items() if came is Came.BEFORE)
    drawing = Drawing(
        title=TITLES[Name.REPEATS],
        unit="incidents",
        labels=tuple(months),
        series=tuple(
            Series(name=came.value, values=tuple(counts.get((month, came), 0) for month in months)) for came in Came
        ),
        stacked=True,
    )
    said = f"{before} of {whole} came before the follow-ups of the earlier incident were closed" + _if_few(whole)
    return _insight(Name.REPEATS, f"{said}." if whole else "Nothing was repeated.", columns, rows, drawing)


def tell_price(prices: Sequence[Price], scope: Scope, at_most: int = MOST_ROWS, after: Place | None = None) -> Insight:
    """The latest first. Minutes and people are those of all that may be named."""
    named = [one for one in prices if not one.private]
    columns = (
        Column(name="incident", label="Repeat", kind=Kind.INCIDENT),
        Column(name="title", label="Title", kind=Kind.TEXT),
        _day("declared", "Declared"),
        _minutes("minutes", "Lasted"),
        _count("woken", "People woken"),
        Column(name="overdue", label="Overdue then", kind=Kind.ITEM),
        _count("overdue_private", "Private ones"),
    )
    months = [str(month) for month in scope.each_month]
    spent = {month: sum(one.minutes for one in named if f"{one.at:%Y-%m}" == month) for month in months}
    minutes, people = sum(spent.values()), sum(one.woken for one in named)
    lasted, times = span_to_the_minute(timedelta(minutes=minutes)), "once" if people == 1 else f"{people} times"
    summary = f"Repeats: {len(prices)}. They lasted {lasted}, and somebody was woken {times}."
    drawing = Drawing(
        title=TITLES[Name.NOT_DONE],
        unit="minutes",
        labels=tuple(months),
        series=(Series(name="minutes", values=tuple(spent.values())),),
    )
    shown, left = part_of(named, lambda one: Place(one.at, one.incident_id), at_most, after, latest_first=True)
    rows: list[tuple[Cell, ...]] = [
        (one.incident_id, one.title, _date(one.at), one.minutes, one.woken, " ".join(one.items), one.unnamed)
        for one in shown
    ]
    empty = "No repeat came while a follow-up was overdue."
    told = _insight(Name.NOT_DONE, summary if prices else empty, columns, rows, drawing)
    last = Place(shown[-1].at, shown[-1].incident_id) if shown else None
    return _part(told, len(prices) - len(named), left, last)


def tell_held(found: Sequence[Held], scope: Scope, at_most: int = MOST_ROWS, after: Place | None = None) -> Insight:
    """What held longest comes first."""
    named = [one for one in found if not one.private]
    columns = (
        Column(name="incident", label="Incident", kind=Kind.INCIDENT),
        Column(name="title", label="Title", kind=Kind.TEXT),
        _count("repeats", "Repeats before"),
        _day("since", "Last follow-up closed"),
        _count("days", "Days since"),
    )
    shown, left = part_of(named, lambda one: Place(one.since, one.incident_id), at_most, after)
    rows: list[tuple[Cell, ...]] = [
        (one.incident_id, one.title, one.repeats, _date(one.since), (scope.now - one.since).days) for one in shown
    ]
    summary = f"{len(found)} that had come back did not come back since." if found else "None yet in these months."
    last = Place(shown[-1].since, shown[-1].incident_id) if shown else None
    told = _insight(Name.HELD, summary, columns, rows)
    return _part(told, len(found) - len(named), left, last)


_DURATIONS = (("median", "Median"), ("ninetieth", "90 % within"), ("mean", "Mean"))


def _insight(
    name: Name,
    summary: str,
    columns: tuple[Column, ...],
    rows: Iterable[tuple[Cell, ...]],
    drawing: Drawing | None = None,
) -> Insight:
    return Insight(
        name=name,
        title=TITLES[name],
        definition=DEFINITIONS[name],
        summary=summary,
        columns=columns,
        rows=tuple(rows),
        drawing=drawing,
    )


def _part(told: Insight, private: int, left_off: int, last: Place | None) -> Insight:
    """Saying how many are private, and how many of those that may be named come after the last row."""
    return told.model_copy(update={"private": private, "left_off": left_off, "last": last if left_off else None})


def _sorted(found: Mapping[Group, Measured]) -> list[tuple[tuple[str, str], Measured]]:
    """All, then months, severities and teams."""
    ways = list(By)
    groups = sorted(found, key=lambda group: (ways.index(group[0]), group[1]))
    return [((group[0].value, group[1]), found[group]) for group in groups]


def _share(share: Share) -> str:
    percents = _percents(share)
    return f"{share.part} of {share.whole}{_if_few(share.whole)}" + ("." if percents is None else f" ({percents} %).")


def _percents(share: Share) -> int | None:
    return round(100 * share.part / share.whole) if share.whole >= ENOUGH else None


def _numbers(spread: Spread) -> tuple[int | None, ...]:
    """Median, ninetieth and mean in minutes, where there are enough."""
    enough, many = spread.count >= ENOUGH, spread.count >= ENOUGH_FOR_NINETIETH
    found = (enough, spread.median), (many, spread.ninetieth), (enough, spread.total / spread.count)
    return tuple(round(number / 60) if is_enough else None for is_enough, number in found)


def _hours(spread: Spread | None) -> float | None:
    return round(spread.median / 3600, 2) if spread and spread.count >= ENOUGH else None


def _median(spread: Spread) -> str:
    if spread.count < ENOUGH:
        return f"{spread.count} measured, {TOO_FEW}"
    return f"half within {_in_words(spread.median)} ({spread.count} measured)"


def _in_words(seconds: float) -> str:
    if seconds < 60:
        return "a minute"
    return span_to_the_minute(timedelta(seconds=seconds)) if seconds < 86400 else f"{seconds / 3600:.1f} hours"


def _few(count: int) -> str:
    return TOO_FEW if count < ENOUGH else ""


def _if_few(count: int) -> str:
    return f"; {TOO_FEW}" if count < ENOUGH else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _field(text: str) -> str:
    return text.replace(",", "").replace(" ", "_")


def _date(at: datetime | None) -> str | None:
    return f"{at:%Y-%m-%d}" if at else None


def _count(name: str, label: str) -> Column:
    return Column(name=name, label=label, kind=Kind.COUNT)


def _minutes(name: str, label: str) -> Column:
    return Column(name=name, label=label, kind=Kind.MINUTES)


def _day(name: str, label: str) -> Column:
    return Column(name=name, label=label, kind=Kind.DAY)


def _percent() -> Column:
    return Column(name="percent", label="Share", kind=Kind.PERCENT)
