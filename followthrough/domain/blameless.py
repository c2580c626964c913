"""A lint for blameless wording: sentences that say who was at fault where they could say what broke.

It works by rules over words, so each finding can be explained; it understands English only. It knows people by
the names it is given, by role ("the on-call engineer", "the platform team") and by pronoun ("I", "you", "she").
It does not know names it was not given, sees no blame that spans sentences, and does not understand irony.
``tests/domain/blameless_corpus.yaml`` holds the sentences that it is measured with. They were made up for it, by
those who wrote the rules; in postmortems of strangers expect more findings that deserve an override.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from followthrough.domain.prose import sentences
from followthrough.domain.values import Message


class Finding(Message):
    """A sentence to say another way; ``start`` and ``end`` are its place in the text that was checked."""

    sentence: str
    start: int
    end: int
    rule: str
    explanation: str
    suggestion: str


class _Rule(NamedTuple):
    name: str
    pattern: re.Pattern[str]
    explanation: str
    suggestion: str


# Patterns see a sentence in lower case in which every mention of a person is PERSON, and "his" is "PERSON's".
# Every repetition is bounded, so the time is linear in the length of the text.
PERSON = "¤"
_ADVERB = r"(?:\w{1,20}ly|also|just|then|still|again|even|first|only|once|clearly|simply|never)"
_HARM = r"(?:outage|incident|failure|error|problem|issue|bug|downtime|regression|crash|leak|loss|breakage|mess)"
_MISTAKE = r"(?:mistake|error|typo|blunder|slip|oversight|fault|failure|bug|negligence|misconfiguration)"
_CHECK = (
    r"(?:bother|check|double-check|test|read|verif|notic|follow|ask|tell|told|think|thought|reali[sz]|understand|"
    r"understood|pay|paid|car(?:e|ed)\b|acknowledg|respond|answer|react|look|review|validat|escalat|communicat|inform|"
    r"warn|mention|remember|wait|consider|notif|confirm|document)\w{0,4}"
)
_CHECKING = (
    r"(?:(?:check|test|read|verify|ask|tell|think|look|review|validat|wait|consider|understand|follow|notify|inform|"
    r"warn|reali[sz]|confirm)ing|permission|approval|authori[sz]ation|(?:a |any )?(?:review|test|second pair))"
)
_PARTICIPLE = (
    r"(?:(?!need|feed|seed|speed)\w{1,20}ed|known|done|gone|seen|taken|given|written|spoken|chosen|forgotten|run|put|"
    r"let|cut|set|left|kept|told|caught|thought|made|paid|sent|held|found|read(?! access)|understood|brought|come|"
    r"stuck|been(?! (?:\w{1,20}ly )?(?:\w{1,20}ed|told|given|shown|sent|woken|on\b)))\b"
)
_SUBJECT = (
    rf"{PERSON}(?!')(?: \([^()]{{1,60}}\))?"
    r"(?:,? who(?: (?!that\b|which\b|whose\b|when\b|because\b)[\w'-]{1,30}){0,10}?,?|, [^,]{1,60},)?"
    r"(?: (?:at|of|from|in) [\w-]{1,30})?"
    r"(?:[^.;]{1,120}?,? (?:and|but|yet)(?: then)?)?"
    rf" (?:(?:had|has|have|is|was|were|did|must|may|might|{_ADVERB}) ){{0,4}}"
)
_DOING = rf"{PERSON}(?!')[^.;¤]{{1,80}}?\b"
_OMISSION = (
    r"(?:fail(?:ed|s)? to|forg[eo]t(?:s|ten)?\b|neglect(?:ed|s)\b|overlook(?:ed|s)\b|ignor(?:ed|es)\b|disregarded|"
    r"skipped|slept through|missed (?=the|an?\b|this|that|several|his|her|it\b|\d|two|three|obvious)|"
    r"left (?!the (?:call|meeting|company|team|room|channel|bridge)|an? (?:note|comment|message))(?:the|an?|his|her) |"
    r"(?:didn't|never|doesn't|don't|hadn't|(?<!was )(?<!were )(?<!been )not)"
    rf" (?:{_ADVERB} )?{_CHECK}|"
    r"(?:responded|reacted|answered|escalated|acknowledged) (?:too )?late|took too long|lacked the)"
)
_HARMING = (
    r"(?:accidentally|mistakenly|wrongly|incorrectly|inadvertently|carelessly|blindly|recklessly|foolishly|hastily|"
    r"negligently|erroneously|unintentionally|thoughtlessly|"
    r"mis(?:read|typed|configured|understood|judged|handled|interpreted|spelled|spelt|calculated|managed|diagnosed)|"
    r"mistook|botched|bungled|fumbled|fat-fingered|rubber-stamped|broke (?!down|the (?:news|problem|work|task))|"
    r"caused|crashed|wrecked|ruined|destroyed|nuked|corrupted|(?:took|brought) down|(?:screwed|messed) up|"
    r"dropped the ball|violated|breached|panicked|rushed|clicked through|"
    rf"made (?:an? |the |another |several )?(?:\w{{1,20}} ){{0,2}}{_MISTAKE}|triggered (?:the |an? ){_HARM}|"
    rf"introduced (?:an? |the )(?:\w{{1,20}} ){{0,2}}(?:race|{_HARM})|"
    r"(?:pushed|deployed|merged|shipped|released|committed) (?:an? |the |his |her )?"
    r"(?:bad|broken|faulty|buggy|untested|unreviewed|wrong))"
)
_JUDGED = (
    r"(?:lazy|sloppy|slow|distracted|asleep|inexperienced|incompetent|stupid|unprepared|overconfident|complacent|"
    r"impatient|unqualified|at fault|to blame|guilty|wrong\b|late\b|not paying|"
    rf"the (?:root |main )?cause|the culprit|the problem|responsible for (?:the|this|an?) (?:\w{{1,20}} )?{_HARM})"
)
_CARELESSNESS = (
    r"(?:(?:human|operator|pilot|user) error\b(?! (?:is|was) (?:not|never))|careless|negligen(?:t|ce)|incompeten|"
    r"irresponsib|reckless|thoughtless|inattenti|fat-finger|rookie mistake|beginner's mistake|common sense|"
    r"asleep at the wheel|lack of (?:care|attention|discipline|diligence|competence|professionalism))"
)

_RULES = (
    _Rule(
        "judgement",
        re.compile(
            rf"\b{_CARELESSNESS}|\b(?:should|ought to)(?:'ve| have)? known?\b|\bknow(?:n|s)? better\b|"
            rf"(?:lazy|sloppy|inexperienced|untrained|unqualified|stupid) {PERSON}|"
            rf"{_SUBJECT}(?:be |been |being |got |seemed )?(?:(?:too|so|very|simply|\w{{1,20}}ly) )?{_JUDGED}|"
            rf"{PERSON} (?:needs?|must|has|have|should|ought)(?: to)? (?:be|take|pay|know|learn)"
            r" (?:\w{1,20} ){0,2}?(?:careful|care|attention|attentive|better|disciplined|how)\b"
        ),
        "It judges a person, which ends the search for what made the mistake easy.",
        'Say what the tool, the process or the signal did: "Both prompts look the same, and the script asks for no '
        'confirmation."',
    ),
    _Rule(
        "blame",
        re.compile(
            rf"{PERSON}'s (?:own |sheer )?(?:{_MISTAKE}|inability|laziness|sloppy|bad|"
            r"poor|slow|lack|refusal|wrong|untested|(?:responsibility|job|duty) to)\b|"
            rf"\bblam(?:e|es|ed|ing) (?:(?:lies|rests|falls|is) (?:with|on) )?{PERSON}|"
            rf"\bblame for (?:[\w-]{{1,30}} ){{1,6}}?(?:lies|rests|falls|is) (?:with|on) {PERSON}|"
            rf"\b{_MISTAKE} (?:is|was|of|lies with)(?: entirely| all)? {PERSON}"
        ),
        "It says whose fault it was; nobody comes forward next time.",
        'Say what happened and what let it through: "The deploy went out without the migration; nothing in the '
        'pipeline stopped it."',
    ),
    _Rule(
        "person as cause",
        re.compile(
            rf"\bcause (?:[\w-]{{1,30}} ){{0,5}}?(?:is|was|were) (?:that |simply |identified as ){{0,2}}"
            rf"{PERSON}|"
            rf"\b(?:caused|broken|botched|bungled|missed|deleted|dropped|wiped|crashed|corrupted|overlooked|ignored|"
            rf"neglected|misconfigured|messed up) by {PERSON}|"
            rf"\b{_HARM} [^.;]{{1,60}}(?:triggered|introduced) by {PERSON}|"
            rf"\b(?:due to|because of|owing to|as a result of|attribut(?:ed|able) to|down to) {PERSON}"
            r"(?!'s (?:quick|fast|timely|early|good|great|excellent|careful|fix|help|work|experience|rollback|notes))|"
            rf"\b(?:because|since) {PERSON} (?:was|were) (?:\w{{1,20}}ly )?(?:away|on (?:holiday|leave)|sick|offline|"
            r"unavailable|busy|at lunch|in a meeting|new)\b|"
            rf"{PERSON}'s (?:[\w-]{{1,30}} ){{0,3}}(?:{_ADVERB} )?"
            r"(?:(?:broke|crashed) (?:the|our|all|every|an?|prod\w*)|"
            rf"caused|(?:took|brought) down|knocked|wiped|killed|overloaded|led to|resulted in|"
            rf"triggered (?:the |an? ){_HARM})\b|"
            rf"{_DOING}(?:, (?:causing|breaking|crashing|(?:bringing|taking|knocking|locking)"
            r" (?:[\w-]{1,30} ){0,4}?(?:down|out|offline)|"
            r"(?:which|that) (?:then )?(?:broke|crashed|locked|(?:took|brought) down|"
            rf"caused (?:the |an? )?{_HARM}))|"
            r"and (?:cut off|locked out|took down))\b"
        ),
        "It names a person as the cause; the same step can go wrong in anybody's hands.",
        'Make the change, the tool or the missing check the subject: "The change removed the index; no test covers '
        'the query that needs it."',
    ),
    _Rule(
        "counterfactual",
        re.compile(
            rf"{PERSON} (?:{_ADVERB} )?(?:should|could|ought to)(?:n't| not)?(?:'ve| (?:(?:not|easily|at least|"
            rf"{_ADVERB}) ){{0,2}}have)(?: (?:not|at least|{_ADVERB})){{0,2}} (?!helped)"
            rf"{_PARTICIPLE}|\bif (?:only )?{PERSON}(?: had|'d)(?: (?:only|just|{_ADVERB})){{0,2}} {_PARTICIPLE}|"
            rf"\bif (?:only )?{PERSON} (?:had not|hadn't)[^.;]{{1,120}}(?:not|never|n't|avoid|prevent|none of)|"
            rf"\bhad {PERSON}(?: (?:not|only|just|{_ADVERB})){{0,2}} {_PARTICIPLE}|"
            rf"{PERSON} (?:is|was|were) (?:supposed|meant|expected) to\b"
        ),
        "It tells what a person did not do; what was done made sense to them with what they knew then.",
        'Say what was known and what would have shown it: "The graph was red from 09:40; no alert watches it."',
    ),
    _Rule(
        "omission",
        re.compile(
            rf"{_SUBJECT}{_OMISSION}|{_DOING}(?:without (?:{_ADVERB} )?{_CHECKING}|by not \w{{1,20}}ing|"
            r"despite (?:[\w-]{1,30} ){0,3}(?:failing|failed|warnings?|red|told))\b|"
            rf"{PERSON}(?!')[^.,;¤]{{1,40}}? too (?:late|early|long|slowly|quickly)\b"
        ),
        "It puts a missing step on a person; people miss steps that nothing reminds of or checks.",
        'Say what the step depends on: "Renewing the certificate is a manual step; nothing reminds of it or fails '
        'before it expires."',
    ),
    _Rule(
        "mistake",
        re.compile(
            rf"{_SUBJECT}{_HARMING}|{_DOING}by (?:mistake|accident)\b|"
            rf"{PERSON}(?!')(?: {_ADVERB})? (?:ran|pressed|typed|entered|deleted|selected|chose|picked|used|edited|"
            r"changed|gave|executed|clicked|set|applied|copied|pasted|sent|dropped|restarted|scaled|restored)"
            r" [^.;]{0,60}?\bwrong\b"
        ),
        "It tells the event as a person's mistake; that hides what invited it and what did not catch it.",
        'Say what was easy to get wrong and what did not stop it: "The two clusters have names that differ by one '
        'letter; the command does not show which one it changes."',
    ),
)

_WORD = re.compile(r"\w+")
_MARKUP = re.compile(r"[*~#>@\"“”\[\]]+|(?<!\w)_+|_+(?!\w)")
_MENTION = re.compile(r"(?<!\w)@\w+|\bI(?=[ '])")
_DENIED = re.compile(
    rf"\b(?:no|not|never|\w{{1,9}}n't|rather than|instead of) (?:[\w-]{{1,20}} ){{0,3}}?{_CARELESSNESS}"
)
_SYSTEM = re.compile(
    r"\b(?:(?:kubernetes|k8s|prometheus|postgres|redis|kafka|custom) operator|"
    r"(?:package|secrets?|connection|session|window|resource|queue|lock|cluster|configuration|certificate) manager)s?\b"
)
_ROLE = re.compile(
    r"(?<![-/])(?:\b(?:the|an?|our|another|this|that|some|one|two) )?"
    r"(?<![-/])\b(?:(?:on-call|on-duty|junior|senior|new|lead|backend|frontend|database|network|platform|software|devops|"
    r"security|site|reliability|support|duty|release|data|infrastructure|other|first|second) ){0,3}"
    r"(?:(?:engineer|developer|dev|operator(?! error)|sre|dba|admin|administrator|intern|contractor|reviewer|approver|"
    r"responder|deployer|committer|author|colleague|tester|manager|new hire|team lead|tech lead|incident commander|"
    r"comms lead|team|(?:support|service) agent)s?|on-call(?:er)?|owner|staff|person|human(?! error)|"
    r"someone|somebody|whoever|he|she|you|him|they(?= (?:\w{1,20}ly )?(?:forgot|neglected|overlooked|ought|should have|"
    r"did(?: not|n't) (?:bother|read|ask|check|think|tell))))(?![\w-])"
)
_POSSESSIVE = re.compile(r"\b(?:his|her|my|your)\b(?= \w)")
_SAME_PERSON = re.compile(rf"{PERSON}(?:(?:[ .'-]{{1,2}}|,? (?:and|or) |, ){PERSON})+")
_ON_CALL = re.compile(rf"{PERSON} (?:on (?:call|duty|shift)|in charge)\b(?! (?:schedule|rota|rotation))")


def _name_parts(people: Iterable[str]) -> set[str]:
    """The words of names that stand for a person on their own: not initials, nor particles such as "de"."""
    names = [_WORD.findall(unicodedata.normalize("NFC", name)) for name in people]
    return {part for name in names for part in name if len(part) > 1 and not (len(name) > 1 and part.islower())}


def _masked(sentence: str, names: set[str]) -> str:
    text = unicodedata.normalize("NFC", sentence).replace(PERSON, " ").replace("\u2019", "'")
    text = _MARKUP.sub(" ", _MENTION.sub(PERSON, text))
    text = _WORD.sub(lambda word: PERSON if word[0] in names else word[0], text)
    text = _ROLE.sub(PERSON, _SYSTEM.sub("system", _DENIED.sub("", " ".join(text.lower().split()))))
    return _ON_CALL.sub(PERSON, _SAME_PERSON.sub(PERSON, _POSSESSIVE.sub(f"{PERSON}'s", text)))


def check(text: str, people: Iterable[str]) -> list[Finding]:
    """Sentences of ``text`` (Markdown) that blame, at most one finding for each, in order.

    ``people`` are names as the organisation file has them; a first or last name alone is known too.
    """
    names = _name_parts(people)
    findings = []
    for sentence in sentences(text):
        masked = _masked(sentence.text, names)
        rule = next((rule for rule in _RULES if rule.pattern.search(masked)), None)
        if rule is not None:
            findings.append(
                Finding(
                    sentence=text[sentence.start : sentence.end],
                    start=sentence.start,
                    end=sentence.end,
                    rule=rule.name,
                    explanation=rule.explanation,
                    suggestion=rule.suggestion,
                )
            )
    return findings
