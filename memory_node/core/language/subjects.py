"""
What is wanted, from the words that constraints have left, and as what answer.

Courtesy and carriers ("could you show me") are taken from both ends until nothing more goes.
What remains is a need ("somewhere to sit", "my hands are dirty"), a name ("the red sofa"), or
nothing ("what is on the table?").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
import re

from memory_node.core.language.cues import words_of
from memory_node.core.language.history import HISTORY, read_history
from memory_node.core.language.mentions import is_noun_phrase
from memory_node.core.language.noun_phrases import split_name
from memory_node.core.language.places_asked import EMPTY, served_by_place, UNSAYING, WHOLE
from memory_node.core.language.relations import alternatives, entry, patterns, values, words
from memory_node.core.language.request import AnswerKind, Subject, SubjectKind
from memory_node.core.language.text import english, lemmas
from memory_node.core.language.wordnet import wordnet

__all__ = [
    'ANYTHING',
    'DEFINITE',
    'DESCRIBING',
    'IDLE',
    'MARKS',
    'PRONOUN',
    'read_subject',
    'Reading',
    'SENTENCE',
    'stripped',
    'without_courtesy',
]

#: Rounds of taking words from both ends.
_ROUNDS = 12
#: Questions are looked for in the first, carriers at the end in the last characters only.
_HEAD, _TAIL = 400, 80
MARKS = ' ,.;:!?-"()'


def _starts(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern})(?![\w'-])", re.IGNORECASE)


_COURTESY = _starts(patterns('courtesy'))
_CARRIERS = {str(group): _starts(patterns('carriers', group)) for group in entry('carriers')}
_AFTER = re.compile(
    rf'(?:^|[ ,])(?:{patterns("courtesy_after")}|{patterns("trailers")})$', re.IGNORECASE
)
#: What is left where the end of a text was taken: "the sofa that (was seen)".
_DANGLING = re.compile(rf'(?: (?:{alternatives(words("dangling"))}))+$', re.IGNORECASE)
_NEED = _starts(patterns('needs'))
DEFINITE = _starts(alternatives(words('definite')))
_ANY = words('indefinite')
_INDEFINITE = _starts(alternatives(_ANY))
_PARTICLES = alternatives(words('particles'))
_VERB = _starts(alternatives(words('verbs')))
#: Any word before a particle, or before "slides to ten people".
_PERHAPS_VERB = re.compile(
    rf'(?P<verb>[a-z]+)(?= (?:{_PARTICLES})(?:$| )'
    rf"| [\w'-]+(?: [\w'-]+)? to (?:the|{alternatives((*_ANY, *values('numbers')))}) )",
    re.IGNORECASE,
)
_HANDLING = re.compile(rf'(?:{patterns("handling")}) (?=the )', re.IGNORECASE)
PRONOUN = re.compile(
    rf"(?:{alternatives(words('pronouns'))})(?:'\w{{1,2}})?(?=,? \w)", re.IGNORECASE
)
#: A subject of one to six words, none of which opens a relative clause, and its verb.
SENTENCE = re.compile(
    rf'(?:(?:{alternatives((*words("definite"), *words("indefinite")))}) )?'
    rf"(?:(?!(?:that|which|who|where) )[\w'-]+ ){{1,6}}(?:{alternatives(words('sentence_verbs'))})"
    r"(?![\w'-])",
    re.IGNORECASE,
)
_PURPOSE = re.compile(
    r'(?<!\bof) (?P<purpose>'
    r'(?:to (?!(?:the|a|an|my|our|your)\b)|for |where |that |which |with |so ).+)$',
    re.IGNORECASE,
)
_PARTICIPLE = re.compile(
    rf'\b(?:{alternatives(words("participles"))})(?: away| up| down| in| out| off)?$',
    re.IGNORECASE,
)
#: Asks which one it is, so where it is.
_WHAT_IS = re.compile(r"^(?:what|which)(?:'s| is| are| was| were) ", re.IGNORECASE)
#: What does something: "(what) keeps the power on".
_DOES = re.compile(rf'[\w-]+s (?:{_PARTICLES}) ', re.IGNORECASE)
ANYTHING = frozenset(words('anything'))
_ANYBODY = frozenset(words('anybody'))
_IT = str(entry('it'))
_SENT_THERE = re.compile(
    rf'(?P<end>[.;!?,]) *(?:{entry("sent_there")})[ .!]*$'.replace('{it}', _IT), re.IGNORECASE
)
_ASKED_AFTER = re.compile(
    rf'(?<![.;!?,])[.;!?,]+ *(?:{patterns("asked_after")})[ ?.!]*$', re.IGNORECASE
)
#: Between things of which each will do.
_OR = re.compile(r',? or (?:else |maybe )?', re.IGNORECASE)
_SENTENCE_END = re.compile(r'(?<=[.;!?]) +')
#: Words of sentences that say nothing by themselves: "the nearest one would be best".
IDLE = UNSAYING | english().stop_words
_END = r'[ ?.!]*$'
_DETERMINER = rf'(?:(?:{alternatives(words("definite"))}|a) )?'
_PART = rf"{_DETERMINER}(?:[\w'-]+ ){{0,2}}[\w'-]+"
DESCRIBING = re.compile(
    '|'.join(
        pattern.replace('{part}', _PART)
        .replace('{whole}', alternatives(words('whole')))
        .replace('{det}', _DETERMINER)
        .replace('{end}', _END)
        .replace('{it}', str(entry('it')))
        for pattern in words('descriptions')
    ),
    re.IGNORECASE,
)
#: What the carriers of a group ask to hear; the last one that is found counts.
_ANSWERS = {
    group: AnswerKind(group) for group in _CARRIERS if group in {kind.value for kind in AnswerKind}
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A subject, the answer it wants, and whether only a landmark can be meant."""

    subject: Subject
    answer: AnswerKind
    #: Nothing at all is named, not even "anything": of "stand by the printer", the printer is.
    bare: bool = False


def read_subject(left: str, whole: str) -> Reading:
    """
    Return what is wanted.

    ``left`` is the request without its constraints, ``whole`` all of it; both with single spaces
    and straight apostrophes. Never fails; O(n) for texts of n characters.
    """
    left = _saying(_SENT_THERE.sub(lambda end: end['end'], left))
    if (after := _ASKED_AFTER.search(left)) and after.start():
        said = left[: after.start()].strip(MARKS)
        subject = Subject(kind=SubjectKind.NEED, text=said)
        if (DEFINITE.match(said) or _INDEFINITE.match(said)) and is_noun_phrase(said):
            subject = _named(said, [], motion=False)  # "a saw, where do I find it?"
        return Reading(subject=subject, answer=AnswerKind.WHERE)
    told = read_history(without_courtesy(left)) if HISTORY.may_be_in(words_of(left)) else None
    if told:
        thing = Subject(kind=SubjectKind.ANYTHING, text='')
        subject = _named(told[1], [], motion=False) if told[1] else thing
        return Reading(subject=subject, answer=told[0])
    text, groups, need = stripped(left)
    answer = _answer(groups, whole)
    motion = 'go' in groups
    served, sort = served_by_place(left)
    if served and answer is not AnswerKind.DESCRIBE:
        text = _without_end(served)
        if set(re.findall(r"[\w'-]+", text.casefold())) <= IDLE | EMPTY:
            text = left  # "my soup is cold, where is a place for that?"
        subject = Subject(kind=SubjectKind.NEED, text=text, sort=sort, motion=motion)
        wanted = AnswerKind.WHERE if answer is AnswerKind.WHAT else answer
        return Reading(subject=subject, answer=wanted)
    if need is not None and not _is_whereabouts(left, need):
        return Reading(subject=Subject(kind=SubjectKind.NEED, text=need), answer=answer)
    text = text if need is None else need
    lowered = re.findall(r"[\w'-]+", text.casefold())
    names = [w for w in lowered if w not in EMPTY and w not in ANYTHING and w not in _ANYBODY]
    if answer is AnswerKind.DESCRIBE and _is_whole(lowered):
        names = []
    if not names:
        return _unnamed(text, lowered, answer, groups, motion)
    if _is_need(text, groups):
        return _perhaps_need(text, answer)
    if len(names) < len(lowered) and lowered[0] in ANYTHING and ' ' in text:
        return Reading(subject=_described_thing(text, motion), answer=answer)
    if answer is not AnswerKind.DESCRIBE and not _names_thing(text):
        if len(options := _OR.split(text)) > 1 and all(map(is_noun_phrase, options)):
            first, *others = (_named(one, groups, motion=motion) for one in options)
            first = replace(first, others=tuple(one.text for one in others))
            return Reading(subject=first, answer=answer)
        return _perhaps_need(text, answer)
    asks_which = _WHAT_IS.search(whole) is not None and DEFINITE.match(text) is not None
    return Reading(
        subject=_named(text, groups, motion=motion),
        answer=AnswerKind.WHERE if asks_which and answer is AnswerKind.WHAT else answer,
    )


def _saying(text: str) -> str:
    """Return the sentences of a text that say something, all where none does."""
    sentences = _SENTENCE_END.split(text)
    saying = [s for s in sentences if not set(re.findall(r"[\w'-]+", s.casefold())) <= IDLE]
    return ' '.join(saying or sentences)


def without_courtesy(text: str) -> str:
    """Return a text without courtesy before it."""
    text = text.strip(MARKS)
    for _ in range(_ROUNDS):
        courtesy = _COURTESY.match(text)
        if courtesy is None:
            break
        text = text[courtesy.end() :].strip(MARKS)
    return text


def stripped(text: str) -> tuple[str, list[str], str | None]:
    """
    Return a text without courtesy and carriers, the groups of these, and the need it opens.

    The need is None where no wording says one.
    """
    groups: list[str] = []
    text = text.strip(MARKS)
    for _ in range(_ROUNDS):
        found = [(m.end(), group) for group, p in _CARRIERS.items() if (m := p.match(text))]
        courtesy = _COURTESY.match(text)
        end, group = max(found, key=lambda f: f[0], default=(0, ''))
        if courtesy is not None and courtesy.end() > end:
            end, group = courtesy.end(), ''
        need = _NEED.match(text)
        if need is not None and need.end() >= end and (said := _need(text, need)):
            return text, groups, said
        if not end:
            break
        groups.extend([group] if group else [])
        text = text[end:].strip(MARKS)
    return _without_end(text), groups, None


def _need(text: str, match: re.Match[str]) -> str:
    """Return the words of a need, with adjectives that stand before it: "private room to talk"."""
    rest = _without_end(text[match.end() :].strip(MARKS))
    said = match.groupdict().get('adjective')
    return f'{text[match.start("adjective") :].strip(MARKS)}' if rest and said else rest


def _without_end(text: str) -> str:
    for _ in range(_ROUNDS):
        text = text.rstrip(MARKS)
        tail = text[-_TAIL:]
        match = _AFTER.search(tail)
        kept = text[: len(text) - len(tail) + match.start()].rstrip(MARKS) if match else ''
        if not kept:
            break
        text = _DANGLING.sub('', kept) or kept
    return text


def _is_whereabouts(text: str, need: str) -> bool:
    """Tell whether a need is only a known thing, its verb at the end: "where did the mug go"."""
    opening, _, end = text.strip(MARKS).rpartition(need)
    asked = re.search(rf'\bwhere\b{"" if end else " *$"}', opening, re.IGNORECASE)
    return asked is not None and DEFINITE.match(need) is not None and is_noun_phrase(need)


def _answer(groups: list[str], whole: str) -> AnswerKind:
    if DESCRIBING.search(whole[:_HEAD]):
        return AnswerKind.DESCRIBE
    asked = [_ANSWERS[group] for group in groups if group in _ANSWERS]
    return asked[-1] if asked else AnswerKind.WHERE


def _is_whole(lowered: list[str]) -> bool:
    """Tell whether a description is of everything: "this place", "an overview"."""
    return all(word in EMPTY or word in WHOLE for word in lowered)


def _unnamed(
    text: str, lowered: list[str], answer: AnswerKind, groups: list[str], motion: bool
) -> Reading:
    if any(word in _ANYBODY for word in lowered) or groups[-1:] == ['who']:
        subject = Subject(kind=SubjectKind.NAME, text='person', name='person', motion=motion)
        return Reading(subject=subject, answer=answer)
    bare = not any(word in ANYTHING for word in lowered) and not {'what', 'describe'} & {*groups}
    subject = Subject(kind=SubjectKind.ANYTHING, text=text, motion=motion)
    return Reading(subject=subject, answer=answer, bare=bare)


def _is_need(text: str, groups: list[str]) -> bool:
    """Tell whether a text that no carrier opens says what is to be done, or what is wrong."""
    if 'where' in groups and _PARTICIPLE.search(text) and ' ' in text:
        return True
    if _HANDLING.match(text):
        return False
    if 'want' in groups or 'fetch' in groups:
        return False
    if groups[-1:] == ['what'] and _DOES.match(text):
        return True
    return bool(PRONOUN.match(text) or SENTENCE.match(text)) or _begins_with_verb(text)


def _perhaps_need(text: str, answer: AnswerKind) -> Reading:
    """Return a need that no wording says; a guess unless it begins with what is to be done."""
    guessed = not _begins_with_verb(text)
    subject = Subject(kind=SubjectKind.NEED, text=text, guessed=guessed)
    return Reading(subject=subject, answer=answer)


def _begins_with_verb(text: str) -> bool:
    """Tell whether a text begins with what is to be done: "measure the room"."""
    verb = _PERHAPS_VERB.match(text)
    uses = wordnet().uses(verb['verb'].casefold()) if verb else None
    return _VERB.match(text) is not None or (uses is not None and uses.verb > 0)


def _names_thing(text: str) -> bool:
    """Tell whether what a purpose leaves of a text is a noun phrase that names a thing."""
    bare = _HANDLING.sub('', text, count=1)
    purpose = _PURPOSE.search(bare)
    phrase = bare[: purpose.start()] if purpose else bare
    if not is_noun_phrase(phrase):
        return False
    return purpose is None or not set(lemmas(phrase)) <= UNSAYING


def _described_thing(text: str, motion: bool) -> Subject:
    """Return what "anything red" or "somewhere quiet" says."""
    rest = text.partition(' ')[2]
    attributes, name = split_name(f'{rest} thing')
    if name == 'thing' and english().colours.issuperset(attributes):
        return Subject(
            kind=SubjectKind.ANYTHING, text=text, attributes=tuple(attributes), motion=motion
        )
    return Subject(kind=SubjectKind.NEED, text=text)


def _named(text: str, groups: list[str], *, motion: bool) -> Subject:
    """Return the subject that a noun phrase names."""
    text = _HANDLING.sub('', text, count=1) if _HANDLING.match(text) else text
    definite = DEFINITE.match(text)
    determiner = definite or _INDEFINITE.match(text)
    bare = text[determiner.end() :].strip(MARKS) if determiner else text
    purpose = _PURPOSE.search(bare)
    phrase = bare[: purpose.start()] if purpose else bare
    attributes, name = split_name(f'the {phrase}' if definite else phrase)
    return Subject(
        kind=SubjectKind.NAME,
        text=bare,
        name=name or phrase,
        attributes=tuple(attributes),
        purpose=purpose['purpose'].strip(MARKS) if purpose else '',
        definite=definite is not None and not (groups and groups[-1] == 'want'),
        motion=motion,
        put='left' in groups,
        wished='want' in groups and definite is None,
    )
