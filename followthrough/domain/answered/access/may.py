"""Whether somebody may do something, and in which words they may not."""

from collections.abc import Iterable

from followthrough.domain.answered.access.actor import Actor, Door, Scope
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.access.rights import IN_WORDS, PAGES, TABLE, Right
from followthrough.domain.answered.organisation.policies import Policies
from followthrough.domain.answered.wording import listed
from followthrough.domain.replayed.proof import Proof, Relation
from followthrough.domain.replayed.values import PersonId

ASKED = 3
"""Names in a sentence."""
NAMELESS = {Door.JIRA: "Somebody in Jira"}


def allowed(right: Right, policies: Policies) -> tuple[Relation, ...]:
    """Who may: as the organisation file says, or else as it comes."""
    return policies.rights.get(right, TABLE[right].relations)


def may(right: Right, actor: Actor, by: PersonId | None, about: About) -> str | None:
    """None when they may, or a sentence that says who may and names whom to ask."""
    sentence = cannot_speak_as(right, actor, by)
    if sentence is not None:
        return sentence
    return None if proof_of(right, actor, by, about).holds_for(about.record) else refusal(right, actor, by, about)


def cannot_speak_as(right: Right, actor: Actor, by: PersonId | None) -> str | None:
    """Why whoever asks gives no commands, or not in the name of ``by``; None when they do."""
    token = f"The token {actor.name}".strip()
    if right not in PAGES.rights and Scope.COMMAND not in actor.scopes:
        return f"{token} may not {Scope.COMMAND}; make one with that scope."
    if by is None or actor.speaks_for_others:
        return None
    if actor.person is None:
        return f"{token} can't act as {by}; it needs the scope {Scope.ACT_FOR_OTHERS}."
    if by != actor.person:
        return f"You are {actor.person} here and can't act as {by}; leave out by whom, or let {by} do it."
    return None


def nobody_named(actor: Actor) -> str:
    """Why it is not known who gives a command, and what to do."""
    if actor.door is Door.THIS_MACHINE:
        return (
            "Nobody has said yet who you are at this machine: choose it once on the page /you, or send it as by; in a "
            "terminal with --by YOU or FOLLOWTHROUGH_USER=YOU."
        )
    token = f"The token {actor.name}".strip()
    if actor.speaks_for_others:
        return f"{token} acts for others and says not for whom; send it as by."
    return f"{token} is nobody's own; it needs the scope {Scope.ACT_FOR_OTHERS}, and by has to say for whom it acts."


def proof_of(right: Right, actor: Actor, by: PersonId | None, about: About, further: Iterable[Relation] = ()) -> Proof:
    """What is known of who asks, and who may; ``further`` is what they are beside what is found here."""
    person = by or actor.person
    given = {*about.given(person), *further, *_by_door(actor)}
    if Scope.ADMINISTER not in actor.scopes:
        given.discard(Relation.ADMINISTRATOR)
    return Proof(
        person=person,
        anybody=person is None and actor.door is Door.THIS_MACHINE,
        relations=tuple(sorted(given)),
        allowed=allowed(right, about.organisation.policies),
        through=actor.through,
    )


def refusal(right: Right, actor: Actor, by: PersonId | None, about: About) -> str:
    """For somebody who may not: who may, and whom to ask by name."""
    who = by or actor.person or actor.name or NAMELESS.get(actor.door, "Nobody")
    relations = allowed(right, about.organisation.policies)
    asked = [about.organisation.name_of(one) for one in about.whom_to_ask(relations, but=who)[:ASKED]]
    words = listed([IN_WORDS[relation] for relation in relations], "or")
    what = f"{TABLE[right].deed} {about.name}".strip()
    ask = f"; ask {listed(asked, 'or')}" if asked else ""
    return f"{who} can't {what}: that is for {words}{ask}."


def _by_door(actor: Actor) -> Iterable[Relation]:
    """What somebody is by what proves it: a token of a service is nobody's."""
    if actor.door is Door.JIRA:
        yield Relation.IN_JIRA
    if actor.door is Door.SERVICE_TOKEN and actor.person is None:
        if Scope.READ in actor.scopes:
            yield Relation.ANYBODY
        if Scope.ADMINISTER in actor.scopes:
            yield Relation.ADMINISTRATOR
