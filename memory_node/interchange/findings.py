"""What ``memory doctor`` finds: one line each, with what to do about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
import json

__all__ = ['BAD', 'HINT', 'OK', 'Finding']

#: As it should be; something to know of; something that keeps the memory from working.
OK, HINT, BAD = 'ok', 'hint', 'bad'


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    level: str
    about: str
    found: str
    #: What to do, where something is to be done.
    mend: str = ''

    def line(self) -> str:
        """Return it as one line for a person."""
        mend = f' -> {self.mend}' if self.mend else ''
        return ' '.join(f'{self.level:<5}{self.about}: {self.found}{mend}'.split('\n'))

    def json(self) -> str:
        """Return it as one line for a program."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Finding:
        """Read a line that ``json`` wrote; raises ``ValueError`` for any other."""
        try:
            return cls(**{name: str(value) for name, value in json.loads(line).items()})
        except (TypeError, AttributeError) as error:
            raise ValueError(f'no finding: {line[:80]!r}') from error
