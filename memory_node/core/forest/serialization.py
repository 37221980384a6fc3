"""
The forest as arrays, so that a store opens without clustering anything.

Embeddings of leaves are not part of it: the store has them. The header carries a magic, a format
version and what the arrays mean; there is no pickle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
import io
import json
from typing import Any
import zlib

import numpy as np
from numpy.typing import NDArray

from memory_node.core.config import ForestConfig
from memory_node.core.data import FloatArray
from memory_node.core.errors import IndexDamagedError, StoreVersionError
from memory_node.core.forest.forest import Forest
from memory_node.core.forest.node import Corners, ForestNode
from memory_node.core.forest.summaries import AreaText
from memory_node.core.store.snapshot import Snapshot

__all__ = ['FORMAT_VERSION', 'dump_forest', 'load_forest']

MAGIC = b'memory_node forest\n'
FORMAT_VERSION = 2

#: Gives the embeddings (N, D) of leaves by key, or holds them already.
Vectors = Callable[[Sequence[int]], FloatArray] | Snapshot


def dump_forest(forest: Forest, origin: str = '') -> bytes:
    """
    Write a forest, without the embeddings of its leaves, to bytes with a checksum.

    ``origin`` says what it was made from, and must be the same when it is read.
    """
    nodes = [n for root in forest.roots() for n in _preorder(root)]
    slots = [s for n in nodes for s in n.leaves]
    leaves = forest.leaves
    joined, lengths = leaves.links.pairs()
    maps = sorted({n.map_id for n in nodes})
    number = {map_id: i for i, map_id in enumerate(maps)}
    arrays = {
        'node': np.array(
            [
                (n.id, n.level, number[n.map_id], n.floor, n.fan_out, n.count, n.first_ns)
                + (n.last_ns, n.revision, n.dirty, n.regrouped, n.described)
                for n in nodes
            ],
            dtype=np.int64,
        ).reshape(len(nodes), 12),
        'box': np.array([n.box for n in nodes]).reshape(len(nodes), 6),
        'center': np.array([n.position for n in nodes]).reshape(len(nodes), 3),
        'norm2': np.array([_row(n)[1] for n in nodes]),
        'sums': np.array([_row(n)[0] for n in nodes], np.float32).reshape(-1, forest.dim),
        'key': leaves.keys[slots],
        'slot': np.array(slots, np.int64),
        'position': leaves.positions[slots],
        'stamp': leaves.stamps[slots],
        'link': joined,
        'length': lengths,
        'sample': forest.calibration.samples[: forest.calibration.n],
    }
    header: dict[str, Any] = {
        'version': FORMAT_VERSION,
        'origin': origin,
        'dim': forest.dim,
        'config': _config(forest.config),
        'next_id': forest.next_id,
        'tick': forest.tick,
        'free': leaves.free,
        'range': [forest.calibration.low, forest.calibration.high],
        'maps': maps,
        'floors': forest.floors.state(),
        # As text in text: read one by one, each is in memory as plain lists for a moment only.
        'texts': [[n.id, json.dumps(n.text.row())] for n in nodes if n.text],
        'bounded': forest.fan_out_limit is not None,
    }
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    head = json.dumps(header).encode()
    body = len(head).to_bytes(8, 'little') + head + buffer.getvalue()
    return MAGIC + zlib.crc32(body).to_bytes(4, 'little') + body


def load_forest(data: bytes, config: ForestConfig, vectors: Vectors, origin: str = '') -> Forest:
    """
    Read a forest back.

    Parameters
    ----------
    data : bytes
        What ``dump_forest`` wrote.
    config : ForestConfig
        Must have the settings that shape a forest; other settings may differ.
    vectors : callable or Snapshot
        Gives the embeddings (N, D) of leaves by key, in the order asked for; those of a snapshot
        are read there and not held twice.
    origin : str
        What the forest should have been made from.

    Raises
    ------
    IndexDamagedError
        If the bytes are no forest, damaged, or made with other settings; build it anew.
    StoreVersionError
        If a newer version of this package wrote them.

    """
    header, arrays = _read(data)
    if header['origin'] != origin:
        raise IndexDamagedError(f'the forest was made from {header["origin"]}, not {origin}')
    if header['config'] != _config(config):
        raise IndexDamagedError('the forest was built with other settings')
    try:
        return _assemble(header, arrays, config, vectors)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise IndexDamagedError(f'the forest does not fit together: {error!r}') from error


def _config(config: ForestConfig) -> dict[str, Any]:
    return {
        'mode': config.mode,
        'semantic_weight': config.semantic_weight,
        'distance_scale_m': config.distance_scale_m,
        'fan_out': config.fan_out,
        'leaf_fan_out': config.leaf_fan_out,
        'storey_m': config.storey_m,
    }


def _row(node: ForestNode) -> tuple[FloatArray, float]:
    parent = node.parent
    if parent is None:
        raise IndexDamagedError(f'area {node.id} hangs nowhere')
    return parent.sums[node.row], float(parent.norm2[node.row])


def _preorder(root: ForestNode) -> list[ForestNode]:
    result, stack = [], [root]
    while stack:
        node = stack.pop()
        result.append(node)
        stack.extend(reversed(node.children))
    return result


def _read(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    start = len(MAGIC) + 4
    if not data.startswith(MAGIC) or len(data) < start + 8:
        raise IndexDamagedError('these bytes are not a forest')
    body = data[start:]
    if zlib.crc32(body).to_bytes(4, 'little') != data[len(MAGIC) : start]:
        raise IndexDamagedError('the forest is damaged: its checksum differs')
    size = int.from_bytes(body[:8], 'little')
    header = json.loads(body[8 : 8 + size])
    if header['version'] > FORMAT_VERSION:
        raise StoreVersionError(
            f'forest format {header["version"]} is newer than {FORMAT_VERSION}'
        )
    with np.load(io.BytesIO(body[8 + size :]), allow_pickle=False) as file:
        return header, {name: file[name] for name in file.files}


def _assemble(
    header: dict[str, Any],
    arrays: dict[str, NDArray[Any]],
    config: ForestConfig,
    vectors: Vectors,
) -> Forest:
    forest = Forest(config, int(header['dim']))
    forest.next_id, forest.tick = int(header['next_id']), int(header['tick'])
    forest.floors.restore(header['floors'])
    _load_calibration(forest, header['range'], arrays['sample'])
    _load_leaves(forest, header, arrays, vectors)
    _load_nodes(forest, header, arrays)
    forest.links.fill(arrays['link'], arrays['length'])
    for node_id, row in header['texts']:
        row = json.loads(row) if header['version'] > 1 else row
        forest.nodes[node_id].text = AreaText.of(row)
    if not header['bounded']:
        forest.fan_out_limit = None
    return forest


def _load_calibration(forest: Forest, span: Sequence[float], samples: NDArray[Any]) -> None:
    calibration = forest.calibration
    calibration.n = len(samples)
    calibration.samples[: len(samples)] = samples
    calibration.low, calibration.high = span


def _load_leaves(
    forest: Forest, header: dict[str, Any], arrays: dict[str, NDArray[Any]], vectors: Vectors
) -> None:
    keys = arrays['key'].tolist()
    found = None
    if isinstance(vectors, Snapshot):
        if (vectors.rows_of_each(arrays['key']) < 0).any():
            raise IndexDamagedError('the forest holds observations that the store does not')
        forest.leaves.borrow(vectors)
    else:
        found = np.asarray(vectors(keys), dtype=np.float32)
        if found.shape != (len(keys), forest.dim):
            raise IndexDamagedError(
                f'the forest needs {len(keys)} vectors of size {forest.dim}, got {found.shape}'
            )
    forest.leaves.fill(
        keys, arrays['position'], found, arrays['stamp'], arrays['slot'], header['free']
    )


def _load_nodes(forest: Forest, header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
    maps = header['maps']
    boxes = arrays['box'].tolist()
    slots = list(forest.leaves.slots.values())  # those of the file, each one object
    stack: list[tuple[ForestNode, int]] = []
    slot = 0
    for i, row in enumerate(arrays['node'].tolist()):
        node_id, level, number, floor, fan_out, count = row[:6]
        node = ForestNode(node_id, level, maps[number], floor, forest.dim, fan_out)
        parent = stack[-1][0] if stack else forest.trunk(node.map_id, node.floor)
        parent.attach(node)
        parent.sums[node.row] = arrays['sums'][i]
        parent.norm2[node.row] = arrays['norm2'][i]
        parent.centers[node.row] = arrays['center'][i]
        parent.counts[node.row] = count
        x0, y0, z0, x1, y1, z1 = boxes[i]
        node.box = _corners(x0, y0, z0, x1, y1, z1)
        node.first_ns, node.last_ns, node.revision = row[6:9]
        node.dirty, node.regrouped, node.described = bool(row[9]), row[10], row[11]
        forest.nodes[node_id] = node
        if level > 1:
            stack.append((node, fan_out))
        else:
            node.leaves = slots[slot : slot + fan_out]
            for leaf in node.leaves:
                forest.leaves.homes[leaf] = node
            slot += fan_out
        while stack and len(stack[-1][0].children) == stack[-1][1]:
            stack.pop()
    if stack or slot != len(forest.leaves):
        raise IndexDamagedError('the forest does not fit together: areas or leaves are missing')


def _corners(x0: float, y0: float, z0: float, x1: float, y1: float, z1: float) -> Corners:
    return (x0, y0, z0, x1, y1, z1)
