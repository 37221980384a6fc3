"""
The node under a camera: what it receives, keeps and loses, and what questions cost meanwhile.

Starts the node, a robot (30 Hz 640x480 RGB-D with detections, 50 Hz odometry) and asks through
DDS, each in a process of its own. The robot drives once while nobody asks, and once while somebody
asks without end. Prints a table; ``--unasked`` ends after the first drive.

    python test/bench/ros_node.py --seconds 30
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
import math
import os
from pathlib import Path
import subprocess
import sys
import tempfile
import time
from typing import Any

import numpy as np

OBSERVATIONS = 3000
LABELS = [
    'chair',
    'sofa',
    'bed',
    'table',
    'lamp',
    'sink',
    'stove',
    'refrigerator',
    'toilet',
    'mirror',
    'bookshelf',
    'television',
    'plant',
    'desk',
    'monitor',
    'printer',
    'washing_machine',
    'bathtub',
    'cupboard',
    'door',
    'window',
    'painting',
    'rug',
    'clock',
    'vase',
]
WIDTH, HEIGHT = 640, 480


def fill(path: Path) -> None:
    """Give the memory something to search in."""
    from memory_node import Memory
    from memory_node.core.data import Observation, Pose, Sighting

    rng = np.random.default_rng(0)
    with Memory.open(path) as memory:
        memory.add_many(
            Observation(
                id=f'before-{i}',
                stamp_ns=i * 10**9,
                pose=Pose.from_yaw((100.0 + i % 60, i // 60, 0.0), 0.0),
                caption=' and '.join(labels := list(rng.choice(LABELS, 3, replace=False))),
                sightings=tuple(Sighting(label=label) for label in labels),
            )
            for i in range(OBSERVATIONS)
        )
        memory.wait_indexed()
        memory.wait_areas()
        memory.save()


def drive(seconds: float, camera_hz: float, odometry_hz: float) -> None:
    """Be the robot: publish on a schedule and print how much was sent."""
    from memory_node.ros.qos import prefer_shared_memory

    prefer_shared_memory()
    from memory_msgs.msg import Detection, DetectionArray
    from nav_msgs.msg import Odometry
    import rclpy
    from rclpy.qos import qos_profile_sensor_data as sensor
    from sensor_msgs.msg import CameraInfo, Image

    rclpy.init()
    node = rclpy.create_node('robot')
    kinds = {
        'image': Image,
        'depth': Image,
        'camera_info': CameraInfo,
        'detections': DetectionArray,
        'odom': Odometry,
    }
    out = {topic: node.create_publisher(kind, topic, sensor) for topic, kind in kinds.items()}
    while not all(p.get_subscription_count() for p in out.values()):
        time.sleep(0.05)
    rng = np.random.default_rng(0)
    views = [rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8).tobytes() for _ in range(4)]
    depth = np.full((HEIGHT, WIDTH), 2000, np.uint16).tobytes()
    k = [500.0, 0.0, 319.5, 0.0, 500.0, 239.5, 0.0, 0.0, 1.0]
    began = time.monotonic()
    sent = dict.fromkeys(out, 0)
    late_s = 0.0

    def publish(topic: str, message: Any, stamp: Any) -> None:
        message.header.stamp = stamp
        message.header.frame_id = 'camera'
        out[topic].publish(message)
        sent[topic] += 1

    while (elapsed := time.monotonic() - began) < seconds:
        stamp = node.get_clock().now().to_msg()
        if elapsed * odometry_hz >= sent['odom']:
            late_s = max(late_s, elapsed - sent['odom'] / odometry_hz)
            angle = elapsed * 0.5 / 5.0  # a circle of 5 m at 0.5 m/s
            message = Odometry()
            p, q = message.pose.pose.position, message.pose.pose.orientation
            p.x, p.y = 5.0 * math.cos(angle), 5.0 * math.sin(angle)
            yaw = angle + math.pi / 2
            q.z, q.w = math.sin(yaw / 2), math.cos(yaw / 2)
            publish('odom', message, stamp)
        if elapsed * camera_hz >= sent['image']:
            i = sent['image']
            view = {'width': WIDTH, 'height': HEIGHT}
            publish('camera_info', CameraInfo(k=k, **view), stamp)
            rgb = Image(encoding='rgb8', step=3 * WIDTH, **view)
            rgb.data = views[i // 90 % 4]
            publish('image', rgb, stamp)
            raw = Image(encoding='16UC1', step=2 * WIDTH, **view)
            raw.data = depth
            publish('depth', raw, stamp)
            box = {'left': 200.0, 'right': 400.0, 'top': 150.0, 'bottom': 350.0}
            seen = [
                Detection(label=LABELS[(i // 30 + j) % len(LABELS)], confidence=0.9, **box)
                for j in range(4)
            ]
            publish('detections', DetectionArray(detections=seen), stamp)
        due = min(sent['odom'] / odometry_hz, sent['image'] / camera_hz)
        time.sleep(max(0.0, due - (time.monotonic() - began)))
    sys.stdout.write(f'{sent["image"]} {sent["odom"]} {late_s:.3f}\n')
    sys.stdout.flush()
    time.sleep(1.0)


class Asker:
    """Asks questions one after the other and keeps their latencies."""

    def __init__(self) -> None:
        from memory_msgs.msg import Statistics
        from memory_msgs.srv import Retrieve
        import rclpy

        self.rclpy, self.Retrieve = rclpy, Retrieve
        rclpy.init()
        self.node = rclpy.create_node('asker')
        self.client = self.node.create_client(Retrieve, 'memory/retrieve')
        self.statistics: Any = None
        self.node.create_subscription(Statistics, 'memory/statistics', self._keep, 10)
        self.rng = np.random.default_rng(1)

    def _keep(self, message: Any) -> None:
        self.statistics = message

    def spin(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.rclpy.spin_once(self.node, timeout_sec=left)

    def ask(self) -> tuple[float, float]:
        """Return (seconds through DDS, seconds in the core) of one new question."""
        words = self.rng.choice(LABELS, 3)
        text = f'where is the {words[0]} beside the {words[1]}, not the {words[2]}?'
        began = time.perf_counter()
        future = self.client.call_async(self.Retrieve.Request(text=text))
        while not future.done():
            self.rclpy.spin_once(self.node, timeout_sec=10.0)
        took = time.perf_counter() - began
        answer = future.result()
        assert answer.status.code == 0, answer.status.message
        return took, answer.query_time.sec + 1e-9 * answer.query_time.nanosec

    def measure(self, ended: Any, pause_s: float = 0.05) -> np.ndarray:
        """Ask until ``ended()``; return (N, 2) seconds."""
        rows = []
        while not ended():
            rows.append(self.ask())
            self.spin(pause_s)
        return np.array(rows)


def row(name: str, seconds: np.ndarray) -> str:
    whole, core = seconds[:, 0] * 1e3, seconds[:, 1] * 1e3
    p50, p95 = np.percentile(whole, (50, 95))
    return (
        f'| {name} | {len(seconds)} | {p50:.1f} | {p95:.1f} | {np.median(core):.1f} |'
        f' {np.median(whole - core):.1f} |'
    )


def cpu_seconds(pid: int) -> float:
    """Return user and system time of a process."""
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=float, default=30.0)
    parser.add_argument('--camera-hz', type=float, default=30.0)
    parser.add_argument('--odometry-hz', type=float, default=50.0)
    parser.add_argument('--role', choices=('all', 'robot'), default='all')
    parser.add_argument('--unasked', action='store_true')
    options = parser.parse_args()
    if options.role == 'robot':
        drive(options.seconds, options.camera_hz, options.odometry_hz)
        return
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    os.environ.setdefault('ROS_DOMAIN_ID', '39')
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'memory.sqlite'
        fill(path)
        run(path, options)


def run(path: Path, options: argparse.Namespace) -> None:
    command = [sys.executable, '-m', 'memory_node.ros.main', '--ros-args']
    node = subprocess.Popen([*command, '-p', 'autostart:=true', '-p', f'memory_path:={path}'])
    try:
        asker = Asker()
        assert asker.client.wait_for_service(60.0)
        while asker.statistics is None:
            asker.spin(0.1)
        for _ in range(20):
            asker.ask()
        report('no questions', *drive_by(options, node, asker, lambda: asker.spin(0.2)))
        if options.unasked:
            return
        until = time.monotonic() + min(20.0, options.seconds)
        idle = asker.measure(lambda: time.monotonic() > until)
        rows: list[tuple[float, float]] = []
        report('questions', *drive_by(options, node, asker, lambda: rows.append(asker.ask())))
        busy = np.array(rows)
        print('| `~/retrieve` | calls | p50 ms | p95 ms | core p50 ms | DDS p50 ms |')
        print('|---|---|---|---|---|---|')
        print(row('idle', idle))
        print(row('while ingesting', busy))
        ratio = np.percentile(busy[:, 0], 95) / np.percentile(idle[:, 0], 95)
        print(f'\np95 while ingesting / idle: {ratio:.2f}; load {os.getloadavg()[0]:.1f}')
    finally:
        node.terminate()
        node.wait(30)


def drive_by(
    options: argparse.Namespace, node: Any, asker: Asker, meanwhile: Callable[[], object]
) -> tuple[Any, ...]:
    """Have the robot drive; return counts, what it sent, how late it was, and CPU seconds."""
    arguments = [sys.executable, __file__, '--role', 'robot', '--seconds', options.seconds]
    arguments += ['--camera-hz', options.camera_hz, '--odometry-hz', options.odometry_hz]
    before = asker.statistics
    robot = subprocess.Popen([str(a) for a in arguments], stdout=subprocess.PIPE, text=True)
    while asker.statistics.images_received == before.images_received:
        asker.spin(0.05)
    cpu = cpu_seconds(node.pid)
    while robot.poll() is None:
        meanwhile()
        asker.spin(0.05)
    cpu = cpu_seconds(node.pid) - cpu
    asker.spin(3.0)
    images, odometry, late_s = robot.stdout.read().split()
    counts = {
        name: getattr(asker.statistics, name) - getattr(before, name)
        for name in (
            'images_received',
            'odometry_received',
            'keyframes',
            'frames_gated',
            'frames_dropped',
            'frames_unpaired',
        )
    }
    return counts, int(images), int(odometry), float(late_s), 100 * cpu / options.seconds


def report(
    what: str, counts: dict[str, int], images: int, odometry: int, late_s: float, cpu: float
) -> None:
    print(
        '| | sent images | received | sent odometry | received | keyframes | gated | dropped |'
        ' unpaired | CPU % of one core |'
    )
    print('|---|---|---|---|---|---|---|---|---|---|')
    received, heard, *rest = counts.values()
    others = ' | '.join(map(str, rest))
    print(f'| {what} | {images} | {received} | {odometry} | {heard} | {others} | {cpu:.0f} |\n')
    if late_s > 0.1:
        print(f'The robot itself was up to {late_s:.2f} s late: the machine is busy.\n')


if __name__ == '__main__':
    main()
