"""A robot explores a simulated apartment and remembers it; the processes of ``make demo``."""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    RegisterEventHandler,
    Shutdown,
)
from launch.conditions import IfCondition
from launch.event_handlers import OnProcessExit
from launch.events.process import ProcessExited
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

SHARE = FindPackageShare('memory_node')
CAMERA_TOPICS = ('image', 'depth', 'camera_info')

ARGUMENTS = [
    DeclareLaunchArgument('namespace', default_value='', description='Namespace of every node.'),
    DeclareLaunchArgument(
        'world',
        default_value='',
        description='World or scene file, or kind of world; empty: an apartment from the seed.',
    ),
    DeclareLaunchArgument(
        'backend',
        default_value='embedded',
        choices=['embedded', 'habitat'],
        description='Simulator that draws the world.',
    ),
    DeclareLaunchArgument(
        'seed', default_value='0', description='Seed of the world, the start and the detector.'
    ),
    DeclareLaunchArgument(
        'real_time_factor',
        default_value='1.0',
        description='Simulated per wall-clock time at most; 0: as fast as it goes.',
    ),
    DeclareLaunchArgument(
        'explore',
        default_value='true',
        choices=['true', 'false'],
        description='Explore by itself; otherwise drive it with cmd_vel or goal_pose.',
    ),
    DeclareLaunchArgument(
        'max_distance_m', default_value='150.0', description='Way after which exploring ends [m].'
    ),
    DeclareLaunchArgument(
        'memory_path',
        default_value='~/.ros/simulation.sqlite',
        description='File the memory lives in.',
    ),
    DeclareLaunchArgument(
        'params_file',
        default_value=PathJoinSubstitution([SHARE, 'config', 'simulation.yaml']),
        description='ROS parameter file of the memory node.',
    ),
    DeclareLaunchArgument(
        'log_level',
        default_value='info',
        choices=['debug', 'info', 'warn', 'error', 'fatal'],
        description='Least severe messages that are shown.',
    ),
]


def end_all(event: ProcessExited, context: LaunchContext) -> list[Shutdown] | None:
    """End the launch with the process, unless it is ending already: launch_ros ends once only."""
    return None if context.is_shutdown else [Shutdown(reason='the simulator has ended')]


def generate_launch_description() -> LaunchDescription:
    """Describe simulator, explorer and memory; all end when the simulator does."""
    namespace = LaunchConfiguration('namespace')
    log_level = ['--log-level', LaunchConfiguration('log_level')]
    simulator = Node(
        package='memory_node',
        executable='simulator',
        name='simulator',
        namespace=namespace,
        output='screen',
        parameters=[
            {
                'world': ParameterValue(LaunchConfiguration('world'), value_type=str),
                'seed': ParameterValue(LaunchConfiguration('seed'), value_type=int),
                'backend': LaunchConfiguration('backend'),
                'real_time_factor': ParameterValue(
                    LaunchConfiguration('real_time_factor'), value_type=float
                ),
                'lockstep': True,
            }
        ],
        ros_arguments=log_level,
    )
    explorer = Node(
        package='memory_node',
        executable='explorer',
        name='explorer',
        namespace=namespace,
        output='screen',
        parameters=[
            {
                'use_sim_time': True,
                'max_distance_m': ParameterValue(
                    LaunchConfiguration('max_distance_m'), value_type=float
                ),
            }
        ],
        ros_arguments=log_level,
        condition=IfCondition(LaunchConfiguration('explore')),
    )
    passed = ('namespace', 'memory_path', 'params_file', 'log_level')
    memory = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution([SHARE, 'launch', 'memory.launch.py'])),
        launch_arguments=[
            ('use_sim_time', 'true'),
            *((name, LaunchConfiguration(name)) for name in passed),
            *((topic, f'camera/{topic}') for topic in CAMERA_TOPICS),
        ],
    )
    end = RegisterEventHandler(OnProcessExit(target_action=simulator, on_exit=end_all))
    return LaunchDescription([*ARGUMENTS, end, simulator, memory, explorer])
