"""What the layouts of RViz and Foxglove show is there in a live node, in their types."""

from __future__ import annotations

import json

from memory_msgs.msg import Statistics
from rclpy.qos import DurabilityPolicy
import yaml

from memory_node.interchange.layouts import layout

DOMAIN = 46
KINDS = {
    'Image': 'sensor_msgs/msg/Image',
    'Map': 'nav_msgs/msg/OccupancyGrid',
    'MarkerArray': 'visualization_msgs/msg/MarkerArray',
    'Odometry': 'nav_msgs/msg/Odometry',
    'Pose': 'geometry_msgs/msg/PoseStamped',
    'SetGoal': 'geometry_msgs/msg/PoseStamped',
}


def _of_the_node(client, topic):
    node = client.node
    ends = [
        *node.get_publishers_info_by_topic(topic),
        *node.get_subscriptions_info_by_topic(topic),
    ]
    return [end for end in ends if end.node_name == 'memory']


def _shown(client):
    manager = yaml.safe_load(layout('rviz', namespace=client.process.namespace))
    manager = manager['Visualization Manager']
    items = (*manager['Displays'], *manager['Tools'])
    return [(i['Class'].rsplit('/', 1)[1], i['Topic']) for i in items if i.get('Topic')]


def test_rviz_shows_what_is_published_and_heard(client):
    shown = _shown(client)
    assert len(shown) >= 6
    for kind, topic in shown:
        name = topic['Value']
        ends = client.until(lambda name=name: _of_the_node(client, name), name)
        assert {end.topic_type for end in ends} == {KINDS[kind]}, name
        asked = topic['Durability Policy'] == 'Transient Local'
        latched = {end.qos_profile.durability for end in ends}
        assert not asked or latched == {DurabilityPolicy.TRANSIENT_LOCAL}, name


def test_foxglove_asks_services_and_plots_figures_that_there_are(client):
    panels = json.loads(layout('foxglove', namespace=client.process.namespace))['configById']
    services = dict(client.node.get_service_names_and_types())
    called = [p['serviceName'] for name, p in panels.items() if name.startswith('CallService!')]
    assert called
    assert set(called) <= set(services)
    plotted = [path['value'] for p in panels.values() for path in p.get('paths', ())]
    assert plotted
    fields = Statistics.get_fields_and_field_types()
    for value in plotted:
        topic, _, field = value.partition('.')
        assert topic == f'{client.process.namespace}/memory/statistics'
        assert field.partition('[')[0] in fields, value
    pictures = [p['imageMode']['imageTopic'] for p in panels.values() if 'imageMode' in p]
    for topic in pictures:
        (kind,) = {end.topic_type for end in _of_the_node(client, topic)}
        assert kind == KINDS['Image']
