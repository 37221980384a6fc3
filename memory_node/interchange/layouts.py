"""
Layouts of RViz and Foxglove for the names that a robot really uses.

The templates name topics as the node does, behind an ``@``: ``@image`` becomes what it is remapped
to, in the namespace of the robot. ``@map_frame`` is the fixed frame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import copy
from importlib import resources
import json
from typing import Any

import yaml

from memory_node.core.perception.camera_names import ONLY, topic_of

__all__ = ['LAYOUTS', 'layout']

#: Template of each kind.
LAYOUTS = {'rviz': 'memory.rviz', 'foxglove': 'foxglove.json'}
_IMAGE, _IMAGE_PANEL = '@image', 'Image!camera'


def layout(
    kind: str,
    *,
    namespace: str = '',
    map_frame: str = 'map',
    cameras: Sequence[str] = (),
    topics: Mapping[str, str] | None = None,
) -> str:
    """
    Return the text of a layout file.

    Parameters
    ----------
    kind
        ``rviz`` or ``foxglove``.
    namespace
        That of the node; names without a leading slash are in it.
    map_frame
        Fixed frame of what is shown.
    cameras
        Names of the cameras, where there are several: a picture for each.
    topics
        Topics by the name that the node has for them, where they are remapped.

    """
    template = resources.files('memory_node').joinpath('data', LAYOUTS[kind]).read_text('utf-8')
    remapped, space = topics or {}, namespace.strip('/')

    def resolved(name: str) -> str:
        if not name.startswith('@'):
            return name
        if name == '@map_frame':
            return map_frame
        name = remapped.get(name[1:], name[1:])
        if name.startswith('/'):
            return name
        return f'/{space}/{name}' if space else f'/{name}'

    if kind == 'rviz':
        tree = yaml.safe_load(template)
        _show_in_rviz(tree, cameras or (ONLY,))
        return yaml.safe_dump(_renamed(tree, resolved), sort_keys=False)
    tree = json.loads(template)
    _show_in_foxglove(tree, cameras or (ONLY,))
    return json.dumps(_renamed(tree, resolved), indent=2) + '\n'


def _renamed(tree: Any, resolved: Callable[[str], str]) -> Any:
    if isinstance(tree, dict):
        return {resolved(key): _renamed(value, resolved) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_renamed(item, resolved) for item in tree]
    return resolved(tree) if isinstance(tree, str) else tree


def _show_in_rviz(tree: dict[str, Any], cameras: Sequence[str]) -> None:
    shown = []
    for display in tree['Visualization Manager']['Displays']:
        if display.get('Topic', {}).get('Value') != _IMAGE:
            shown.append(display)
            continue
        for camera in cameras:
            own = copy.deepcopy(display)
            own['Topic']['Value'] = f'@{topic_of(camera, "image")}'
            own['Name'] = camera or own['Name']
            shown.append(own)
    tree['Visualization Manager']['Displays'] = shown


def _show_in_foxglove(tree: dict[str, Any], cameras: Sequence[str]) -> None:
    panels = tree['configById']
    panel = panels.pop(_IMAGE_PANEL)
    place: Any = None
    for camera in reversed(cameras):
        name = f'Image!{camera or "camera"}'
        panels[name] = copy.deepcopy(panel)
        panels[name]['imageMode']['imageTopic'] = f'@{topic_of(camera, "image")}'
        below = {'direction': 'row', 'first': name, 'second': place}
        place = below if place else name
    tree['layout'] = _placed(tree['layout'], place)


def _placed(tree: Any, pictures: Any) -> Any:
    """Return a layout with pictures where that of the only camera is."""
    if isinstance(tree, dict):
        return {key: _placed(value, pictures) for key, value in tree.items()}
    return pictures if tree == _IMAGE_PANEL else tree
