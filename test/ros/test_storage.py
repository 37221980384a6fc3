"""A node whose disk has little room says so, stores nothing, answers, and goes on by itself."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from memory_msgs.msg import Status
from rclpy.parameter import Parameter

DOMAIN = 67
#: No disk has this much free [MiB].
ENDLESS = 10_000_000
#: Each has to be at least the next one.
SETTINGS = ('low_space_warn_mb', 'low_space_pictures_mb', 'low_space_stop_mb')


def limit(client, names, value):
    for name in names:
        (result,) = client.set_parameters(Parameter(f'store.{name}', value=value))
        assert result.successful, result.reason


def newest(client, received, condition, what):
    def found():
        for array in received:
            for status in array.status:
                if status.name.endswith('/memory: memory') and condition(status):
                    return status
        return None

    return client.until(found, what)


def test_little_room_is_told_by_setting_and_over_when_there_is_room(client, robot):
    received: list[DiagnosticArray] = []
    client.subscribe(DiagnosticArray, '/diagnostics', received)
    robot.look('chair')
    stored = client.counted(lambda s: s.observations == 1, 'an observation')
    (refused,) = client.set_parameters(Parameter('store.low_space_stop_mb', value=300))
    assert 'must ascend, got 300, 256, 512' in refused.reason
    limit(client, SETTINGS, ENDLESS)
    robot.look('table')
    reason = 'store.low_space_stop_mb: observations not stored'
    client.until(lambda: client.rejected().get(reason), 'a refusal that names the setting')
    told = newest(
        client, received, lambda s: 'store.low_space_stop_mb' in s.message, 'diagnostics'
    )
    assert told.level == DiagnosticStatus.WARN
    values = {v.key: v.value for v in told.values}
    assert int(values['disk_free_bytes']) > 0
    assert int(values['store_used_bytes']) >= stored.store_bytes // 2
    assert client.retrieve('where is the chair?').status.code == Status.OK
    assert client.statistics[-1].observations == 1
    limit(client, reversed(SETTINGS), 0)
    robot.look('table')
    client.counted(lambda s: s.observations == 2, 'an observation once there is room')


def test_a_budget_that_holds_nothing_is_refused_by_name(client, robot):
    (result,) = client.set_parameters(Parameter('store.budget_mb', value=1))
    assert not result.successful
    assert 'budget_mb must be 0 or at least 4 MiB, got 1' in result.reason
    (result,) = client.set_parameters(Parameter('store.budget_mb', value=4))
    assert result.successful
