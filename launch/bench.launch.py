"""Compare memories on many worlds: ``memory-bench run``, which also writes the report."""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import ExecutableInPackage, FindPackageShare

SHARE = FindPackageShare('memory_node')

#: Configurations that come along, which may be given by name.
NAMED = ('small', 'full', 'rendered')

ARGUMENTS = [
    DeclareLaunchArgument(
        'config',
        default_value='small',
        description=f'Worlds, methods and questions: a YAML file, or {", ".join(NAMED)}.',
    ),
    DeclareLaunchArgument(
        'out',
        default_value='~/.ros/bench',
        description='Folder of records and report; a second launch goes on with what is there.',
    ),
    DeclareLaunchArgument('jobs', default_value='0', description='Processes; 0: one per core.'),
    DeclareLaunchArgument(
        'ray',
        default_value='',
        description='Ray cluster that runs the episodes: auto or HOST:PORT; empty: none.',
    ),
]


def benchmark(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Make the command; it is no node, so it gets no ROS arguments."""
    config = LaunchConfiguration('config').perform(context)
    path = PathJoinSubstitution([SHARE, 'config', 'bench', f'{config}.yaml'])
    options = ('out', 'jobs', 'ray')
    return [
        ExecuteProcess(
            cmd=[
                ExecutableInPackage(package='memory_node', executable='memory-bench'),
                'run',
                path if config in NAMED else config,
                *(part for name in options for part in (f'--{name}', LaunchConfiguration(name))),
            ],
            name='bench',
            output='screen',
        )
    ]


def generate_launch_description() -> LaunchDescription:
    """Describe the benchmark; the launch ends when it does."""
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=benchmark)])
