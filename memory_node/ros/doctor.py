"""
Looks at a running system as the memory node sees it, for ``memory doctor``.

It runs in a process of its own and writes one finding a line, as JSON. No look waits without end.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from functools import partial
from importlib import import_module
import os
import sys
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.srv import GetState
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import GetParameters
import rclpy
from rclpy.node import Node
import rclpy.utilities

from memory_node.core.perception.frame_tree import FrameTree
from memory_node.core.perception.messages import transforms_from_msg
from memory_node.interchange.endpoint_findings import endpoint_findings, ENDPOINT_SETTINGS
from memory_node.interchange.findings import BAD, Finding, HINT, OK
from memory_node.ros import qos
from memory_node.ros.doctor_cameras import by_camera, camera_settings, frame_findings
from memory_node.ros.doctor_qos import qos_findings
from memory_node.ros.hearing import Ear, PICTURES
from memory_node.ros.middleware import environment
from memory_node.ros.pose_source import has_tf_messages

__all__ = ['main']

#: Longest wait for one answer of a service [s].
_ANSWER_S = 3.0
#: How long DDS is given to find everybody, and how long nobody new has to come for that [s].
_DISCOVERY_S, _QUIET_S = 10.0, 2.0
_ASKED = (
    'retrieval.top_k',
    'use_sim_time',
    'pose_source',
    'map_frame',
    'base_frame',
    'cameras',
    *ENDPOINT_SETTINGS,
)
_DETECTIONS = (
    'memory_msgs/msg/DetectionArray',
    'vision_msgs/msg/Detection2DArray',
    'vision_msgs/msg/Detection3DArray',
)
#: Types of topics one of which has to come, by captioner; a captioner in the node needs pictures.
_TRIGGERS = {'detections': _DETECTIONS, 'caption': ('memory_msgs/msg/Caption',)}
_ODOMETRY = ('nav_msgs/msg/Odometry',)
#: Topics that begin with a header and come at a rate.
_STAMPED = (*PICTURES, *_DETECTIONS, *_ODOMETRY, 'memory_msgs/msg/Caption')


class Doctor:
    """Looks at one domain with a node of its own."""

    def __init__(self, node: Node, wait_s: float) -> None:
        self._node, self._wait_s = node, wait_s
        self.tree = FrameTree()
        self._diagnoses: dict[str, tuple[int, str]] = {}

    def findings(self) -> Iterator[Finding]:
        """Look at everything; yields as it goes."""
        yield from environment()
        patients = self._patients()
        if not patients:
            where = os.environ.get('ROS_DOMAIN_ID', '0')
            yield Finding(
                level=BAD,
                about='memory node',
                found=f'none is heard in domain {where} within {_DISCOVERY_S:g} s',
                mend='ros2 launch memory_node memory.launch.py; ROS_DOMAIN_ID, ROS_LOCALHOST_ONLY,'
                ' ROS_AUTOMATIC_DISCOVERY_RANGE and RMW_IMPLEMENTATION have to be the same',
            )
        self._node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnoses, 10)
        self._hear_tf()
        heard: dict[str, dict[str, Ear]] = {name: {} for name in patients}
        deadline = time.monotonic() + self._wait_s
        while patients and time.monotonic() < deadline:
            for name, ears in heard.items():  # a publisher may be found while it is listened
                self._listen(name, ears)
            self._spin(min(0.5, self._wait_s))
        for name, settings in patients.items():
            yield from self._examine(name, settings, heard[name])

    def _examine(
        self, name: str, settings: dict[str, Any], ears: dict[str, Ear]
    ) -> Iterator[Finding]:
        yield from self._state(name)
        topics = self._topics(name)
        for topic, kind in topics.items():
            yield from qos_findings(self._node, name, topic, kind)
        needed = _TRIGGERS.get(settings['perception.captioner'], PICTURES)
        telling = [topic for topic, kind in topics.items() if kind in needed]
        own = by_camera(telling, settings['cameras'])
        for camera, wanted in own.items():
            what = f'nothing that {camera} sees' if camera else 'nothing'
            yield from self._needed(wanted, f'so {what} is remembered')
            if camera and not wanted:
                yield _untold(name, camera)
        if settings['pose_source'] == 'odom':
            odometry = [topic for topic, kind in topics.items() if kind in _ODOMETRY]
            yield from self._needed(odometry, 'so nothing has a pose')
        simulated = bool(settings['use_sim_time'])
        if simulated and not self._node.count_publishers('/clock'):
            yield Finding(
                level=BAD,
                about=name,
                found='use_sim_time is true and nobody publishes /clock: its time stands still',
                mend='play the bag with --clock, or set use_sim_time to false',
            )
        silent = {
            topic
            for wanted in own.values()
            if not any(ears[topic].stamps for topic in wanted if topic in ears)
            for topic in wanted
        }
        for topic, ear in ears.items():
            yield from ear.findings(simulated=simulated, needed=topic in silent)
        yield from frame_findings(self.tree, name, settings, ears)
        yield from endpoint_findings(settings)
        level, message = self._diagnoses.get(name, (0, ''))
        if level:
            yield Finding(level=HINT, about=name, found=f'it says of itself: {message}')

    # Who is there

    def _patients(self) -> dict[str, dict[str, Any]]:
        """Return the memory nodes with their settings, once one is heard or time is over."""
        deadline = time.monotonic() + _DISCOVERY_S
        found: dict[str, dict[str, Any]] = {}
        others: set[str] = set()
        while not found and time.monotonic() < deadline:
            self._spin(0.2)
            self._look_around(found, others)
        if found:
            self._settle()
            self._look_around(found, others)
        return found

    def _look_around(self, found: dict[str, dict[str, Any]], others: set[str]) -> None:
        """Sort the lifecycle nodes that are new; one that does not answer is asked again."""
        for service, kinds in self._node.get_service_names_and_types():
            name = service.removesuffix('/get_state')
            if 'lifecycle_msgs/srv/GetState' not in kinds or name in found or name in others:
                continue
            values = self._parameters(name, _ASKED)
            if values is None:
                continue
            if len(values) == len(_ASKED) and values['retrieval.top_k']:
                places = self._parameters(name, camera_settings(values['cameras']))
                found[name] = values | (places or {})
            else:
                others.add(name)

    def _parameters(self, name: str, wanted: Sequence[str]) -> dict[str, Any] | None:
        """Return parameters of a node; None where it does not answer."""
        request = GetParameters.Request(names=list(wanted))
        answer = self._call(GetParameters, f'{name}/get_parameters', request)
        if answer is None:
            return None
        return {n: _value(v) for n, v in zip(wanted, answer.values, strict=False)}

    def _state(self, name: str) -> Iterator[Finding]:
        answer = self._call(GetState, f'{name}/get_state', GetState.Request())
        state = answer.current_state.label if answer is not None else 'not known: no answer'
        if state == 'active':
            yield Finding(level=OK, about=name, found='active')
        else:
            mend = {'inactive': 'activate', 'unconfigured': 'configure'}.get(state, 'get')
            yield Finding(
                level=BAD,
                about=name,
                found=f'its lifecycle state is {state}: it neither listens nor answers',
                mend=f'ros2 lifecycle set {name} {mend}; its log says why where it does not',
            )

    # Topics

    def _topics(self, name: str) -> dict[str, str]:
        """Return the topics that a node is subscribed to, with the type it wants."""
        space, _, base = name.rpartition('/')
        try:
            listed = self._node.get_subscriber_names_and_types_by_node(base, space or '/')
        except Exception:  # noqa: BLE001  NodeNameNonExistentError: it left meanwhile
            return {}
        return {topic: kinds[0] for topic, kinds in listed if kinds}

    def _listen(self, name: str, ears: dict[str, Ear]) -> None:
        for topic, kind in self._topics(name).items():
            if topic not in ears and kind in _STAMPED and self._node.count_publishers(topic):
                ears[topic] = Ear(self._node, topic, _message(kind), kind)

    def _needed(self, wanted: Sequence[str], so: str) -> Iterator[Finding]:
        """Tell where none of some topics has a publisher."""
        if wanted and not any(map(self._node.count_publishers, wanted)):
            yield Finding(
                level=BAD,
                about=' or '.join(wanted),
                found=f'nobody publishes it, {so}',
                mend='start its publisher, or remap the topic (ros2 topic list, launch arguments)',
            )

    # Frames

    def _hear_tf(self) -> None:
        if not has_tf_messages():
            return
        from tf2_msgs.msg import TFMessage

        for topic, profile in (('/tf_static', qos.TF_STATIC), ('/tf', qos.TF)):
            self._node.create_subscription(
                TFMessage, topic, partial(self._on_transforms, topic == '/tf_static'), profile
            )

    def _on_transforms(self, fixed: bool, msg: Any) -> None:
        for parent, child, pose, at_ns in transforms_from_msg(msg, lambda reason: None):
            self.tree.add(parent, child, pose, None if fixed else at_ns)

    # Waiting

    def _on_diagnoses(self, msg: DiagnosticArray) -> None:
        for status in msg.status:
            if status.name.endswith(': memory'):
                name = status.name.removesuffix(': memory')
                self._diagnoses[name] = (int.from_bytes(status.level, 'little'), status.message)

    def _settle(self) -> None:
        """Wait until nothing new was discovered for a while, or long enough."""
        deadline = time.monotonic() + _DISCOVERY_S
        known, since = -1, time.monotonic()
        while time.monotonic() < deadline and time.monotonic() - since < _QUIET_S:
            self._spin(0.2)
            topics = [name for name, _ in self._node.get_topic_names_and_types()]
            count = self._node.count_publishers
            now = sum(count(t) + self._node.count_subscribers(t) for t in topics)
            if now != known:
                known, since = now, time.monotonic()

    def _spin(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0.0:
            rclpy.spin_once(self._node, timeout_sec=left)

    def _call(self, kind: Any, name: str, request: Any) -> Any:
        client = self._node.create_client(kind, name)
        try:
            if not client.wait_for_service(timeout_sec=_ANSWER_S):
                return None
            for _ in range(2):  # the first may be lost while DDS joins the two
                future = client.call_async(request)
                rclpy.spin_until_future_complete(self._node, future, timeout_sec=_ANSWER_S)
                if future.done():
                    return future.result()
            return None
        finally:
            self._node.destroy_client(client)


def _untold(name: str, camera: str) -> Finding:
    return Finding(
        level=HINT,
        about=name,
        found=f'no topic that it listens to has the name of camera {camera!r} among its parts, so'
        ' what comes from it is not looked at',
        mend='see the log of the node, which names topics on which nothing comes',
    )


def _message(name: str) -> type:
    """Return the class of a type such as ``sensor_msgs/msg/Image``."""
    package, _, base = name.split('/')
    kind: type = getattr(import_module(f'{package}.msg'), base)
    return kind


def _value(value: Any) -> Any:
    kinds = {
        ParameterType.PARAMETER_BOOL: value.bool_value,
        ParameterType.PARAMETER_INTEGER: value.integer_value,
        ParameterType.PARAMETER_DOUBLE: value.double_value,
        ParameterType.PARAMETER_STRING_ARRAY: list(value.string_array_value),
    }
    return kinds.get(value.type, value.string_value)


def main() -> int:
    """Look, and write what is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--wait', type=float, default=5.0, help='seconds to listen')
    args = parser.parse_args()
    rclpy.init(args=[])
    node = rclpy.create_node('memory_doctor')
    try:
        for finding in Doctor(node, args.wait).findings():
            sys.stdout.write(finding.json() + '\n')
            sys.stdout.flush()
    finally:
        node.destroy_node()
        rclpy.utilities.try_shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
