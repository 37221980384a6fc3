"""YAML of others: read without what could crash or stall the reader."""

from __future__ import annotations

from typing import Any

import yaml

__all__ = ['read_yaml']

#: Lists and mappings inside each other. libyaml goes down on the stack of the machine, and some
#: thousand levels end the process.
_MAX_DEPTH = 32


def read_yaml(text: str) -> Any:
    """
    Return what a YAML text holds; ``ValueError`` where it is none, too deep, or refers to itself.

    Aliases are refused: a few lines of them can stand for more than any machine holds.
    """
    depth = 0
    try:
        for event in yaml.parse(text, yaml.CSafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise ValueError(f'aliases are not read, got *{event.anchor}')
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH:
                raise ValueError(f'nested more than {_MAX_DEPTH} deep')
        return yaml.load(text, yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
