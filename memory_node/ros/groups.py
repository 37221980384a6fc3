"""Groups of parameters with their prefixes, those of several cameras too; needs no ROS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields

from memory_node.core.bounds import safe_characters
from memory_node.core.config import Checked
from memory_node.core.config.nearest import meant
from memory_node.ros.settings import CameraConfig, GROUPS, NodeConfig

__all__ = ['MIDDLEWARE', 'check_cameras', 'group_types', 'told_unknown']

#: What ROS itself takes from a parameter file: names, and the beginning of those by topic.
MIDDLEWARE = ('use_sim_time', 'start_type_description_service', 'qos_overrides.')


def group_types(cameras: Iterable[str]) -> dict[str, type[Checked]]:
    """Return the type of each group by its prefix, where cameras of these names are heard."""
    return {**GROUPS, **{f'camera.{name}': CameraConfig for name in cameras}}


def check_cameras(configs: Mapping[str, Checked]) -> None:
    """Raise ``ValueError`` where a setting of the only camera is given and there are several."""
    node, only = configs[''], configs['camera']
    assert isinstance(node, NodeConfig)
    for f in fields(only) if node.cameras else ():  # type: ignore[arg-type]
        if (value := getattr(only, f.name)) != f.default:
            named = ' or '.join(f'camera.{name}.{f.name}' for name in node.cameras)
            raise ValueError(
                f'camera.{f.name} is for one camera and there are several: set {named},'
                f' got {value!r}'
            )


def told_unknown(name: str, known: Iterable[str]) -> str:
    """Say that a parameter is ignored, and which may have been meant."""
    near = meant(name, known)
    told = f'parameter {safe_characters(name):.200} is not known and does nothing'
    return f'{told}: {near}?' if near else told
