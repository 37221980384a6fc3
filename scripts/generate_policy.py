"""
Write ``config/security/memory.policy.xml`` from the graph of a live node.

The node is started with each way of describing pictures, and what it publishes, hears, serves and
calls is allowed, and nothing else. With ``--check`` nothing is written, and the exit status is 1
where the file is not up to date.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
import sys
import tempfile
import time
import xml.etree.ElementTree as ET

import rclpy
from rclpy.action import (
    get_action_client_names_and_types_by_node,
    get_action_server_names_and_types_by_node,
)
from rclpy.context import Context
from rclpy.parameter import Parameter

from memory_node.ros.node import MemoryNode

POLICY = Path(__file__).resolve().parent.parent / 'config' / 'security' / 'memory.policy.xml'
#: Names below this namespace are relative, the others are absolute.
NAMESPACE = '/robot'
CAPTIONERS = ('detections', 'caption')
#: How long the graph is waited for, and between two looks [s].
PATIENCE_S, LOOK_S = 30.0, 0.5

Graph = Mapping[str, frozenset[str]]


def named(fqn: str, node: str) -> str:
    """Return a name as a policy has it: private, relative or absolute."""
    for prefix, short in ((f'{NAMESPACE}/{node}/', '~/'), (f'{NAMESPACE}/', '')):
        if fqn.startswith(prefix):
            return short + fqn.removeprefix(prefix)
    return fqn


def seen(node: MemoryNode) -> Graph:
    """Return what the node has in the graph now, by ``kind attribute`` of the policy."""
    name = node.get_name()
    looks: Mapping[str, Callable[[], list[tuple[str, list[str]]]]] = {
        'topics publish': lambda: node.get_publisher_names_and_types_by_node(name, NAMESPACE),
        'topics subscribe': lambda: node.get_subscriber_names_and_types_by_node(name, NAMESPACE),
        'services reply': lambda: node.get_service_names_and_types_by_node(name, NAMESPACE),
        'services request': lambda: node.get_client_names_and_types_by_node(name, NAMESPACE),
        'actions execute': lambda: get_action_server_names_and_types_by_node(
            node, name, NAMESPACE
        ),
        'actions call': lambda: get_action_client_names_and_types_by_node(node, name, NAMESPACE),
    }
    return {
        what: frozenset(named(fqn, name) for fqn, _ in look() if '/_action/' not in fqn)
        for what, look in looks.items()
    }


def settled(node: MemoryNode) -> Graph:
    """Return the graph once two looks at it are alike."""
    deadline = time.monotonic() + PATIENCE_S
    before, now = None, seen(node)
    while before != now and time.monotonic() < deadline:
        time.sleep(LOOK_S)
        before, now = now, seen(node)
    return now


def live_graph(captioner: str, folder: Path) -> Graph:
    """Start a node, and return what it has in the graph while it is active."""
    context = Context()
    rclpy.init(context=context)
    node = MemoryNode(
        context=context,
        namespace=NAMESPACE,
        parameter_overrides=[
            Parameter('memory_path', value=str(folder / f'{captioner}.sqlite')),
            Parameter('perception.captioner', value=captioner),
        ],
    )
    try:
        if not node.start():
            raise SystemExit('the node did not start, see its log')
        return settled(node)
    finally:
        node.trigger_shutdown()
        node.destroy_node()
        rclpy.shutdown(context=context)


def policy(graph: Graph, node: str = 'memory') -> str:
    """Return the policy that allows what is in a graph."""
    root = ET.Element('policy', version='0.2.0')
    root.append(
        ET.Comment(' Made by scripts/generate_policy.py: set ns and path to those of your node. ')
    )
    enclave = ET.SubElement(ET.SubElement(root, 'enclaves'), 'enclave', path=f'/{node}')
    profile = ET.SubElement(ET.SubElement(enclave, 'profiles'), 'profile', ns='/', node=node)
    for what, names in graph.items():
        kind, attribute = what.split()
        if names:
            allowed = ET.SubElement(profile, kind, {attribute: 'ALLOW'})
            for name in sorted(names):
                ET.SubElement(allowed, kind.removesuffix('s')).text = name
    ET.indent(root)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return head + ET.tostring(root, encoding='unicode') + '\n'


def main() -> int:
    """Write the file, or compare it; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--check', action='store_true', help='compare, write nothing')
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        graphs = [live_graph(captioner, Path(folder)) for captioner in CAPTIONERS]
    text = policy({what: frozenset().union(*(g[what] for g in graphs)) for what in graphs[0]})
    if not check:
        POLICY.parent.mkdir(exist_ok=True)
        POLICY.write_text(text, encoding='utf-8')
        print(f'{POLICY} written')
        return 0
    held = POLICY.read_text(encoding='utf-8') if POLICY.exists() else ''
    if held != text:
        print(f'{POLICY} is not what the node has: run scripts/generate_policy.py')
        ours, theirs = set(text.splitlines()), set(held.splitlines())
        print('\n'.join([*(f'+ {x}' for x in ours - theirs), *(f'- {x}' for x in theirs - ours)]))
    return int(held != text)


if __name__ == '__main__':
    sys.exit(main())
