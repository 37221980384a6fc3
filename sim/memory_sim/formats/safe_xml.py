"""Parse XML from files that nobody vouches for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring, ParseError

from memory_sim.world.errors import WorldError

__all__ = ['parse_xml']

_LARGEST = 512 << 20


def parse_xml(path: Path) -> Any:
    """
    Return the root element of a file; entities and document types of its own are refused.

    Raises
    ------
    WorldError
        If it cannot be read, is too large, no XML, or tries to expand entities.

    """
    try:
        if path.stat().st_size > _LARGEST:
            raise WorldError(f'{path}: size: expected at most {_LARGEST} bytes')
        return fromstring(path.read_bytes(), forbid_dtd=True)
    except OSError as error:
        raise WorldError(f'{path}: file: {error}') from error
    except DefusedXmlException as error:
        raise WorldError(f'{path}: entities: refused: {error!r}') from error
    except (ParseError, ValueError, LookupError) as error:
        raise WorldError(f'{path}: not XML: {error}') from error
