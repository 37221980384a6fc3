"""Remember a recording: a rosbag2 MCAP file goes through the memory node as if it were live."""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    OpaqueFunction,
    RegisterEventHandler,
    Shutdown,
)
from launch.conditions import IfCondition
from launch.event_handlers import OnProcessExit
from launch.events.process import ProcessExited
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

SHARE = FindPackageShare('memory_node')

#: Role in the memory node, and the argument that names the recording's topic for it.
BAG_TOPICS = {
    'image': 'bag_image',
    'depth': 'bag_depth',
    'camera_info': 'bag_camera_info',
    'odom': 'bag_odom',
}

ARGUMENTS = [
    DeclareLaunchArgument('bag', description='MCAP file or rosbag2 folder.'),
    DeclareLaunchArgument(
        'rate',
        default_value='1.0',
        description='1 is bag speed; 0 is as fast as it goes without loss.',
    ),
    DeclareLaunchArgument(
        'cameras',
        default_value='',
        description='Names of several cameras, commas between, that their topics hold.',
    ),
    DeclareLaunchArgument('namespace', default_value='', description='Namespace of every node.'),
    DeclareLaunchArgument(
        'pose_source',
        default_value='odom',
        choices=['auto', 'odom', 'tf'],
        description='Where poses come from; the player sends odometry and no TF.',
    ),
    DeclareLaunchArgument(
        'exit_when_done',
        default_value='false',
        choices=['true', 'false'],
        description='End the memory node after the recording; otherwise it stays to be asked.',
    ),
    DeclareLaunchArgument(
        'log_level',
        default_value='info',
        choices=['debug', 'info', 'warn', 'error', 'fatal'],
        description='Least severe messages that are shown.',
    ),
    *(
        DeclareLaunchArgument(
            argument,
            default_value='',
            description=f"Recording's topic for {role}; empty: found by its type and name.",
        )
        for role, argument in BAG_TOPICS.items()
    ),
]


def end_all(event: ProcessExited, context: LaunchContext) -> list[Shutdown] | None:
    """End the launch with the process, unless it is ending already: launch_ros ends once only."""
    return None if context.is_shutdown else [Shutdown(reason='the recording has ended')]


def player(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Make the player, with the topics that were named, and what happens when it ends."""
    topics: list[str] = []
    for role, argument in BAG_TOPICS.items():
        if topic := LaunchConfiguration(argument).perform(context):
            topics += ['--topic', f'{role}={topic}']
    if cameras := LaunchConfiguration('cameras').perform(context):
        topics += ['--cameras', cameras]
    replay = Node(
        package='memory_node',
        executable='replay',
        namespace=LaunchConfiguration('namespace'),
        output='screen',
        arguments=[
            LaunchConfiguration('bag'),
            '--rate',
            LaunchConfiguration('rate'),
            *topics,
        ],
        ros_arguments=['--log-level', LaunchConfiguration('log_level')],
    )
    end = RegisterEventHandler(
        OnProcessExit(target_action=replay, on_exit=end_all),
        condition=IfCondition(LaunchConfiguration('exit_when_done')),
    )
    return [end, replay]


def generate_launch_description() -> LaunchDescription:
    """Describe the memory node on bag time and the player that waits for it."""
    passed = ('namespace', 'log_level', 'pose_source', 'cameras')
    memory = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution([SHARE, 'launch', 'memory.launch.py'])),
        launch_arguments=[
            ('use_sim_time', 'true'),
            *((name, LaunchConfiguration(name)) for name in passed),
        ],
    )
    return LaunchDescription([*ARGUMENTS, memory, OpaqueFunction(function=player)])
