"""Nav2's lifecycle manager hears whether the node lives, and the node hears the manager."""

from __future__ import annotations

import signal

import pytest

pytest.importorskip('bond.msg', reason='bond is not built; run make setup')

from ros.bond_partner import Partner

DOMAIN = 94
PERIOD_S = 0.2


@pytest.fixture(scope='module')
def quiet(start, folder):
    """Start a node that is to form no bond."""
    path = str(folder / 'quiet.sqlite')
    return start({'memory_path': path, 'bond_heartbeat_period': 0.0, 'autostart': True})


@pytest.fixture(scope='module')
def managed(start, connect, quiet):
    """A node that a manager has configured."""
    client = connect(start({'bond_heartbeat_period': PERIOD_S}))
    assert client.transition('configure')
    return client


@pytest.fixture
def manage(managed):
    """Activate the node as the manager does, then wait for its heartbeats; deactivate it."""
    partners = []

    def activated(timeout_s=4.0):
        assert managed.transition('activate')
        partners.append(Partner(managed.node, 'memory', timeout_s))
        return managed, partners[-1]

    yield activated
    for partner in partners:
        partner.close()
    assert managed.transition('deactivate')


def _until(client, partner, condition, what):
    def look():
        partner.step()
        return condition()

    return client.until(look, what)


def test_a_bond_is_formed_kept_and_ended_with_the_activation(manage):
    client, partner = manage()
    _until(client, partner, lambda: len(partner.heard) > 10, 'heartbeats')
    first = partner.heard[0]
    assert first.active
    assert first.heartbeat_period == pytest.approx(PERIOD_S)
    assert first.heartbeat_timeout == pytest.approx(4.0)
    assert first.header.stamp.sec > 0
    assert not partner.broken

    assert client.transition('deactivate')
    _until(client, partner, lambda: partner.broken, 'the farewell')
    assert not partner.heard[-1].active
    assert {m.instance_id for m in partner.heard} == {first.instance_id}

    _, again = manage()
    _until(client, again, lambda: len(again.heard) > 2, 'heartbeats of a new bond')
    assert not again.broken
    assert again.heard[-1].instance_id != first.instance_id


def test_a_manager_that_ends_is_answered(manage):
    client, partner = manage()
    _until(client, partner, lambda: partner.formed, 'a bond')
    partner.send(active=False)
    client.until(lambda: not partner.heard[-1].active, 'the answer')
    client.until(lambda: 'the lifecycle manager ended it' in client.process.output(), 'a line')
    assert client.state() == 'active'


def test_a_manager_that_falls_silent_is_said_and_no_more_heartbeats_come(manage):
    client, partner = manage()
    _until(client, partner, lambda: len(partner.heard) > 2, 'a bond')
    partner.silent = True
    client.until(lambda: 'was silent for 4 s' in client.process.output(), 'a line')
    count = len(partner.heard)
    other = Partner(client.node, 'memory', 4.0)
    assert client.state() == 'active'  # an answer that came after whatever was sent before
    assert len(partner.heard) - count <= 1
    other.close()


def test_without_a_period_there_is_no_bond(connect, quiet):
    client = connect(quiet)
    client.until(lambda: client.state() == 'active', 'activation')
    assert not client.node.count_publishers('bond')


def test_a_node_that_hangs_is_missed(manage):
    client, partner = manage(timeout_s=1.0)
    _until(client, partner, lambda: partner.formed, 'a bond')
    client.process.process.send_signal(signal.SIGSTOP)  # nothing says good-bye
    _until(client, partner, lambda: partner.broken, 'a broken bond')
    assert partner.heard[-1].active
    client.process.process.send_signal(signal.SIGCONT)
