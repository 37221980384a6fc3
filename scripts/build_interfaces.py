"""
Build interface packages into the virtual environment this Python runs in.

``memory_msgs`` is the project's own. The others have the names and fields that these packages have
in ROS 2, so that the tests can talk in them: the wheels for development lack them. Only for
machines without an installed ROS 2: a robot has those, and builds its own with colcon.
"""

from __future__ import annotations

import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import sysconfig

import numpy

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(sys.prefix)
#: Name of each package, and the folder that holds it.
PACKAGES = {
    'memory_msgs': ROOT / 'msgs',
    **{
        name: ROOT / 'scripts' / 'interfaces' / name
        for name in ('bond', 'map_msgs', 'nav2_msgs', 'tf2_msgs', 'vision_msgs')
    },
}


def patch_cmake_exports() -> int:
    """Replace two paths of the wheels' build host in their CMake files; return files changed."""
    replacements = (
        (r'/opt/python/cp3\d+-cp3\d+/include/python3\.\d+', sysconfig.get_paths()['include']),
        (
            r'/opt/python/cp3\d+-cp3\d+/lib/python3\.\d+/site-packages/numpy/_?core/include',
            numpy.get_include(),
        ),
    )
    changed = 0
    for path in sorted((VENV / 'share').rglob('*.cmake')):
        old = new = path.read_text(encoding='utf-8')
        for pattern, value in replacements:
            new = re.sub(pattern, value.replace('\\', r'\\'), new)
        if new != old:
            path.write_text(new, encoding='utf-8')
            changed += 1
    return changed


def remove_installed(package: str) -> None:
    """Remove what an earlier build installed: interfaces that are gone must not stay."""
    site = Path(sysconfig.get_paths()['purelib'])
    for folder in (site, VENV / 'share', VENV / 'include'):
        shutil.rmtree(folder / package, ignore_errors=True)
    for library in (VENV / 'lib').glob(f'lib{package}__*'):
        library.unlink()


def build(package: str) -> None:
    """Configure, build and install with CMake and Ninja; raise CalledProcessError on failure."""
    build_folder = ROOT / 'build' / f'{package}-{sys.implementation.cache_tag}'
    shutil.rmtree(build_folder, ignore_errors=True)  # the generators pick up files left behind
    cmake = str(VENV / 'bin' / 'cmake')
    env = dict(os.environ, AMENT_PREFIX_PATH=str(VENV))
    env['PATH'] = f'{VENV / "bin"}{os.pathsep}{env.get("PATH", "")}'
    configure = [cmake, '-G', 'Ninja', '-S', str(PACKAGES[package]), '-B', str(build_folder)]
    configure += [f'-DCMAKE_PREFIX_PATH={VENV}', f'-DCMAKE_INSTALL_PREFIX={VENV}']
    configure += [f'-DPython3_EXECUTABLE={VENV / "bin" / "python"}', '-DBUILD_TESTING=OFF']
    subprocess.run(configure, env=env, check=True)
    subprocess.run([cmake, '--build', str(build_folder)], env=env, check=True)
    remove_installed(package)
    subprocess.run([cmake, '--install', str(build_folder)], env=env, check=True)


if __name__ == '__main__':
    print(f'{patch_cmake_exports()} CMake files patched', flush=True)
    for name in PACKAGES:
        build(name)
