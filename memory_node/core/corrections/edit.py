"""
What a person can correct, and what makes a correction one: every field is checked here.

How long a correction holds
---------------------------
Perception goes on after a correction, and may speak against it:

- What changes by itself (``move``, ``confirm``) holds until ``HOLDS`` observations that came
  later contradict it: the thing is seen elsewhere, or is not there.
- What perception got wrong (``relabel``, ``delete``, ``merge``, and ``wrong`` said of a thing
  without a question) it may get wrong again. It holds until later observations contradict it as
  often as perception had said otherwise before, and at least ``HOLDS`` times. Names that the thing
  was given before a ``relabel`` are that same error and never count.
- What perception can not know (``name``, ``place``, ``split``, and ``wrong`` said of the answer
  to a question) holds until it is undone.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from typing import Any

from memory_node.core.bounds import MAX_COORDINATE_M, MAX_STAMP_NS, safe_characters, within
from memory_node.core.data import MAX_ID_CHARS, MAX_QUERY_CHARS, Vector3
from memory_node.core.errors import InvalidQueryError
from memory_node.core.perception.captions import clean_text

__all__ = ['HOLDS', 'MAX_AUTHOR_CHARS', 'MAX_NAME_CHARS', 'Edit', 'EditKind', 'checked_text']

#: Later observations that have to contradict a correction before it gives way.
HOLDS = 5
MAX_NAME_CHARS = 128
MAX_AUTHOR_CHARS = 64
#: Most objects that one correction makes one.
MAX_OTHERS = 64
_MAX_OBJECT_ID = 2**63 - 1


class EditKind(str, Enum):
    """What a correction does."""

    #: The object is at ``position``.
    MOVE = 'move'
    #: The object is a ``name``, and not what it was taken for.
    RELABEL = 'relabel'
    #: The object also goes by ``name``: "Anna's mug".
    NAME = 'name'
    #: ``others`` are the same object.
    MERGE = 'merge'
    #: The object is two; the other one is at ``position``, and may have a ``name``.
    SPLIT = 'split'
    #: The object is where it is believed to be.
    CONFIRM = 'confirm'
    #: There is no such object.
    DELETE = 'delete'
    #: The room around ``position``, or what is within ``radius_m`` of it, is called ``name``.
    PLACE = 'place'
    #: Observations of a span of time or around ``position`` are removed for good.
    FORGET = 'forget'
    #: The object, or what ``observation_id`` showed of ``name``, is no answer to ``question``.
    WRONG = 'wrong'

    @classmethod
    def of(cls, kind: str) -> EditKind:
        """Return a kind by its name; ``InvalidQueryError`` where there is none."""
        try:
            return cls(kind)
        except ValueError as error:
            known = ', '.join(one.value for one in cls)
            told = f'kind must be one of {known}, got {kind!r:.80}'
            raise InvalidQueryError(told) from error


_KIND = EditKind
#: Fields that each kind needs, and those that it may have.
_FIELDS: dict[EditKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    _KIND.MOVE: (('object_id', 'position'), ('map_id',)),
    _KIND.RELABEL: (('object_id', 'name'), ()),
    _KIND.NAME: (('object_id', 'name'), ()),
    _KIND.MERGE: (('object_id', 'others'), ()),
    _KIND.SPLIT: (('object_id', 'position'), ('name',)),
    _KIND.CONFIRM: (('object_id',), ()),
    _KIND.DELETE: (('object_id',), ()),
    _KIND.PLACE: (('name', 'position'), ('radius_m', 'map_id')),
    _KIND.FORGET: ((), ('since_ns', 'until_ns', 'position', 'radius_m', 'map_id')),
    _KIND.WRONG: ((), ('object_id', 'observation_id', 'question', 'name', 'position')),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One correction as a person asks for it; raises ``InvalidQueryError`` naming the field."""

    kind: EditKind
    object_id: int | None = None
    others: tuple[int, ...] = ()
    name: str = ''
    position: Vector3 | None = None
    radius_m: float = 0.0
    map_id: str = ''
    since_ns: int | None = None
    until_ns: int | None = None
    question: str = ''
    observation_id: str = ''

    def __post_init__(self) -> None:
        """Refuse what is missing, out of range, or has no meaning for this kind."""
        kind = EditKind.of(self.kind)
        self._check_fields()
        self._check_ids()
        self._check_numbers()
        if self.name:
            object.__setattr__(self, 'name', checked_text('name', self.name, MAX_NAME_CHARS))
        if self.map_id:
            checked_text('map_id', self.map_id, MAX_ID_CHARS)
        if self.question:
            text = checked_text('question', self.question, MAX_QUERY_CHARS)
            object.__setattr__(self, 'question', text)
        if self.observation_id:
            checked_text('observation_id', self.observation_id, MAX_ID_CHARS)
        if kind is EditKind.FORGET:
            self._check_forget()
        if kind is EditKind.WRONG:
            self._check_wrong()

    def _check_fields(self) -> None:
        for name in ('name', 'map_id', 'question', 'observation_id'):
            if not isinstance(value := getattr(self, name), str):
                raise InvalidQueryError(f'{name} must be a text, got {value!r:.80}')
        needed, optional = _FIELDS[self.kind]
        for f in fields(self):
            if f.name == 'kind':
                continue
            empty = getattr(self, f.name) == f.default
            if empty and f.name in needed:
                raise InvalidQueryError(
                    f'{f.name} must not be empty for {self.kind.value!r},'
                    f' got {getattr(self, f.name)!r}'
                )
            if not empty and f.name not in (*needed, *optional):
                raise InvalidQueryError(
                    f'{f.name} has no meaning for {self.kind.value!r},'
                    f' got {getattr(self, f.name)!r:.80}'
                )

    def _check_ids(self) -> None:
        ids = (*(() if self.object_id is None else (self.object_id,)), *self.others)
        for name, value in zip(('object_id', *('others' for _ in ids)), ids, strict=False):
            whole = isinstance(value, int) and not isinstance(value, bool)
            if not whole or not 0 <= value <= _MAX_OBJECT_ID:
                raise InvalidQueryError(f'{name} must be the id of an object, got {value!r:.80}')
        if self.others and len(set(ids)) != len(ids):
            raise InvalidQueryError(f'others must be other objects, got {list(ids)!r:.80}')
        if len(self.others) > MAX_OTHERS:
            raise InvalidQueryError(
                f'others must name at most {MAX_OTHERS} objects, got {len(self.others)}'
            )

    def _check_numbers(self) -> None:
        if self.position is not None and not within(self.position, 3, MAX_COORDINATE_M):
            raise InvalidQueryError(
                'position must be three finite numbers of at most'
                f' {MAX_COORDINATE_M:g} m, got {self.position!r:.120}'
            )
        if self.position is not None:
            object.__setattr__(self, 'position', tuple(float(v) for v in self.position))
        if not within((self.radius_m,), 1, MAX_COORDINATE_M) or self.radius_m < 0.0:
            raise InvalidQueryError(f'radius_m must be finite and >= 0, got {self.radius_m!r:.40}')
        for name in ('since_ns', 'until_ns'):
            value = getattr(self, name)
            if value is not None and abs(value) > MAX_STAMP_NS:
                raise InvalidQueryError(f'{name} must be a stamp, got {value!r:.40}')

    def _check_forget(self) -> None:
        if self.radius_m and self.position is None:
            raise InvalidQueryError(f'radius_m needs position, got {self.radius_m}')
        if self.position is not None and not self.radius_m:
            raise InvalidQueryError('radius_m must be > 0 with position, got 0.0')
        if self.since_ns is None and self.until_ns is None and self.position is None:
            raise InvalidQueryError(
                "since_ns, until_ns or position must be given for 'forget', got none"
            )
        if None not in (self.since_ns, self.until_ns) and self.since_ns > self.until_ns:  # type: ignore[operator]
            raise InvalidQueryError(
                f'since_ns must not be after until_ns, got {self.since_ns} and {self.until_ns}'
            )

    def _check_wrong(self) -> None:
        if (self.object_id is None) == (not self.observation_id):
            raise InvalidQueryError(
                "'wrong' needs either object_id or observation_id,"
                f' got {self.object_id!r} and {self.observation_id!r:.80}'
            )
        if self.object_id is not None and (self.name or self.position):
            raise InvalidQueryError(
                f'name and position go with observation_id, got {self.name!r} and {self.position}'
            )
        if self.observation_id and not self.question:
            raise InvalidQueryError("question must not be empty with observation_id, got ''")

    def to_body(self) -> dict[str, Any]:
        """Return the fields that were given, as they are stored."""
        body: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name != 'kind' and value != f.default:
                body[f.name] = list(value) if isinstance(value, tuple) else value
        return body

    @classmethod
    def of_body(cls, kind: str, body: Any) -> Edit:
        """Return the edit that ``to_body`` wrote; checked like any other."""
        try:
            given = {f.name: body[f.name] for f in fields(cls) if f.name in body}
            for name in ('others', 'position'):
                if name in given:
                    given[name] = tuple(given[name])
            return cls(**{**given, 'kind': EditKind.of(kind)})
        except (TypeError, ValueError, AttributeError) as error:
            raise InvalidQueryError(f'correction: {error}') from error


def checked_text(name: str, text: str, limit: int) -> str:
    """
    Return a text of a person for keeping, cleaned as captions are.

    Raises ``InvalidQueryError`` where it is blank, too long, or holds characters that no one sees.
    """
    if not isinstance(text, str) or not text.strip():
        raise InvalidQueryError(f'{name} must not be empty, got {text!r:.80}')
    if len(text) > limit:
        raise InvalidQueryError(
            f'{name} must hold at most {limit} characters, got {len(text)}: {text[:32]!r}...'
        )
    if safe_characters(text) != text:
        raise InvalidQueryError(
            f'{name} must hold no control or invisible characters, got {ascii(text):.120}'
        )
    return clean_text(text, limit).text
