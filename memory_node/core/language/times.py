"""Phrases of time become spans of the robot's clock: "this morning", "between 9 and 10"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import islice
import re

from memory_node.core.language.relations import alternatives, entry, values, words

__all__ = ['Clock', 'MAX_PHRASES', 'Phrase', 'TIMES', 'Window', 'windows']

#: More phrases of time than this in one text only cost time.
MAX_PHRASES = 16
_UNITS_S = values('times', 'units')
_DAYS = words('times', 'weekdays')
_DAYS_BACK = values('times', 'days')
#: First and last hour of the parts of a day; a night goes on into the next one.
_PARTS: dict[str, tuple[float, float]] = {
    str(name): (float(first), float(last))
    for name, (first, last) in entry('times', 'parts').items()
}
#: Names of hours of the day; meals may be said with "time".
_MEALS = values('times', 'meals')
_HOURS = values('times', 'hours')
_FEW = {**values('times', 'counts'), **values('numbers')}
_MEAL = rf'(?:{alternatives(_MEALS)})(?:[ -]?time)?'
_NAMED_HOUR = rf'{alternatives(_HOURS)}|{_MEAL}\b'
_COUNT = r'(?:(?P<n>\d{1,4}|half an?|an?(?: few| couple of)?|[a-z]{1,12}) )'
_UNIT = rf'(?P<unit>{alternatives(_UNITS_S)})s?'
_PART = alternatives(_PARTS)
_WEEKDAY = alternatives(_DAYS)
_CLOCK = r"\d{1,2}(?::[0-5]\d)?(?: ?[ap]\.?m\b\.?| ?o['’]clock)?"
_HOUR = rf'(?:{_CLOCK}|{_NAMED_HOUR})(?![\w:.,]*\d)(?! (?:m|met(?:er|re)s?|feet)\b)'
_AGO = re.compile(rf'\b(?:(?:about|around|some) )?{_COUNT}{_UNIT} ago\b', re.I)
_LAST = re.compile(
    r'\b(?:(?:in|within|during|over|for) )?the (?:last|past) (?:(?P<n>\d{1,4}|[a-z]{1,12}) )?'
    + _UNIT
    + r'\b',
    re.I,
)
_DAY = re.compile(
    rf'\b(?:(?:earlier |on |from )?(?P<day>{alternatives(_DAYS_BACK)})(?:(?<!day before)|(?! \w))'
    rf'(?: (?P<part>{_PART}))?'
    rf'|(?:(?:earlier )?this|in the) (?P<this>{_PART})'
    r'|(?P<tonight>tonight)|(?P<lastnight>last night|over ?night|during the night)'
    rf'|(?:on |this |last )(?P<weekday>{_WEEKDAY})'
    rf'(?: (?P<wpart>{_PART}))?'
    rf'|(?:on )?(?P<iso>\d{{4}}-\d{{2}}-\d{{2}}))\b',
    re.I,
)
_WEEK = re.compile(r'\b(?P<which>this|last) (?P<span>week|month)\b', re.I)
_NOW = re.compile(r'\b(?:just now|a moment ago|a minute or so ago|moments ago)\b', re.I)
_BETWEEN = re.compile(
    rf'\b(?:between|from) (?P<a>{_HOUR}) (?:and|to|until|till) (?P<b>{_HOUR})', re.I
)
_SINCE = re.compile(rf'\b(?P<how>since|after|before|until|till) (?P<a>{_HOUR})', re.I)
_SINCE_DAY = re.compile(
    r'(?<!day )\b(?P<how>since|before|(?:as )?compared (?:to|with)|(?<=different )(?:from|than)) '
    rf'(?P<what>today|yesterday|this morning|last night|{_WEEKDAY})\b',
    re.I,
)
_AT = re.compile(
    r'\b(?:at|around|about) (?P<a>\d{1,2}:[0-5]\d(?: ?[ap]\.?m\b\.?)?'
    rf"|\d{{1,2}} ?(?:[ap]\.?m\b\.?|o['’]clock)|{_NAMED_HOUR})",
    re.I,
)
#: "at half past three", "three o'clock yesterday" and "3 in the afternoon", with one of these.
_SPOKEN_HOURS = {
    **{str(h): h for h in range(13)},
    **{w: n for w, n in _FEW.items() if n in range(1, 13)},
}
_FRACTIONS = values('times', 'fractions')
_SPOKEN = re.compile(
    rf'\b(?:(?:at|around|about|by) )?(?:(?P<more>{alternatives(_FRACTIONS)}) )?'
    rf"(?P<h>{alternatives(_SPOKEN_HOURS)})(?P<clock> ?o['\u2019]?clock)?"
    rf'(?:,? (?:in the (?P<part>{_PART})|at (?P<night>night)))?(?![\w:.]*\d)\b',
    re.I,
)
#: One of these is in every phrase of time.
TIMES = (_SPOKEN, _NOW, _AGO, _LAST, _SINCE_DAY, _DAY, _WEEK, _BETWEEN, _SINCE, _AT)
#: Half the width of "at nine" and of "just now" [s].
_ABOUT_S, _JUST_S = 1800.0, 300.0
#: "At three o'clock" is not before this hour.
_WAKING = 6.0


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time, both ends included [ns since the epoch]; None is open."""

    since_ns: int | None = None
    until_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is for the robot, and in which time zone days begin."""

    now_ns: int
    zone: tzinfo

    @property
    def now(self) -> datetime:
        """The moment as an aware date and time; the last one that Python can tell at most."""
        seconds = min(self.now_ns // 10**9, 253_370_764_800)  # the year 9999
        return datetime.fromtimestamp(seconds, tz=self.zone)

    def day(self, on: date) -> datetime:
        """Return when a day begins."""
        return datetime(on.year, on.month, on.day, tzinfo=self.zone)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words ``start:stop`` of a text that mean a span of time."""

    start: int
    stop: int
    window: Window


def _ns(moment: datetime) -> int:
    return max(0, int(moment.timestamp()) * 10**9)


def _between(first: datetime, last: datetime) -> Window:
    """Return from one moment up to right before another."""
    return Window(_ns(first), max(0, _ns(last) - 1))


def _ago(clock: Clock, oldest_s: float, newest_s: float = 0.0) -> Window:
    until = None if newest_s == 0.0 else max(0, clock.now_ns - int(newest_s * 1e9))
    return Window(max(0, clock.now_ns - int(oldest_s * 1e9)), until)


def _count(text: str | None) -> float | None:
    """Return the number that a phrase opens with; 1 for none, None for words that are no count."""
    if text is None:
        return 1.0
    if text.isdecimal():
        return float(text)
    words = text.casefold().split()
    known = [_FEW[w] for w in words if w in _FEW and (w not in ('a', 'an') or len(words) == 1)]
    return float(known[0]) if known else None


def windows(text: str, clock: Clock) -> list[Phrase]:
    """Return at most ``MAX_PHRASES`` phrases of time in a text, in order, without overlaps."""
    try:
        found = list(islice(_phrases(text, clock), 4 * MAX_PHRASES))
    except (OverflowError, ValueError):  # a day before the year 1, a stamp without a date
        return []
    kept: list[Phrase] = []
    for phrase in found:
        if all(phrase.stop <= k.start or phrase.start >= k.stop for k in kept):
            kept.append(phrase)
    return sorted(kept[:MAX_PHRASES], key=lambda p: p.start)


def _phrases(text: str, clock: Clock) -> Iterator[Phrase]:
    """Yield phrases, the most specific kinds first."""
    today = clock.day(clock.now.date())
    for match in _NOW.finditer(text):
        yield Phrase(*match.span(), _ago(clock, _JUST_S))
    for match in _AGO.finditer(text):
        if (count := _count(match['n'])) is not None:
            seconds = count * _UNITS_S[match['unit'].casefold()]
            yield Phrase(*match.span(), _ago(clock, 1.5 * seconds, 0.5 * seconds))
    for match in _LAST.finditer(text):
        if (count := _count(match['n'])) is not None:
            yield Phrase(*match.span(), _ago(clock, count * _UNITS_S[match['unit'].casefold()]))
    for match in _SINCE_DAY.finditer(text):
        start = _named(match['what'], today)
        window = Window(since_ns=_ns(start))
        if match['how'].casefold() == 'before':
            window = Window(until_ns=max(0, _ns(start) - 1))
        yield Phrase(*match.span(), window)
    named = [m for m in _DAY.finditer(text) if not m['this']]
    base = _day(named[0], today)[0] if named else None
    yield from _spoken(text, clock, base, named)
    for match in _DAY.finditer(text):
        of_day = match['this'] and not match[0].casefold().endswith(f'this {match["this"]}')
        window = _part(base, match['this']) if of_day and base else _day(match, today)[1]
        yield Phrase(*match.span(), window)
    base = base or next((_day(m, today)[0] for m in _DAY.finditer(text)), None)
    for match in _WEEK.finditer(text):
        yield Phrase(*match.span(), _week(match, today))
    yield from _hours(text, clock, base)


def _spoken(
    text: str, clock: Clock, base: datetime | None, named: Sequence[re.Match[str]]
) -> Iterator[Phrase]:
    """Yield hours as people say them: of the afternoon where one is named beside the day."""
    for match in _SPOKEN.finditer(text):
        if not (match['more'] or match['clock'] or match['part'] or match['night']):
            continue
        at = _SPOKEN_HOURS[match['h'].casefold()]
        parts = [match['part'] or match['night'], *(m['part'] or m['wpart'] for m in named)]
        part = next((p.casefold() for p in parts if p), None)
        first, last = _PARTS[part] if part else (_WAKING, _WAKING + 24.0)
        at += 12.0 * (at < first and at + 12.0 < last)
        at += _FRACTIONS.get((match['more'] or '').casefold(), 0.0)
        about = _ABOUT_S / 3600.0
        yield Phrase(*match.span(), _on_day(clock, base, at - about, at + about))


def _named(what: str, today: datetime) -> datetime:
    what = what.casefold()
    if what == 'today':
        return today
    if what == 'yesterday':
        return today - timedelta(days=1)
    if what == 'this morning':
        return today + timedelta(hours=_PARTS['morning'][0])
    if what == 'last night':
        return today + timedelta(hours=_PARTS['night'][0] - 24.0)
    return _weekday(what, today)


def _weekday(name: str, today: datetime) -> datetime:
    """Return the last such day, today included."""
    return today - timedelta(days=(today.weekday() - _DAYS.index(name)) % 7)


def _part(day: datetime, part: str | None) -> Window:
    first, last = _PARTS[part.casefold()] if part else (0, 24)
    return _between(day + timedelta(hours=first), day + timedelta(hours=last))


def _day(match: re.Match[str], today: datetime) -> tuple[datetime, Window]:
    """Return the day that is meant, and the span."""
    part = match['part'] or match['wpart']
    if match['this']:
        return today, _part(today, match['this'])
    if match['tonight']:
        return today, _part(today, 'night')
    if match['lastnight']:
        day = today - timedelta(days=1)
        return day, _part(day, 'night')
    if match['weekday']:
        day = _weekday(match['weekday'].casefold(), today)
        if match[0].casefold().startswith('last') and day == today:
            day -= timedelta(days=7)
        return day, _part(day, part)
    if match['iso']:
        on = date.fromisoformat(match['iso'])
        day = datetime(on.year, on.month, on.day, tzinfo=today.tzinfo)
        return day, _part(day, None)
    back = _DAYS_BACK[match['day'].casefold()]
    day = today - timedelta(days=back)
    return day, _part(day, part)


def _week(match: re.Match[str], today: datetime) -> Window:
    if match['span'].casefold() == 'week':
        start = today - timedelta(days=today.weekday())
        if match['which'].casefold() == 'last':
            return _between(start - timedelta(days=7), start)
    else:
        start = today.replace(day=1)
        if match['which'].casefold() == 'last':
            return _between((start - timedelta(days=1)).replace(day=1), start)
    return Window(since_ns=_ns(start))


def _hours(text: str, clock: Clock, base: datetime | None) -> Iterator[Phrase]:
    """Yield spans between hours of the day named, or else of the last day that had them."""
    for match in _BETWEEN.finditer(text):
        first, last = _hour(match['a']), _hour(match['b'])
        if first is None or last is None:
            continue
        if last <= first:  # "between 11 and 1"
            last += 12.0 if last + 12.0 > first else 24.0
        yield Phrase(*match.span(), _on_day(clock, base, first, last))
    for match in _SINCE.finditer(text):
        at = _hour(match['a'])
        if at is None:
            continue
        how = match['how'].casefold()
        whole = _on_day(clock, base, at, at)
        start = whole.since_ns or 0
        if how in ('since', 'after'):
            yield Phrase(*match.span(), Window(since_ns=start))
        else:
            # Who says "before noon" speaks of that day.
            day = clock.day(datetime.fromtimestamp(start / 1e9, tz=clock.zone).date())
            yield Phrase(*match.span(), Window(since_ns=_ns(day), until_ns=start))
    for match in _AT.finditer(text):
        at = _hour(match['a'])
        if at is not None:
            about = _ABOUT_S / 3600.0
            yield Phrase(*match.span(), _on_day(clock, base, at - about, at + about))


def _on_day(clock: Clock, base: datetime | None, first: float, last: float) -> Window:
    day = clock.day(clock.now.date()) if base is None else base
    if base is None and day + timedelta(hours=first) > clock.now:
        day -= timedelta(days=1)
    return Window(_ns(day + timedelta(hours=first)), _ns(day + timedelta(hours=last)))


def _hour(text: str) -> float | None:
    """Return a time of day in hours, None if there is no such time."""
    lowered = text.casefold().replace('.', '').replace('’', "'")
    if meal := next((m for m in _MEALS if lowered.startswith(m)), None):
        return _MEALS[meal]
    if lowered in _HOURS:
        return _HOURS[lowered] % 24.0
    match = re.match(r'(\d{1,2})(?::(\d{2}))?(?: ?([ap])m)?', lowered)
    if match is None:
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[3] == 'p' else 0)
    return hour + minute / 60.0 if hour < 24 else None
