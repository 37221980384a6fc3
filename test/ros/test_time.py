"""Simulated time: stamps are judged by /clock, and a clock set back starts anew."""

from __future__ import annotations

from builtin_interfaces.msg import Time
from rosgraph_msgs.msg import Clock

DOMAIN = 26
PARAMETERS = {'use_sim_time': True}


class SimulatedTime:
    """Publishes /clock; the robot stamps with it."""

    def __init__(self, client, robot) -> None:
        self.publisher = client.node.create_publisher(Clock, '/clock', 10)
        client.until(self.publisher.get_subscription_count, 'subscriber of /clock')
        self.client = client
        self.now_ms = 0
        robot.now = self.stamp

    def stamp(self, ahead_s: float = 0.0) -> Time:
        ms = self.now_ms + int(1000 * ahead_s)
        return Time(sec=ms // 1000, nanosec=ms % 1000 * 10**6)

    def set(self, ms: int) -> None:
        """Move the clock and wait until the node has heard of it."""
        self.now_ms = ms

        def heard() -> bool:
            self.publisher.publish(Clock(clock=self.stamp()))
            return bool(
                self.client.statistics and self.client.statistics[-1].header.stamp == self.stamp()
            )

        self.client.until(heard, f'the node at {ms} ms')


#: Looks after a reset within which something must be stored.
LOOKS = 6


def test_time_from_the_clock_topic(client, robot):
    time = SimulatedTime(client, robot)
    time.set(1_000_000)
    robot.await_odometry()
    robot.look('chair')
    client.counted(lambda s: s.observations == 1, 'an observation')
    robot.publish('image', robot.image(), robot.now(ahead_s=100.0))
    client.until(
        lambda: any('image: header.stamp is in the future' in r for r in client.rejected()),
        'a stamp from the future',
    )
    age = client.retrieve('chair').places[0].age
    assert age.sec < 10

    time.set(5_000)  # the simulator was reset
    for i in range(LOOKS):  # topics come in any order: the first looks may be of both times
        time.set(5_000 + 100 * i)
        robot.look('sofa', position=(5.0, 0.0, 0.0))
    client.counted(lambda s: s.observations >= 2, 'an observation after the reset')
    assert client.retrieve('sofa').places[0].pose.position.x == 5.0
    assert client.retrieve('chair').places[0].label == 'chair'  # nothing was lost
    reasons = client.rejected()
    assert any('for good' in reason for reason in reasons), reasons
