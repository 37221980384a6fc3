"""Addresses of endpoints, which everybody can read who reads a parameter."""

from __future__ import annotations

from urllib.parse import urlsplit

__all__ = ['check_address']


def check_address(name: str, address: str, key_setting: str) -> None:
    """
    Raise ``ValueError``, which never quotes the address, where it may carry a secret.

    Parameters, launch files and logs show an address to everybody: user, password, query and
    fragment are refused, and ``key_setting`` is named in their place.
    """
    try:
        parts = urlsplit(address)
        open_to_all = not ('@' in (parts.netloc or address) or parts.query or parts.fragment)
    except ValueError:  # it quotes what it can't read
        open_to_all = False
    if not open_to_all:
        raise ValueError(
            f'{name} must be an address and hold no user, password, query or fragment, which'
            f' everybody could read: a key goes into OPENAI_API_KEY or {key_setting}'
        )
