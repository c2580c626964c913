"""What blames, why it does, and how to say it another way."""

from typing import NamedTuple


class Rule(NamedTuple):
    """Why such a sentence does not help, and an example of one that does."""

    name: str
    explanation: str
    suggestion: str


JUDGEMENT = Rule(
    "judgement",
    "It judges a person, which ends the search for what made the mistake easy.",
    'Say what the tool, the process or the signal did: "Both prompts look the same, and the script asks for no '
    'confirmation."',
)

BLAME = Rule(
    "blame",
    "It says whose fault it was; nobody comes forward next time.",
    'Say what happened and what let it through: "The deploy went out without the migration; nothing in the '
    'pipeline stopped it."',
)

CAUSE = Rule(
    "person as cause",
    "It names a person as the cause; the same step can go wrong in anybody's hands.",
    'Make the change, the tool or the missing check the subject: "The change removed the index; no test covers '
    'the query that needs it."',
)

COUNTERFACTUAL = Rule(
    "counterfactual",
    "It tells what a person did not do; what was done made sense to them with what they knew then.",
    'Say what was known and what would have shown it: "The graph was red from 09:40; no alert watches it."',
)

OMISSION = Rule(
    "omission",
    "It puts a missing step on a person; people miss steps that nothing reminds of or checks.",
    'Say what the step depends on: "Renewing the certificate is a manual step; nothing reminds of it or fails '
    'before it expires."',
)

MISTAKE = Rule(
    "mistake",
    "It tells the event as a person's mistake; that hides what invited it and what did not catch it.",
    'Say what was easy to get wrong and what did not stop it: "The two clusters have names that differ by one '
    'letter; the command does not show which one it changes."',
)
