"""The launch files as ``ros2 launch`` runs them: needs launch_ros and a sourced workspace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import runpy
import shutil
import signal
import subprocess
import time
from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.launch
pytest.importorskip('launch_ros', reason='launch_ros is not installed: no ROS 2 from packages')
rclpy = pytest.importorskip('rclpy', reason='rclpy is not installed')

from ament_index_python.packages import (  # noqa: E402  after the skips
    get_package_share_directory,
    PackageNotFoundError,
)
from data import require_data  # noqa: E402
from launch import LaunchContext  # noqa: E402
from launch.launch_description_sources import (  # noqa: E402
    get_launch_description_from_python_launch_file,
)
from lifecycle_msgs.srv import GetState  # noqa: E402
from memory_msgs.msg import Status  # noqa: E402
from memory_msgs.srv import Retrieve  # noqa: E402
from rclpy.node import Node  # noqa: E402

from memory_node import Memory  # noqa: E402
from memory_sim.ros.processes import free_domain_id  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
LAUNCH_FILES = sorted((ROOT / 'launch').glob('*.launch.py'))
PATIENCE_S = 120.0


@pytest.fixture(scope='module', autouse=True)
def workspace() -> None:
    """Skip where the package is not built by colcon and sourced."""
    try:
        get_package_share_directory('memory_node')
    except PackageNotFoundError:
        pytest.skip('memory_node is not in the ament index: colcon build, then source install/')
    if shutil.which('ros2') is None:
        pytest.skip('the command ros2 is not installed')


@pytest.mark.parametrize('path', LAUNCH_FILES, ids=lambda p: p.name)
def test_every_argument_is_described(path):
    description = get_launch_description_from_python_launch_file(str(path))
    arguments = description.get_launch_arguments()
    nodes = path.name != 'bench.launch.py'
    assert ('namespace' in {a.name for a in arguments}) == nodes
    assert not [a.name for a in arguments if a.description == 'no description given']


def test_pictures_get_room_in_fast_dds_unless_a_profile_was_chosen():
    made = runpy.run_path(str(ROOT / 'launch' / 'memory.launch.py'))['fast_dds_profile']
    assert len(made(SimpleNamespace(environment={}))) == 1
    assert made(SimpleNamespace(environment={'FASTRTPS_DEFAULT_PROFILES_FILE': 'mine'})) == []


def test_an_argument_that_is_nearly_one_of_ours_is_told():
    context = LaunchContext()
    given = {'memory_pth': 'x', 'front_imaje': 'x', 'controller': 'x', 'cameras': 'front'}
    context.launch_configurations.update(given)
    told = runpy.run_path(str(ROOT / 'launch' / 'memory.launch.py'))['misspelt'](context)
    lines = [''.join(part.text for part in action.msg) for action in told]
    assert lines == [
        'argument front_imaje is not known and does nothing: front_image?',
        'argument memory_pth is not known and does nothing: memory_path?',
    ]


@contextmanager
def launched(log: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``ros2 launch memory_node`` in its own process group; end it with SIGINT."""
    env = dict(os.environ, PYTHONUNBUFFERED='1')
    with log.open('wb') as stream:
        process = subprocess.Popen(
            ['ros2', 'launch', 'memory_node', *arguments],
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=env,
        )
    try:
        yield process
    except AssertionError as error:
        raise AssertionError(f'{error}\n{log.read_text(errors="replace")[-4000:]}') from error
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise


@pytest.fixture
def client_node(monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    """Give a node on a domain of its own, which launched processes inherit."""
    domain = free_domain_id()
    monkeypatch.setenv('ROS_DOMAIN_ID', str(domain))
    monkeypatch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    rclpy.init(domain_id=domain)
    node = rclpy.create_node('launch_test')
    yield node
    node.destroy_node()
    rclpy.try_shutdown()


def _call(node, kind, name, request, until):
    """Repeat a request until its answer is the one waited for."""
    client = node.create_client(kind, name)
    deadline = time.monotonic() + PATIENCE_S
    answer = None
    while time.monotonic() < deadline:
        if not client.wait_for_service(timeout_sec=0.5):
            continue
        future = client.call_async(request)
        rclpy.spin_until_future_complete(node, future, timeout_sec=20.0)
        answer = future.result() if future.done() else None
        if answer is not None and until(answer):
            return answer
    raise AssertionError(f'{name}: no such answer, last was {answer}')


def _wait_active(node, name):
    return _call(
        node,
        GetState,
        f'{name}/get_state',
        GetState.Request(),
        lambda answer: answer.current_state.label == 'active',
    )


def test_memory_reaches_active_and_answers(client_node, tmp_path):
    path = tmp_path / 'memory.sqlite'
    arguments = ('memory.launch.py', 'namespace:=robot', f'memory_path:={path}')
    with launched(tmp_path / 'launch.log', *arguments) as process:
        _wait_active(client_node, '/robot/memory')
        request = Retrieve.Request(text='where is the table?')
        answer = _call(client_node, Retrieve, '/robot/memory/retrieve', request, bool)
        assert answer.status.code == Status.EMPTY_MEMORY
    assert process.returncode == 0
    assert path.is_file()


def test_simulation_fills_a_memory(client_node, tmp_path):
    arguments = ('simulation.launch.py', 'seed:=3', 'real_time_factor:=0.0')
    path = f'memory_path:={tmp_path / "memory.sqlite"}'
    with launched(tmp_path / 'launch.log', *arguments, path) as process:
        _wait_active(client_node, '/memory')
        request = Retrieve.Request(text='a place to sit')
        answer = _call(client_node, Retrieve, '/memory/retrieve', request, lambda r: r.places)
        assert answer.status.code == Status.OK
    assert process.returncode == 0


def test_the_benchmark_runs_and_reports(tmp_path):
    config = tmp_path / 'run.yaml'
    config.write_text('worlds: {apartment: 1}\nmethods: [oracle]\nquestions: 6\nbudget_m: 10\n')
    given = {'config': config, 'out': tmp_path / 'out', 'jobs': 1}
    arguments = ['bench.launch.py', *(f'{name}:={value}' for name, value in given.items())]
    with launched(tmp_path / 'launch.log', *arguments) as process:
        process.wait(PATIENCE_S)
        assert process.returncode == 0
    assert (tmp_path / 'out' / 'report.html').is_file()


def test_replay_remembers_a_recording_and_ends(client_node, tmp_path):
    bag, yolox = require_data('kitchen_rgbd') / 'kitchen', require_data('yolox_nano')
    path = tmp_path / 'memory.sqlite'
    given = {
        'bag': bag,
        'rate': 0.0,
        'memory_path': path,
        'captioner': 'yolox',
        'model_path': next(yolox.glob('*.onnx')),
        'classes_path': next(yolox.glob('*.txt')),
        'exit_when_done': 'true',
    }
    arguments = ['replay.launch.py', *(f'{name}:={value}' for name, value in given.items())]
    with launched(tmp_path / 'launch.log', *arguments) as process:
        process.wait(PATIENCE_S)
        assert process.returncode == 0
    with Memory.open(path, read_only=True) as memory:
        labels = {s.label for o in memory.observations() for s in o.sightings}
    assert 'dining table' in labels
