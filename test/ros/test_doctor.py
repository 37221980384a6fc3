"""``memory doctor`` beside real publishers: what is wrong is named with its mend."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from nav_msgs.msg import OccupancyGrid, Odometry
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

DOMAIN = 82
PARAMETERS = {
    'perception.captioner': 'detections',
    'language_model.model': 'm',
    'language_model.base_url': 'http://127.0.0.1:9/v1',  # nobody listens there
}


class Sick:
    """Publishers as people have them by mistake, in a namespace where a node listens."""

    def __init__(self, client) -> None:
        make = client.node.create_publisher
        self.client, self.count = client, 0
        self.pictures = make(Image, 'image', qos_profile_sensor_data)
        self.odometry = make(Odometry, 'odom', qos_profile_sensor_data)
        self.infos = make(CompressedImage, 'image/compressed', qos_profile_sensor_data)
        self.others = [
            make(OccupancyGrid, 'map', 10),  # volatile: who wants the last one hears nothing
            make(CameraInfo, 'depth/compressedDepth', 10),
        ]

    def publish(self) -> None:
        self.count += 1
        now = self.client.node.get_clock().now().nanoseconds
        # A third of a camera's pictures arrive.
        stamp = self.began + self.count * 100_000_000
        msg = Image(width=4, height=4, step=12, encoding='rgb8', data=bytes(48))
        for i in range(5 if self.count % 2 else 1):
            at = stamp + i * 20_000_000
            msg.header.stamp = Time(sec=at // 10**9, nanosec=at % 10**9)
            self.pictures.publish(msg)
        self.odometry.publish(Odometry())  # without a stamp
        ahead = now + 100 * 10**9
        packed = CompressedImage(format='jpeg', data=b'none')
        packed.header.stamp = Time(sec=ahead // 10**9, nanosec=ahead % 10**9)
        self.infos.publish(packed)

    @property
    def began(self) -> int:
        if not hasattr(self, '_began'):
            self._began = self.client.node.get_clock().now().nanoseconds - 3600 * 10**9
        return self._began


def doctor(client, each, *command, module='memory_node.ros.doctor'):
    """Let the doctor look while ``each`` is called; return status and findings."""
    environment = dict(os.environ, ROS_DOMAIN_ID=str(client.process.domain))
    process = subprocess.Popen(
        [sys.executable, '-m', module, *command], stdout=subprocess.PIPE, env=environment
    )

    def ended():
        each()
        client.executor.spin_once(timeout_sec=0.02)
        return process.poll() is not None

    client.until(ended, 'the doctor')
    lines = process.stdout.read().decode().splitlines()
    process.stdout.close()
    return process.returncode, [json.loads(line) for line in lines]


def named(findings, *words):
    """Return the one finding that says all of these."""
    found = [f for f in findings if all(w in f'{f["about"]} {f["found"]}' for w in words)]
    assert len(found) == 1, (words, findings)
    return found[0]


def test_a_system_that_works_has_nothing_bad_but_its_endpoint(client, robot, folder):
    store = folder / 'memory.sqlite'
    command = ('doctor', '--json', '--wait', '3', '--store', str(store))
    status, findings = doctor(
        client, lambda: robot.look('lamp'), *command, module='memory_node.cli.main'
    )
    (endpoint,) = [f for f in findings if f['level'] == 'bad']
    assert endpoint['about'] == 'm at language_model.base_url'
    assert 'ConnectionRefusedError' in endpoint['found']
    assert status == 1
    assert 'numpy' in named(findings, 'packages')['found']
    assert named(findings, 'encoder')['level'] == 'ok'
    assert 'observations' in named(findings, f'store {store}')['found']
    assert named(findings, 'middleware')['level'] == 'ok'
    name = f'{client.process.namespace}/memory'
    assert named(findings, name, 'active')['level'] == 'ok'
    assert 'Hz' in named(findings, f'{client.process.namespace}/image ', 'frame')['found']
    assert 'camera.x' in named(findings, "camera frame 'camera_optical'")['mend']


def test_what_is_wrong_is_named_with_its_mend(client, robot):
    told: list[DiagnosticArray] = []
    client.subscribe(DiagnosticArray, '/diagnostics', told)
    client.node.destroy_publisher(robot.publishers.pop('detections'))
    sick = Sick(client)
    status, findings = doctor(client, sick.publish, '--wait', '2')
    assert status == 0  # the command judges
    space, mine = client.process.namespace, findings
    lost = named(mine, f'{space}/image ', 'pictures are lost')
    assert 'fastdds_profile.xml' in lost['mend']
    assert 'stamp' in named(mine, f'{space}/odom', 'zero')['mend']
    assert 'chrony' in named(mine, f'{space}/image/compressed', 'in the future')['mend']
    heard = named(mine, f'{space}/map', 'not heard', 'olatile publisher')
    assert 'transient_local' in heard['mend']
    assert 'remap' in named(mine, 'depth/compressedDepth', 'CameraInfo', 'is wanted')['mend']
    named(mine, 'detections', 'nobody publishes it, so nothing is remembered')
    assert all(f['level'] == 'bad' for f in (lost, heard))

    def warned():
        sick.publish()
        messages = [s.message for m in told for s in m.status if s.name.startswith(space)]
        return any('pictures do not arrive' in m and 'FASTRTPS' in m for m in messages)

    client.until(warned, 'a diagnosis of the loss')


def test_a_node_that_is_not_active_is_told(client):
    assert client.transition('deactivate')
    _, findings = doctor(client, lambda: None, '--wait', '0.5')
    name = f'{client.process.namespace}/memory'
    assert f'ros2 lifecycle set {name} activate' in named(findings, name, 'inactive')['mend']
