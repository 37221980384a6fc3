"""
Write ``config/memory.yaml`` and ``docs/parameters.md`` from the settings in the code.

With ``--check`` nothing is written, and the exit status is 1 where a file is not up to date.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import Field
import inspect
from pathlib import Path
import sys
import textwrap
from typing import Any

import yaml

from memory_node.ros.settings import GROUPS, parameters

ROOT = Path(__file__).resolve().parent.parent
YAML = ROOT / 'config' / 'memory.yaml'
TABLE = ROOT / 'docs' / 'parameters.md'
WIDTH = 99

YAML_HEAD = """\
# Every parameter of the memory node with its default. Made by `make generate`: copy it, keep the
# lines you change, and give the copy as params_file to memory.launch.py.
/**:
  ros__parameters:
"""
TABLE_HEAD = """\
# Parameters of the memory node

Made by `make generate` from the settings in the code.
`ros2 param describe /memory NAME` shows the same text.
A value out of range is refused with the reason, at start and at run time.
*Fixed* parameters are read at start only; the others take effect at once.
"""


def scalar(value: object) -> str:
    """Write one value as YAML; text is quoted so that it stays text."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(yaml.safe_dump(value).splitlines()[0])


def bounds(f: Field[Any]) -> str:
    """Say which values a setting takes, empty where any will do."""
    meta = f.metadata
    if meta['choices']:
        return ', '.join(meta['choices'])
    low, high = meta['ge'], meta['le']
    if low is not None and high is not None:
        return f'{low:g} to {high:g}'
    if low is not None:
        return f'at least {low:g}'
    return f'at most {high:g}' if high is not None else ''


def _about(group: str) -> str:
    return inspect.cleandoc(GROUPS[group].__doc__ or '').replace('``', '`')


def _yaml_lines() -> Iterator[str]:
    previous = ''
    for name, f in parameters():
        group, _, short = name.rpartition('.')
        if group != previous:
            yield ''
            yield from _comment(' '.join(_about(group).split()), 4)
            yield f'    {group}:'
            previous = group
        indent = 6 if group else 4
        notes = [f.metadata['doc']]
        if (values := bounds(f)) and not f.metadata['choices']:
            unit = f' {f.metadata["unit"]}' if f.metadata['unit'] else ''
            notes.append(f'{values}{unit}.')
        elif values:
            notes.append(f'One of: {values}.')
        yield from _comment(' '.join(notes), indent)
        yield f'{" " * indent}{short}: {scalar(f.default)}'


def _comment(text: str, indent: int) -> list[str]:
    lead = ' ' * indent + '# '
    return textwrap.wrap(
        text, WIDTH, initial_indent=lead, subsequent_indent=lead, break_on_hyphens=False
    )


def render_yaml() -> str:
    """Return the text of ``config/memory.yaml``."""
    return YAML_HEAD + '\n'.join(_yaml_lines()) + '\n'


def _table_lines() -> Iterator[str]:
    previous: str | None = None
    for name, f in parameters():
        group = name.rpartition('.')[0]
        if group != previous:
            title = f'`{group}`' if group else 'The node'
            yield f'\n## {title}\n'
            yield _about(group)
            yield '\n| name | default | values | unit | fixed | meaning |'
            yield '|---|---|---|---|---|---|'
            previous = group
        meta = f.metadata
        fixed = 'yes' if meta['read_only'] else ''
        meaning = meta['doc'].replace('|', r'\|')
        yield (
            f'| `{name}` | `{scalar(f.default)}` | {bounds(f)} | {meta["unit"]} | {fixed} |'
            f' {meaning} |'
        )


def render_table() -> str:
    """Return the text of ``docs/parameters.md``."""
    return TABLE_HEAD + '\n'.join(_table_lines()) + '\n'


def main() -> int:
    """Write both files, or compare them."""
    parser = argparse.ArgumentParser(description='Write parameter file and reference.')
    parser.add_argument('--check', action='store_true', help='compare only')
    check = parser.parse_args().check
    stale = False
    for path, text in ((YAML, render_yaml()), (TABLE, render_table())):
        if path.is_file() and path.read_text(encoding='utf-8') == text:
            continue
        stale = True
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding='utf-8')
        print(f'{path.relative_to(ROOT)} {"is not up to date" if check else "written"}')
    return int(check and stale)


if __name__ == '__main__':
    sys.exit(main())
