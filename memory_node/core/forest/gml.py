"""
Reads the GML files of the Embodied-RAG authors: topological graphs and finished forests.

A parser of the small language GML (Himsolt 1997) of our own, because general ones stop at HTML
entities and repeated keys. What is wrong with a forest, but not fatal, is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
import html
import math
import os
from pathlib import Path
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memory_node.core.errors import StoreAccessError, StoreFormatError

__all__ = ['GmlForest', 'local_metres', 'read_gml', 'read_gml_forest']

_TOKEN = re.compile(
    r'\s+|#[^\n]*|"(?P<text>[^"]*)"|(?P<open>\[)|(?P<close>\])|(?P<word>[^\s\[\]"]+)'
)
_MAX_DEPTH = 64
_MAX_BYTES = 1 << 30
#: Mean radius of the Earth [m].
_EARTH_M = 6_371_008.8

Value = Any  # str, int, float, or dict of lists of values


def read_gml(path: str | os.PathLike[str]) -> dict[str, list[Value]]:
    """
    Read the ``graph`` of a GML file: every key holds the list of its values, in file order.

    Raises ``StoreAccessError`` if there is no such file and ``StoreFormatError`` if it is no GML.
    """
    try:
        if Path(path).stat().st_size > _MAX_BYTES:
            raise StoreFormatError(f'{path} is larger than {_MAX_BYTES} bytes')
        text = Path(path).read_text(encoding='utf-8')
    except OSError as error:
        raise StoreAccessError(f'{path} can not be read: {error}') from error
    except UnicodeDecodeError as error:
        raise StoreFormatError(f'{path} is not UTF-8 text: {error}') from error
    try:
        graphs = _parse(_tokens(text)).get('graph', [])
    except (ValueError, StopIteration) as error:
        raise StoreFormatError(f'{path} is not GML: {error}') from error
    if len(graphs) != 1 or not isinstance(graphs[0], dict):
        raise StoreFormatError(f'{path} must hold one graph, got {len(graphs)}')
    return graphs[0]


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f'unexpected {text[at]!r} at character {at}')
        at = match.end()
        if match.lastgroup is not None:
            yield match.lastgroup, match.group(match.lastgroup)


def _parse(tokens: Iterator[tuple[str, str]]) -> dict[str, list[Value]]:
    top: dict[str, list[Value]] = {}
    stack = [top]
    for kind, key in tokens:
        if kind == 'close':
            if len(stack) == 1:
                raise ValueError('a ] without its [')
            stack.pop()
            continue
        if kind != 'word':
            raise ValueError(f'a key was expected, got {key[:40]!r}')
        try:
            kind, value = next(tokens)
        except StopIteration:
            raise ValueError(f'the file ends after the key {key!r}') from None
        values = stack[-1].setdefault(key, [])
        if kind == 'open':
            if len(stack) > _MAX_DEPTH:
                raise ValueError(f'more than {_MAX_DEPTH} levels')
            inner: dict[str, list[Value]] = {}
            values.append(inner)
            stack.append(inner)
        elif kind == 'text':
            values.append(html.unescape(value))
        elif kind == 'word':
            values.append(_number(value))
        else:
            raise ValueError(f'the key {key!r} has no value')
    if len(stack) > 1:
        raise ValueError(f'{len(stack) - 1} [ without their ]')
    return top


def _number(word: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word


@dataclass(frozen=True)
class GmlForest:
    """A finished forest: leaves, and for each level which cluster a leaf is in."""

    #: Ids of the leaves, ascending.
    leaf_ids: list[int]
    #: (N, 3) positions as written: degrees (longitude, latitude, height) or metres.
    positions: NDArray[np.float64]
    names: list[str]
    captions: list[str]
    #: Per level from 1: (N,) id of the cluster above each leaf, -1 where there is none.
    levels: list[NDArray[np.int64]]
    #: Name and summary of the clusters by id.
    texts: dict[int, tuple[str, str]]
    #: What is wrong with the file, by kind: missing_parent, cycle, two_parents, unknown_end.
    problems: dict[str, int] = field(default_factory=dict)


def read_gml_forest(path: str | os.PathLike[str]) -> GmlForest:
    """
    Read the authors' forest, or a graph without clusters (then there are no levels).

    A leaf without a parent, an edge to nowhere, a second parent and a cycle are counted, and the
    leaf is in no cluster from there on. Raises as ``read_gml`` does, and ``StoreFormatError`` for
    a node without an id or position.
    """
    graph = read_gml(path)
    nodes = {}
    for node in graph.get('node', []):
        if not isinstance(node, dict) or not isinstance(_one(node, 'id'), int):
            raise StoreFormatError(f'{path}: a node has no id')
        nodes[_one(node, 'id')] = node
    level = {i: _one(n, 'level', 0) for i, n in nodes.items()}
    leaf_ids = sorted(i for i, n in nodes.items() if level[i] == 0)
    problems: dict[str, int] = {}
    parents = _parents(graph.get('edge', []), nodes, level, problems)
    clusters = [v for v in level.values() if isinstance(v, int)]
    top = max(clusters, default=0)
    levels = [np.full(len(leaf_ids), -1, np.int64) for _ in range(top)]
    for row, leaf in enumerate(leaf_ids):
        _climb(leaf, row, parents, level, levels, problems)
    leaves = [nodes[i] for i in leaf_ids]
    return GmlForest(
        leaf_ids,
        np.array([_position(path, n) for n in leaves]).reshape(len(leaves), 3),
        [str(_one(n, 'name', _one(n, 'label', ''))) for n in leaves],
        [str(_one(n, 'caption', '')) for n in leaves],
        levels,
        {
            i: (str(_one(n, 'name', '')), str(_one(n, 'summary', '')))
            for i, n in nodes.items()
            if level[i] != 0
        },
        problems,
    )


def _one(node: dict[str, list[Value]], key: str, default: Value = None) -> Value:
    values = node.get(key)
    return values[0] if values else default


def _count(problems: dict[str, int], kind: str) -> None:
    problems[kind] = problems.get(kind, 0) + 1


def _parents(
    edges: list[Value], nodes: dict[int, Any], level: dict[int, Any], problems: dict[str, int]
) -> dict[int, int]:
    """Parent by child; edges between nodes of one level are no forest edges."""
    parents: dict[int, int] = {}
    for edge in edges:
        ends = (_one(edge, 'source'), _one(edge, 'target')) if isinstance(edge, dict) else (0, 0)
        if ends[0] not in nodes or ends[1] not in nodes:
            _count(problems, 'unknown_end')
            continue
        child, parent = ends
        if level[parent] == 0:
            if level[child] == 0:
                continue
            child, parent = parent, child
        if child in parents and parents[child] != parent:
            _count(problems, 'two_parents')
            continue
        parents[child] = parent
    return parents


def _climb(
    leaf: int,
    row: int,
    parents: dict[int, int],
    level: dict[int, Any],
    levels: list[NDArray[np.int64]],
    problems: dict[str, int],
) -> None:
    seen, at = {leaf}, leaf
    while at in parents:
        at = parents[at]
        if at in seen:
            _count(problems, 'cycle')
            return
        seen.add(at)
        if isinstance(level[at], int) and 1 <= level[at] <= len(levels):
            levels[level[at] - 1][row] = at
    if levels and len(seen) == 1:
        _count(problems, 'missing_parent')


def _position(path: str | os.PathLike[str], node: dict[str, list[Value]]) -> list[float]:
    position = _one(node, 'position')
    if not isinstance(position, dict):
        raise StoreFormatError(f'{path}: node {_one(node, "id")} has no position')
    values = [_one(position, axis, 0.0) for axis in 'xyz']
    if not all(isinstance(v, int | float) and math.isfinite(v) for v in values):
        raise StoreFormatError(f'{path}: node {_one(node, "id")} is at {values}')
    return [float(v) for v in values]


def local_metres(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Turn (N, 3) longitude, latitude [deg] and height [m] into metres east, north, up of their mean.

    Equirectangular about the mean: at 1 km the error is below a centimetre.
    """
    if len(degrees) == 0:
        return degrees.copy()
    origin = degrees.mean(axis=0)
    metres: NDArray[np.float64] = np.radians(degrees - origin) * _EARTH_M
    metres[:, 0] *= math.cos(math.radians(origin[1]))
    metres[:, 2] = degrees[:, 2]
    return metres
