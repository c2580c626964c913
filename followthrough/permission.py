"""Whether who asks may do it: answered here, before anything of it is done."""

from collections.abc import Iterable

from followthrough.domain.answered.access.actor import Actor
from followthrough.domain.answered.access.may import cannot_speak_as, proof_of, refusal
from followthrough.domain.answered.access.relations import About
from followthrough.domain.answered.access.rights import Right
from followthrough.domain.replayed.proof import Proof, Relation
from followthrough.domain.replayed.values import PersonId


class Forbidden(Exception):
    """Somebody else may; the message says who, and whom to ask."""


def require(
    right: Right,
    actor: Actor,
    by: PersonId | None,
    about: About,
    further: Iterable[Relation] = (),
    *,
    again: bool = False,
) -> Proof:
    """What goes along with a command. Raises Forbidden.

    ``further`` is what they are to it beside what the organisation file and the record say. ``again`` is for what was
    carried out before: it has its answer, whoever may by now.
    """
    if (sentence := cannot_speak_as(right, actor, by)) is not None:
        raise Forbidden(sentence)
    proof = proof_of(right, actor, by, about, further)
    if not again and not proof.holds_for(about.record):
        raise Forbidden(refusal(right, actor, by, about))
    return proof
