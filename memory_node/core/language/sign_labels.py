"""
How a sighting carries what a sign says: a label such as ``sign "Room 214"``.

A label survives storage, export, import and removal like that of any other thing. What the sign
says is data between the quotes, whatever it is.
"""

from __future__ import annotations

import re

__all__ = ['MAX_SIGN_CHARS', 'sign_label', 'sign_text', 'without_texts']

#: Text kept of one sign; a poster may say more.
MAX_SIGN_CHARS = 120
_QUOTES = str.maketrans(dict.fromkeys('"\u201c\u201d\u201e\u00ab\u00bb', "'"))
_LABEL = re.compile(r'sign "([^"]+)"', re.IGNORECASE)


def sign_label(text: str) -> str:
    """Return the label of a sign that says ``text``; quotes in it become single ones."""
    return f'sign "{" ".join(text.translate(_QUOTES).split())[:MAX_SIGN_CHARS].rstrip()}"'


def sign_text(label: str) -> str:
    """Return what the sign of a label says, '' for the label of another thing."""
    match = _LABEL.fullmatch(label)
    return match[1] if match else ''


def without_texts(caption: str) -> str:
    """Return a caption with its signs, but without what they say."""
    return _LABEL.sub('sign', caption)
