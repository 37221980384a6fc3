"""Questions about what signs say: "where does it say exit?", "what does the sign say?"."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
import re

from memory_node.core.language.cues import Cues
from memory_node.core.language.mentions import is_noun_phrase
from memory_node.core.language.relations import alternatives
from memory_node.core.language.request import AnswerKind
from memory_node.core.language.signs import sign_lexicon
from memory_node.core.language.subjects import without_courtesy

__all__ = ['SIGN_QUESTIONS', 'SignQuestion', 'read_sign_question']

#: Longer texts ask for something else as well.
_MOST_CHARS = 300
_ROUNDS = 3
_TEXT = r'(?:that )?(?:"(?P<quoted>[^"]+)"(?P<rest>.*?)|(?P<text>(?!to )\S(?:.*?\S)??))'
_THING = r'(?P<thing>(?:the|that|this|my|our|a|an) .+?)'
_NOUNS = rf'(?:{alternatives(sign_lexicon()["nouns"])})'
_ALSO = rf'(?:{alternatives(sign_lexicon()["also"])})'
_QUOTES = str.maketrans(dict.fromkeys('\u201c\u201d\u201e\u00ab\u00bb', '"'))


def _compiled(kind: str) -> tuple[re.Pattern[str], ...]:
    slots = {'{sign}': f'(?:{_NOUNS}|{_ALSO})', '{text}': _TEXT, '{thing}': _THING}
    found = []
    for pattern in sign_lexicon()[kind]:
        for slot, form in slots.items():
            pattern = pattern.replace(slot, form)
        found.append(re.compile(rf'\A(?:{pattern})[ ?.!]*\Z', re.IGNORECASE))
    return tuple(found)


_KINDS = {kind: _compiled(kind) for kind in ('where', 'exists', 'says', 'beside')}
#: Requests that whole questions stand for.
_REQUESTS = {'where': 'where is the sign', 'exists': 'is there a sign'}
_SAYING = re.compile(
    rf'(?P<sign>\b(?:[\w-]+ )?{_NOUNS}) (?:{"|".join(sign_lexicon()["saying"])})[:,]? {_TEXT}$',
    re.IGNORECASE,
)
_HAS_OTHER = re.compile(rf'^((?:the|that|this) (?:\w+ )?){_ALSO}\b', re.IGNORECASE)
#: A whole request for a room by a number with a dot or by a letter, which is no name elsewhere.
_PLACE = rf'(?:{alternatives(sign_lexicon()["rooms"])}|{alternatives(sign_lexicon()["places"])})'
_NUMBERED = re.compile(
    r'\A(?P<before>(?:.* )?(?:is|to|find|me) )?(?:the )?'
    rf'(?P<text>{_PLACE} (?:\d+(?:\.\d+)+|[a-z]))[ ?.!]*\Z',
    re.IGNORECASE,
)
_HAS_SIGN = re.compile(rf'\b{_NOUNS}\b', re.IGNORECASE)
_BESIDE = re.compile(
    rf'(?<=\w) (?:{alternatives(sign_lexicon()["near"])}) (?=the|my|our|a|an|that|this)\b',
    re.IGNORECASE,
)
_ARTICLE = re.compile(r'^(?:the|a|an|any) (?=\w)', re.IGNORECASE)
#: Words before a sign that are no name of a kind of sign: "a staff only sign".
_BEFORE = re.compile(
    rf"\b(?P<det>the|a|an|any) (?P<text>[\w'-]+(?: [\w'-]+){{0,4}}) (?P<sign>{_NOUNS})$",
    re.IGNORECASE,
)
#: One of these is in every such question.
SIGN_QUESTIONS = Cues(*chain.from_iterable(_KINDS.values()), _NUMBERED, _SAYING, _BEFORE)
_ENDS = ' ?.!'
_MARKS = f'{_ENDS},;:\'"'


@dataclass(frozen=True, slots=True, kw_only=True)
class SignQuestion:
    """A question about a sign, as the request for the sign and what it is to say."""

    request: str
    #: What the sign says; '' where that is asked, or any will do.
    text: str = ''
    #: What is asked to be told; None where the request says it.
    answer: AnswerKind | None = None


def read_sign_question(said: str) -> SignQuestion | None:
    """Return the question that a text asks about signs; None where it asks about others."""
    if len(said) > _MOST_CHARS:
        return None
    said = said.translate(_QUOTES)
    plain = said
    for _ in range(_ROUNDS):  # "could you" "tell me"
        plain = without_courtesy(plain)
    for kind, patterns in _KINDS.items():
        for pattern in patterns:
            if match := pattern.fullmatch(plain):
                return _question(kind, match)
    if match := _NUMBERED.fullmatch(plain):
        return SignQuestion(request=f'{match["before"] or ""}the sign', text=match['text'])
    if match := _SAYING.search(said.rstrip(_ENDS)):
        text, rest = _text(match)
        if text:
            return SignQuestion(request=f'{said[: match.start()]}{match["sign"]}{rest}', text=text)
    match = _BEFORE.search(said.rstrip(_ENDS))
    if match and not is_noun_phrase(f'{match["text"]} {match["sign"]}'):
        asked = f'{said[: match.start()]}{match["det"]} {match["sign"]}'
        return SignQuestion(request=asked, text=match['text'])
    return None


def _text(match: re.Match[str]) -> tuple[str, str]:
    """Return what is to be said, and the words after it where it stands in quotes."""
    if match['quoted']:
        return match['quoted'].strip(_MARKS), match['rest']
    return _ARTICLE.sub('', match['text'].strip(_MARKS)), ''


def _question(kind: str, match: re.Match[str]) -> SignQuestion | None:
    if kind in _REQUESTS:
        text, rest = _text(match)
        return SignQuestion(request=_REQUESTS[kind] + rest, text=text) if text else None
    said = match.groupdict()
    thing = (said.get('thing') or said.get('plate') or '').strip(_MARKS)
    thing = _HAS_OTHER.sub(r'\1sign', thing)
    if kind == 'beside' or not _HAS_SIGN.search(thing):
        thing = f'the sign next to {thing}'
    if beside := _BESIDE.search(thing):  # of several beside it, the nearest one is asked for
        other = thing[beside.end() :]
        thing = f'{thing[: beside.start()]} next to {other} closest to {other}'
    return SignQuestion(request=thing, answer=AnswerKind.SAYS)
