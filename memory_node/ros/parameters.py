"""Settings as ROS parameters: declared with text and range, refused with a reason, applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import Field, fields, replace
from typing import Any, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from memory_node.core.config import Checked
from memory_node.ros.groups import check_cameras, group_types
from memory_node.ros.settings import CameraConfig, GROUPS, NodeConfig

__all__ = ['Parameters', 'descriptor']

ConfigT = TypeVar('ConfigT', bound=Checked)


def descriptor(f: Field[Any]) -> ParameterDescriptor:
    """Describe one setting, so that ``ros2 param describe`` shows its meaning, range, choices."""
    meta = f.metadata
    unit = f' [{meta["unit"]}]' if meta['unit'] else ''
    described = ParameterDescriptor(description=meta['doc'] + unit, read_only=meta['read_only'])
    if meta['choices']:
        described.additional_constraints = 'one of: ' + ', '.join(meta['choices'])
        if meta['plugins']:
            described.additional_constraints += f', or an entry point of {meta["plugins"]}'
    if meta['ge'] is None or meta['le'] is None:
        return described
    if isinstance(f.default, float):
        described.floating_point_range = [
            FloatingPointRange(from_value=float(meta['ge']), to_value=float(meta['le']))
        ]
    elif isinstance(f.default, int):
        described.integer_range = [
            IntegerRange(from_value=int(meta['ge']), to_value=int(meta['le']))
        ]
    return described


class Parameters:
    """
    Keeps one frozen settings object per group equal to the node's parameters.

    A reader takes a group once and uses that snapshot; a change makes a new object.
    """

    def __init__(self, node: Node, applied: Callable[[], None]) -> None:
        """
        Declare every field of every group and read its initial value; ``applied`` follows changes.

        Raises ``ValueError`` or ``TypeError`` naming the parameter when a value that was given
        at start is refused.
        """
        self._configs: dict[str, Checked] = {}
        for prefix, config_type in GROUPS.items():
            self._configs[prefix] = self._declare(node, prefix, config_type)
        for prefix, config_type in group_types(self(NodeConfig).cameras).items():
            if prefix not in self._configs:  # of a camera
                self._configs[prefix] = self._declare(node, prefix, config_type)
        check_cameras(self._configs)
        self._applied = applied
        # Registered after declaring: rclpy calls on-set callbacks for every declaration too.
        node.add_on_set_parameters_callback(self._validate)
        node.add_post_set_parameters_callback(self._apply)

    def group(self, prefix: str) -> Checked:
        """Return the current settings of the group with this prefix."""
        return self._configs[prefix]

    def __call__(self, config_type: type[ConfigT]) -> ConfigT:
        """Return the current settings of one group."""
        for config in self._configs.values():
            if type(config) is config_type:
                return config
        raise KeyError(config_type.__name__)

    def camera(self, name: str) -> CameraConfig:
        """Return the current settings of a camera; an empty name is that of the only one."""
        config = self._configs[f'camera.{name}' if name else 'camera']
        assert isinstance(config, CameraConfig)
        return config

    @staticmethod
    def _declare(node: Node, prefix: str, config_type: type[Checked]) -> Checked:
        values: dict[str, Any] = {}
        for f in fields(config_type):  # type: ignore[arg-type]
            name = f'{prefix}.{f.name}' if prefix else f.name
            default = list(f.default) or [''] if isinstance(f.default, tuple) else f.default
            given = node.declare_parameter(name, default, descriptor(f)).value
            values[f.name] = default if given is None else given  # an empty list is none to rcl
        try:
            return config_type(**values)
        except (TypeError, ValueError) as error:
            raise type(error)(f'{prefix}.{error}' if prefix else str(error)) from error

    def _merged(self, params: Iterable[Parameter]) -> dict[str, Checked]:
        changes: dict[str, dict[str, Any]] = {}
        for p in params:
            prefix, _, name = p.name.rpartition('.')
            known = self._configs.get(prefix)
            if known is not None and name in {f.name for f in fields(known)}:  # type: ignore[arg-type]
                changes.setdefault(prefix, {})[name] = p.value
        return {
            prefix: replace(self._configs[prefix], **values)  # type: ignore[type-var]
            for prefix, values in changes.items()
        }

    def _validate(self, params: list[Parameter]) -> SetParametersResult:
        try:
            check_cameras({**self._configs, **self._merged(params)})
        except (TypeError, ValueError) as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _apply(self, params: list[Parameter]) -> None:
        self._configs.update(self._merged(params))
        self._applied()
