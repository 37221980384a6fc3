"""What is written twice, because colcon, pip and ROS each want their own file, is kept equal."""

from __future__ import annotations

import ast
import json
from pathlib import Path
import re
import runpy
import subprocess
import sys
from xml.etree import ElementTree

import pytest
import yaml

from memory_node.core import errors
from memory_node.interchange.layouts import layout, LAYOUTS
from memory_node.ros.settings import GROUPS, parameters
from memory_sim.engines.base import CameraModel

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = ('.msg', '.srv', '.action')
INTERFACES = sorted(p for p in (ROOT / 'msgs').rglob('*') if p.suffix in SUFFIXES)
LAUNCH_FILES = sorted((ROOT / 'launch').glob('*.launch.py'))
PARAMETER_FILES = sorted((ROOT / 'config').glob('*.yaml'))


def _version(package_xml: Path) -> str:
    version = ElementTree.parse(package_xml).getroot().findtext('version')
    assert version is not None
    return version


def test_one_version_everywhere():
    version = _version(ROOT / 'package.xml')
    assert _version(ROOT / 'msgs' / 'package.xml') == version
    setup = (ROOT / 'setup.py').read_text()
    assert re.search(r"version='([^']+)'", setup)[1] == version
    newest = re.search(r'^(\d+\.\d+\.\d+) \(', (ROOT / 'CHANGELOG.rst').read_text(), re.MULTILINE)
    assert newest[1] == version


def test_parameter_files_follow_the_settings():
    command = [sys.executable, ROOT / 'scripts' / 'generate_parameters.py', '--check']
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f'{done.stdout}{done.stderr}run `make generate`'


def _flat(tree: dict[str, object], prefix: str = '') -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat |= _flat(value, f'{prefix}{key}.')
        else:
            flat[prefix + key] = value
    return flat


@pytest.mark.parametrize('path', PARAMETER_FILES, ids=lambda p: p.name)
def test_every_parameter_file_is_accepted(path):
    tree = yaml.safe_load(path.read_text())
    given = _flat(tree['/**']['ros__parameters'])
    unknown = set(given) - {name for name, _ in parameters()}
    assert not unknown
    parts = {name.rpartition('.'): value for name, value in given.items()}
    for prefix, config_type in GROUPS.items():
        config_type(**{short: v for (group, _, short), v in parts.items() if group == prefix})


def test_memory_yaml_lists_every_parameter():
    tree = yaml.safe_load((ROOT / 'config' / 'memory.yaml').read_text())
    given = _flat(tree['/**']['ros__parameters'])
    defaults = {name: f.default for name, f in parameters()}
    assert given == {n: list(v) if isinstance(v, tuple) else v for n, v in defaults.items()}


def test_simulation_puts_the_camera_where_the_simulator_has_it():
    tree = yaml.safe_load((ROOT / 'config' / 'simulation.yaml').read_text())
    camera = tree['/**']['ros__parameters']['camera']
    model = CameraModel()
    assert camera == {'z': model.height_m, 'pitch': model.pitch_rad}


def test_status_constants_are_the_error_codes():
    text = (ROOT / 'msgs' / 'msg' / 'Status.msg').read_text()
    constants = {n: int(v) for n, v in re.findall(r'^uint16 ([A-Z_]+)=(\d+)', text, re.MULTILINE)}
    classes = [errors.MemoryNodeError]
    for cls in classes:
        classes.extend(cls.__subclasses__())
    own = [c for c in classes if c.__module__ == errors.__name__]
    assert constants.pop('OK') == 0
    assert constants == {c.name: c.code for c in own}


def _undocumented(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if line.strip() not in ('', '---')]
    return [line for line in lines if '#' not in line]


@pytest.mark.parametrize('path', INTERFACES, ids=lambda p: p.name)
def test_every_field_says_what_it_is(path):
    text = path.read_text()
    assert text.startswith('#'), 'an interface starts with what it is for'
    assert not _undocumented(text)


def test_every_interface_is_built():
    text = (ROOT / 'msgs' / 'CMakeLists.txt').read_text()
    listed = set(re.findall(r'^\s+((?:msg|srv|action)/\w+\.\w+)$', text, re.MULTILINE))
    assert listed == {p.relative_to(ROOT / 'msgs').as_posix() for p in INTERFACES}


def test_installed_interfaces_are_those_of_the_sources():
    pytest.importorskip('memory_msgs', reason='memory_msgs is not built; run make setup')
    from memory_msgs.msg import Status

    assert errors.StoreAccessError.code == Status.STORE_ACCESS


@pytest.mark.parametrize('path', LAUNCH_FILES, ids=lambda p: p.name)
def test_launch_file_compiles_and_describes(path):
    tree = ast.parse(path.read_text(), str(path))
    functions = [n.name for n in tree.body if isinstance(n, ast.FunctionDef)]
    assert 'generate_launch_description' in functions
    assert ast.get_docstring(tree)


def test_launch_arguments_override_parameters_that_there_are():
    tree = ast.parse((ROOT / 'launch' / 'memory.launch.py').read_text())
    (overrides,) = (
        ast.literal_eval(n.value)
        for n in tree.body
        if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == 'OVERRIDES'
    )
    assert set(overrides.values()) <= {name for name, _ in parameters()}
    declared = {
        n.args[0].value
        for n in ast.walk(tree)
        if isinstance(n, ast.Call)
        and ast.unparse(n.func) == 'DeclareLaunchArgument'
        and isinstance(n.args[0], ast.Constant)
    }
    assert set(overrides) <= declared


def test_every_launched_executable_is_installed():
    setup = (ROOT / 'setup.py').read_text()
    installed = dict(re.findall(r"'([\w-]+) = ([\w.]+:\w+)'", setup))
    used = set()
    for path in LAUNCH_FILES:
        used |= set(re.findall(r"executable='([\w-]+)'", path.read_text()))
    assert used - {'rviz2'} <= set(installed)
    for target in installed.values():
        module, _, function = target.partition(':')
        source = ROOT / ('sim' if module.startswith(('memory_sim', 'memory_bench')) else '')
        tree = ast.parse((source / f'{module.replace(".", "/")}.py').read_text())
        assert function in {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}


def test_setup_lists_every_package_and_data_file(tmp_path, monkeypatch):
    import setuptools

    given = {}
    monkeypatch.setattr(setuptools, 'setup', lambda **kw: given.update(kw))
    monkeypatch.chdir(ROOT)
    runpy.run_path('setup.py')
    expected = {
        path.parent.relative_to(ROOT / base).as_posix().replace('/', '.')
        for base, package in (('.', 'memory_node'), ('sim', 'memory_sim'), ('sim', 'memory_bench'))
        for path in (ROOT / base / package).rglob('__init__.py')
    }
    assert set(given['packages']) == expected
    files = {f for _, names in given['data_files'] for f in names}
    assert {'config/memory.yaml', 'launch/memory.launch.py', 'package.xml'} <= files
    assert {'launch/bench.launch.py', 'config/bench/full.yaml'} <= files


def test_extras_are_pinned_as_in_the_requirements(monkeypatch):
    import setuptools

    given = {}
    monkeypatch.setattr(setuptools, 'setup', lambda **kw: given.update(kw))
    monkeypatch.chdir(ROOT)
    runpy.run_path('setup.py')
    pinned = {
        line.partition('#')[0].strip()
        for path in (ROOT / 'requirements').glob('*.txt')
        for line in path.read_text().splitlines()
    }
    extras = given['extras_require']
    assert {*extras['embedded_llm'], *extras['metrics'], *extras['ray']} <= pinned


def test_layouts_parse():
    made = json.loads(layout('foxglove'))
    text = json.dumps(made['layout'])
    assert all(panel in text for panel in made['configById'])
    assert yaml.safe_load(layout('rviz'))['Visualization Manager']


def _topics(text):
    return set(re.findall(r'/[\w/]+', text))


@pytest.mark.parametrize('kind', LAYOUTS)
def test_layouts_follow_namespace_remapping_cameras_and_frame(kind):
    plain = layout(kind)
    assert {'/memory/markers', '/image', '/odom', '/map', '/goal_pose'} <= _topics(plain)
    made = layout(
        kind,
        namespace='/robot',
        map_frame='world',
        cameras=('front', 'rear'),
        topics={'rear/image': '/back/color', 'odom': 'wheels/odometry'},
    )
    assert '@' not in plain + made
    assert 'world' in made
    shown = {'/robot/memory/markers', '/robot/front/image', '/back/color', '/robot/goal_pose'}
    assert shown | {'/robot/wheels/odometry'} <= _topics(made)
    assert not {'/memory/markers', '/image', '/robot/image', '/odom'} & _topics(made)
    parsed = json.loads(made) if kind == 'foxglove' else yaml.safe_load(made)
    assert parsed


#: What a package is called that brings a module of another name.
BRINGS = {'cv2': 'python3-opencv', 'yaml': 'python3-yaml'}
#: Modules that only some settings, or building the encoder, ask for, and one that rclpy brings.
OPTIONAL = {
    *('PIL', 'onnx', 'sentence_transformers', 'torch', 'transformers', 'xllamacpp'),
    *('nav2_msgs', 'backports', 'compression'),
    'action_msgs',
    'prometheus_client',
    'rapidocr',
}


def test_a_robot_gets_every_module_that_is_imported():
    tree = ElementTree.parse(ROOT / 'package.xml').getroot()
    there = {node.text.strip() for node in tree.findall('exec_depend')}
    lines = (ROOT / 'requirements' / 'robot.txt').read_text().splitlines()
    there |= {re.split('[<=>]', line)[0] for line in lines if line and line[0] != '#'}
    lacking = {}
    for path in (ROOT / 'memory_node').rglob('*.py'):
        for name in _imported(ast.parse(path.read_text())):
            named = {name, f'python3-{name}', BRINGS.get(name, name)}
            own = name == 'memory_node' or name in sys.stdlib_module_names
            if not own and name not in OPTIONAL and not named & there:
                lacking[name] = str(path.relative_to(ROOT))
    assert lacking == {}


def _imported(tree: ast.Module) -> set[str]:
    """Return the packages that a module imports, wherever it does."""
    named = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
    named += [
        n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module is not None
    ]
    return {name.partition('.')[0] for name in named}


def test_commands_are_found_where_the_workspace_is_sourced():
    told = yaml.safe_load((ROOT / 'colcon.pkg').read_text())['hooks']
    assert told == ['share/memory_node/hook/commands.dsv']
    kind, variable, folder = (ROOT / 'resource/hook/commands.dsv').read_text().strip().split(';')
    assert (kind, variable) == ('prepend-non-duplicate', 'PATH')
    assert f'install_scripts=$base/{folder}' in (ROOT / 'setup.cfg').read_text()
