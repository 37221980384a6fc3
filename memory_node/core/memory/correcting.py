"""What people correct in a memory, how it is undone, and what was corrected so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
import time

from memory_node.core.corrections.anchors import Ground
from memory_node.core.corrections.edit import checked_text, Edit, EditKind, MAX_AUTHOR_CHARS
from memory_node.core.corrections.making import body_of, forgotten, summary_of
from memory_node.core.data import Vector3
from memory_node.core.errors import InvalidQueryError
from memory_node.core.memory.opened import Opened
from memory_node.core.queries import nanoseconds
from memory_node.core.store.corrections import Correction

__all__ = ['CorrectionRecord', 'Correcting']


#: How long the rooms are waited for that a name is given to [s].
_ROOMS_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRecord:
    """One correction, and what has become of it."""

    id: int
    stamp_ns: int
    author: str
    kind: str
    #: What it says, in words.
    summary: str
    #: 'in force', 'undone', 'contradicted' by what was seen since, 'lost' where it finds what it
    #: is about no more, or 'done' for what was forgotten.
    state: str
    undone_ns: int | None
    undone_by: str


class Correcting(Opened):
    """The side of a memory that people correct."""

    def correct(
        self,
        kind: str | EditKind,
        *,
        author: str,
        object_id: int | None = None,
        others: Sequence[int] = (),
        name: str = '',
        position: Vector3 | None = None,
        radius: float = 0.0,
        map_id: str = '',
        since: float | datetime | None = None,
        until: float | datetime | None = None,
        question: str = '',
        observation_id: str = '',
        stamp: float | datetime | None = None,
    ) -> CorrectionRecord:
        """
        Store a correction and act on it; the next question sees it.

        ``corrections/edit.py`` says what each kind needs, and how long it holds against what is
        seen later. All but 'forget' can be undone.

        Parameters
        ----------
        kind
            An ``EditKind`` or its value: 'move', 'relabel', 'name', 'merge', 'split', 'confirm',
            'delete', 'place', 'forget' or 'wrong'.
        author
            Who says so.
        object_id, others
            The object, and those that are one with it, by the ids that ``objects`` tells.
        name
            What it is called.
        position, radius, map_id
            A point [m], how far around it [m], and its map.
        since, until
            Span to forget: seconds since the epoch or an aware datetime.
        question, observation_id
            What was asked, and the observation that a wrong answer named.
        stamp
            When it was said; now when left out.

        Raises
        ------
        InvalidQueryError, UnknownNodeError, UnknownMapError
            A value can't be meant; nothing is stored then.

        """
        edit = Edit(
            kind=EditKind.of(kind),
            object_id=object_id,
            others=tuple(others),
            name=name,
            position=position,
            radius_m=radius,
            map_id=map_id,
            since_ns=nanoseconds('since', since),
            until_ns=nanoseconds('until', until),
            question=question,
            observation_id=observation_id,
        )
        told = nanoseconds('stamp', stamp)
        return self.correct_by(edit, author=author, stamp_ns=told)

    def correct_by(
        self, edit: Edit, *, author: str, stamp_ns: int | None = None
    ) -> CorrectionRecord:
        """Store a checked correction and act on it; see ``correct``."""
        self._writable()
        author = checked_text('author', author, MAX_AUTHOR_CHARS)
        stamp_ns = time.time_ns() if stamp_ns is None else stamp_ns
        parts = self._parts
        with self._ingest:
            if edit.kind is EditKind.FORGET:
                ids = forgotten(edit, parts.mirror)
                body = {**edit.to_body(), 'count': len(ids)}
                note = Correction(stamp_ns=stamp_ns, author=author, kind='forget', body=body)
                parts.forget(ids, note)
            else:
                parts.objects.catch_up(parts.mirror.snapshot())
                if edit.name:
                    parts.objects.know([edit.name])
                note = Correction(
                    stamp_ns=stamp_ns,
                    author=author,
                    kind=edit.kind.value,
                    body=body_of(edit, self._ground(), parts.mirror, self._room_of),
                )
                with parts.mirror.lock:
                    parts.mirror.store.add_corrections([note])
            parts.recorrected(own=True)
            parts.objects.kept()
            if edit.kind is EditKind.PLACE:
                parts.rooms.await_rows(len(parts.objects.taken), _ROOMS_S)
        return self._record_of(parts.corrections.rows[-1])

    def _ground(self) -> Ground:
        known = self._parts.objects.kept()
        return Ground(
            objects=known.objects, frames=known.frames, taken=known.objects.shared['snapshot']
        )

    def _room_of(self, row: int) -> str:
        view = self._parts.view()
        room = int(view.row_rooms[row]) if row < len(view.row_rooms) else -1
        return view.rooms.names[room] if room >= 0 else ''

    def undo(self, number: int, *, author: str, stamp_ns: int | None = None) -> CorrectionRecord:
        """
        Take a correction back: all is as it would be without it. The record stays.

        Raises ``UnknownNodeError``, and ``InvalidQueryError`` where it is undone already or
        nothing can bring back what was forgotten.
        """
        self._writable()
        author = checked_text('author', author, MAX_AUTHOR_CHARS)
        if isinstance(number, bool) or not isinstance(number, int):
            raise InvalidQueryError(f'correction_id must be a whole number, got {number!r:.80}')
        stamp_ns = time.time_ns() if stamp_ns is None else stamp_ns
        parts = self._parts
        with self._ingest:
            held = {c.id: c for c in parts.corrections.rows}.get(number)
            if held is not None and held.kind == EditKind.FORGET:
                raise InvalidQueryError(
                    f'correction_id {number} can not be undone: what was forgotten is gone'
                )
            with parts.mirror.lock:
                parts.mirror.store.undo_correction(number, stamp_ns, author)
            parts.recorrected(own=True)
            parts.objects.kept()
        return next(self._record_of(c) for c in parts.corrections.rows if c.id == number)

    def corrections(self) -> list[CorrectionRecord]:
        """Return every correction so far, undone ones too, and what has become of each."""
        self._open()
        self._parts.view()  # what has become of them is known once they were applied
        return [self._record_of(c) for c in self._parts.corrections.rows]

    def _record_of(self, correction: Correction) -> CorrectionRecord:
        return CorrectionRecord(
            id=correction.id,
            stamp_ns=correction.stamp_ns,
            author=correction.author,
            kind=correction.kind,
            summary=summary_of(correction.kind, correction.body),
            state=self._parts.corrections.state_of(correction),
            undone_ns=correction.undone_ns,
            undone_by=correction.undone_by,
        )

    # ---- as rows, for copies in other forms --------------------------------------------------

    def stored_corrections(self) -> tuple[Correction, ...]:
        """Return the corrections as they are stored, for exports."""
        self._open()
        with self._parts.mirror.lock:
            return self._parts.mirror.store.corrections()

    def add_corrections(self, corrections: Iterable[Correction]) -> int:
        """
        Store corrections of another memory of the same observations; return how many are new.

        Their numbers are given anew; what they are about is found by the observations they name.
        """
        self._writable()
        parts = self._parts
        with self._ingest:
            held = list(parts.corrections.rows)
            new: list[Correction] = []
            for correction in corrections:
                if not any(correction.says_the_same(other) for other in (*held, *new)):
                    new.append(correction)
            parts.objects.know([str(c.body['name']) for c in new if c.body.get('name')])
            with parts.mirror.lock:
                parts.mirror.store.add_corrections(new)
            parts.recorrected(own=True)
        return len(new)
