"""The memory on a robot: ``ros2 launch memory_node memory.launch.py --show-args``."""

from __future__ import annotations

from itertools import product
from pathlib import Path
import tempfile

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
)
from launch.conditions import IfCondition
from launch.event_handlers import OnProcessStart
from launch.events import matches_action
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import LifecycleNode, Node
from launch_ros.event_handlers import OnStateTransition
from launch_ros.events.lifecycle import ChangeState
from launch_ros.substitutions import FindPackageShare
from lifecycle_msgs.msg import Transition

from memory_node.core.config.nearest import meant
from memory_node.interchange.layouts import layout
from memory_node.ros.qos import PROFILE, VARIABLE

SHARE = FindPackageShare('memory_node')
#: From this likeness on an argument is a slip of one of ours; other launch files have their own.
_SLIP = 0.8

ARGUMENTS = [
    DeclareLaunchArgument('namespace', default_value='', description='Namespace of every node.'),
    DeclareLaunchArgument(
        'use_sim_time',
        default_value='false',
        choices=['true', 'false'],
        description='Take time from /clock (simulator, bag).',
    ),
    DeclareLaunchArgument(
        'params_file',
        default_value=PathJoinSubstitution([SHARE, 'config', 'memory.yaml']),
        description='ROS parameter file of the memory node.',
    ),
    DeclareLaunchArgument(
        'memory_path',
        default_value='',
        description='File the memory lives in; empty: the one in params_file.',
    ),
    DeclareLaunchArgument(
        'pose_source',
        default_value='',
        choices=['', 'auto', 'odom', 'tf'],
        description='Where poses come from; empty: as in params_file.',
    ),
    DeclareLaunchArgument(
        'map_frame',
        default_value='',
        description='Fixed frame of what is remembered; empty: as in params_file.',
    ),
    DeclareLaunchArgument(
        'base_frame',
        default_value='',
        description='Frame of the robot in TF; empty: as in params_file.',
    ),
    DeclareLaunchArgument(
        'camera_frame',
        default_value='',
        description='Optical frame of the camera in TF; empty: as in params_file.',
    ),
    DeclareLaunchArgument(
        'cameras',
        default_value='',
        description='Names of several cameras, commas between; each then has its own arguments for'
        ' topics, front_image, front_depth and so on for front; empty: as in params_file.',
    ),
    DeclareLaunchArgument(
        'map_id',
        default_value='',
        description='Map that new observations belong to; empty: as in params_file.',
    ),
    DeclareLaunchArgument(
        'captioner',
        default_value='',
        description='What describes a keyframe: detections, caption, onnx, yolox, openai, none or'
        ' a plug-in; empty: as in params_file.',
    ),
    DeclareLaunchArgument(
        'image_encoder',
        default_value='',
        description='CLIP that texts are compared with pictures by; empty: as in params_file.',
    ),
    DeclareLaunchArgument(
        'signs',
        default_value='',
        description='What reads door plates and signs: none or rapidocr;'
        ' empty: as in params_file.',
    ),
    DeclareLaunchArgument(
        'model_path',
        default_value='',
        description='ONNX file for captioner:=onnx or yolox; empty: the one in params_file.',
    ),
    DeclareLaunchArgument(
        'classes_path',
        default_value='',
        description='Names of the classes of a detector; empty: as in params_file.',
    ),
    DeclareLaunchArgument(
        'encoder',
        default_value='',
        description='Sentence-transformers model, folder or name; empty: as in params_file.',
    ),
    DeclareLaunchArgument(
        'affordance_packs',
        default_value='',
        description='Packs of what things are for, commas between; empty: as in params_file.',
    ),
    DeclareLaunchArgument(
        'rooms_path',
        default_value='',
        description='YAML file of further kinds of rooms; empty: the one in params_file.',
    ),
    DeclareLaunchArgument(
        'wordings_path',
        default_value='',
        description='YAML file of further wordings of requests; empty: the one in params_file.',
    ),
    DeclareLaunchArgument(
        'autostart',
        default_value='true',
        choices=['true', 'false'],
        description='Configure and activate the node at start.',
    ),
    DeclareLaunchArgument(
        'log_level',
        default_value='info',
        choices=['debug', 'info', 'warn', 'error', 'fatal'],
        description='Least severe messages that are shown.',
    ),
    DeclareLaunchArgument(
        'rviz',
        default_value='false',
        choices=['true', 'false'],
        description='Open RViz with the view of the memory.',
    ),
]

#: Topics, each remapped by an argument of its name, and what it carries.
TOPICS = {
    'image': 'Topic of colour pictures; compressed ones on <image>/compressed.',
    'depth': 'Topic of depth of the same camera; packed on <depth>/compressedDepth.',
    'camera_info': "Topic of the camera's intrinsics.",
    'depth_camera_info': "Topic of the depth camera's intrinsics, where it is another camera.",
    'odom': 'Topic of odometry; where poses come from unless TF has them.',
    'tf': 'Topic of moving transforms.',
    'tf_static': 'Topic of transforms that stay.',
    'detections': 'Topic of detections (memory_msgs/DetectionArray), for captioner:=detections.',
    'detections_2d': 'Topic of detections (vision_msgs/Detection2DArray), the same.',
    'detections_3d': 'Topic of placed detections (vision_msgs/Detection3DArray), the same.',
    'label_info': 'Topic that names class ids (vision_msgs/LabelInfo).',
    'vision_info': 'Topic of a detector (vision_msgs/VisionInfo).',
    'caption': 'Topic of captions (memory_msgs/Caption), for captioner:=caption.',
    'map': 'Topic of the map (nav_msgs/OccupancyGrid) that keeps goals in free space.',
    'costmap': 'Topic of a costmap (nav_msgs/OccupancyGrid) that does so too.',
    'corrected_path': 'Topic of the path that a SLAM corrects (nav_msgs/Path).',
    'corrected_poses': 'Topic of poses that it corrects, by key or stamp (tf2_msgs/TFMessage).',
    'goal_pose': 'Topic that goals go out on where Nav2 does not take them.',
}
#: Those that each of several cameras has.
CAMERA_TOPICS = (
    'image',
    'depth',
    'camera_info',
    'depth_camera_info',
    'detections',
    'detections_2d',
    'detections_3d',
    'label_info',
    'vision_info',
    'caption',
)
#: Topics of the node that cannot be arguments by their own names.
NAMES = {
    'depth_camera_info': 'depth/camera_info',
    'tf': '/tf',
    'tf_static': '/tf_static',
    'costmap': 'global_costmap/costmap',
}
#: Topics beside another one, which follow it: transports, and changes of grids.
TRANSPORTS = {
    'image': '/compressed',
    'depth': '/compressedDepth',
    'map': '_updates',
    'costmap': '_updates',
}

#: Arguments that override a parameter when they are given.
OVERRIDES = {
    'memory_path': 'memory_path',
    'pose_source': 'pose_source',
    'map_frame': 'map_frame',
    'base_frame': 'base_frame',
    'camera_frame': 'camera.frame',
    'map_id': 'map_id',
    'captioner': 'perception.captioner',
    'signs': 'perception.signs',
    'model_path': 'perception.model_path',
    'classes_path': 'perception.classes_path',
    'image_encoder': 'perception.image_encoder',
    'encoder': 'encoder.model',
    'affordance_packs': 'language.affordance_packs',
    'rooms_path': 'language.rooms_path',
    'wordings_path': 'language.wordings_path',
}


def cameras(context: LaunchContext) -> list[str]:
    """Return the names of several cameras; none where there is one."""
    told = LaunchConfiguration('cameras').perform(context)
    return [name.strip() for name in told.split(',') if name.strip()]


def remappings(context: LaunchContext) -> list[tuple[str, str]]:
    """Remap every topic, with its transports, to the argument of its name."""
    pairs: list[tuple[str, str]] = []

    def remap(topic: str, own: str, to: str) -> None:
        pairs.append((own, to))
        if transport := TRANSPORTS.get(topic):
            pairs.append((f'{own}{transport}', f'{to}{transport}'))

    for topic in TOPICS:
        remap(topic, NAMES.get(topic, topic), LaunchConfiguration(topic).perform(context))
    for name, topic in product(cameras(context), CAMERA_TOPICS):
        if to := context.launch_configurations.get(f'{name}_{topic}'):
            remap(topic, f'{name}/{NAMES.get(topic, topic)}', to)
    return pairs


def overrides(context: LaunchContext) -> dict[str, object]:
    """Return the parameters that were given as arguments; they win over the file."""
    given = {
        parameter: LaunchConfiguration(argument).perform(context)
        for argument, parameter in OVERRIDES.items()
    }
    named = {'cameras': names} if (names := cameras(context)) else {}
    return {
        **{parameter: value for parameter, value in given.items() if value},
        **named,
        'use_sim_time': LaunchConfiguration('use_sim_time').perform(context) == 'true',
        'autostart': False,  # this file starts the node, or the user does
    }


def memory_with_events(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Make the memory node, and the events that bring it up."""
    memory = LifecycleNode(
        package='memory_node',
        executable='memory_node',
        name='memory',
        namespace=LaunchConfiguration('namespace'),
        output='screen',
        parameters=[LaunchConfiguration('params_file'), overrides(context)],
        remappings=remappings(context),
        ros_arguments=['--log-level', LaunchConfiguration('log_level')],
    )
    autostart = IfCondition(LaunchConfiguration('autostart'))

    def change(transition: int) -> EmitEvent:
        matcher = matches_action(memory)
        return EmitEvent(
            event=ChangeState(lifecycle_node_matcher=matcher, transition_id=transition)
        )

    configure = RegisterEventHandler(
        OnProcessStart(target_action=memory, on_start=[change(Transition.TRANSITION_CONFIGURE)]),
        condition=autostart,
    )
    activate = RegisterEventHandler(
        OnStateTransition(
            target_lifecycle_node=memory,
            start_state='configuring',
            goal_state='inactive',
            entities=[change(Transition.TRANSITION_ACTIVATE)],
            handle_once=True,  # who configures it later decides what comes then
        ),
        condition=autostart,
    )
    return [configure, activate, memory]


def misspelt(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Say which arguments are nearly one of ours: ROS takes any, and ignores what nobody reads."""
    known = {a.name for a in ARGUMENTS} | set(TOPICS)
    known |= {f'{name}_{topic}' for name, topic in product(cameras(context), CAMERA_TOPICS)}
    given = set(context.launch_configurations) - known
    slips = {name: near for name in sorted(given) if (near := meant(name, known, _SLIP))}
    return [
        LogInfo(msg=f'argument {name} is not known and does nothing: {near}?')
        for name, near in slips.items()
    ]


def fast_dds_profile(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Give what is started from here on room for pictures, unless a profile was chosen."""
    if any(context.environment.get(name) for name in (VARIABLE, 'FASTDDS_DEFAULT_PROFILES_FILE')):
        return []
    return [SetEnvironmentVariable(VARIABLE, str(PROFILE))]


def viewer(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Make RViz with a layout for the names that are in use."""
    topics = {own.lstrip('/'): to for own, to in remappings(context)}
    text = layout(
        'rviz',
        namespace=LaunchConfiguration('namespace').perform(context),
        map_frame=LaunchConfiguration('map_frame').perform(context) or 'map',
        cameras=cameras(context),
        topics=topics,
    )
    path = Path(tempfile.mkdtemp(prefix='memory_node-')) / 'memory.rviz'
    path.write_text(text, encoding='utf-8')
    rviz = Node(
        package='rviz2',
        executable='rviz2',
        name='rviz2',
        namespace=LaunchConfiguration('namespace'),
        arguments=['-d', str(path)],
        parameters=[{'use_sim_time': LaunchConfiguration('use_sim_time')}],
    )
    return [rviz]


def generate_launch_description() -> LaunchDescription:
    """Describe the memory node, its lifecycle start-up and the optional viewer."""
    topics = [
        DeclareLaunchArgument(name, default_value=NAMES.get(name, name), description=text)
        for name, text in TOPICS.items()
    ]
    rviz = OpaqueFunction(function=viewer, condition=IfCondition(LaunchConfiguration('rviz')))
    start = OpaqueFunction(function=memory_with_events)
    room = OpaqueFunction(function=fast_dds_profile)
    slips = OpaqueFunction(function=misspelt)
    return LaunchDescription([*ARGUMENTS, *topics, slips, room, start, rviz])
