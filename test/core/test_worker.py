"""A background worker runs its job after each change, and never dies of it."""

from __future__ import annotations

import threading

import pytest

from memory_node.core.worker import Worker


@pytest.fixture
def made():
    workers = []

    def make(job):
        workers.append(Worker('test-worker', job))
        return workers[-1]

    yield make
    for worker in workers:
        worker.close()


def test_nothing_runs_before_the_first_notify(made):
    runs = []
    worker = made(lambda: runs.append(1))
    assert worker.wait(0.0)
    assert runs == []
    worker.notify()
    assert worker.wait(10.0)
    assert runs == [1]


def test_changes_while_the_job_runs_make_it_run_once_more(made):
    running, release, runs = threading.Event(), threading.Event(), []

    def job():
        runs.append(1)
        running.set()
        assert release.wait(10.0)

    worker = made(job)
    worker.notify()
    assert running.wait(10.0)
    for _ in range(5):
        worker.notify()
    assert not worker.wait(0.01)
    release.set()
    assert worker.wait(10.0)
    assert len(runs) == 2


def test_a_job_that_raises_is_told_and_tried_again(made, caplog):
    failing = [True]

    def job():
        if failing[0]:
            raise ValueError('no luck')

    worker = made(job)
    worker.notify()
    assert worker.wait(10.0)
    assert 'no luck' in worker.failure
    assert 'test-worker' in caplog.text
    failing[0] = False
    worker.notify()
    assert worker.wait(10.0)
    assert worker.failure == ''


def test_a_pause_ends_with_the_next_change_and_takes_it_over(made):
    paused, came, runs = threading.Event(), [], []

    def job():
        runs.append(1)
        if len(runs) == 1:
            paused.set()
            came.append(worker.pause(30.0))
            came.append(worker.pause(0.0))

    worker = made(job)
    worker.notify()
    assert paused.wait(10.0)
    worker.notify()
    assert worker.wait(10.0)
    assert came == [True, False]
    assert runs == [1]


def test_closing_ends_a_pause_and_every_wait(made):
    paused = threading.Event()

    def job():
        paused.set()
        worker.pause(600.0)

    worker = made(job)
    worker.notify()
    assert paused.wait(10.0)
    assert not worker.closing
    worker.close()
    worker.close()
    assert worker.closing
    assert worker.wait(0.0)
    worker.notify()  # changes nothing any more
    assert worker.wait(0.0)


def test_a_job_may_close_its_own_worker(made):
    worker = made(lambda: worker.close())
    worker.notify()
    assert worker.wait(10.0)
    assert worker.closing
