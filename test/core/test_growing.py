"""Questions are answered while the memory grows, labels and all."""

from __future__ import annotations

import threading

from fakes import BagOfWordsEncoder, seen

from memory_node import Memory


def test_answers_stay_whole_while_labels_and_rows_are_added(tmp_path):
    with Memory.open(tmp_path / 'm.db', encoder=BagOfWordsEncoder()) as memory:
        memory.add(seen('first', objects={'bench': (1.0, 0.0, 0.5)}))
        failures: list[BaseException] = []
        done = threading.Event()

        def grow():
            try:
                for i in range(150):
                    memory.add(
                        seen(f'n{i}', (0.1 * i, 0.0, 0.0), f'A kitchen with tool{i}.', stamp=i,
                             objects={f'tool{i}': (0.1 * i, 1.0, 0.5), 'bench': (1.0, 0.0, 0.5)})
                    )  # fmt: skip
            except BaseException as error:  # noqa: BLE001  told by the main thread
                failures.append(error)
            finally:
                done.set()

        thread = threading.Thread(target=grow)
        thread.start()
        asked = 0
        while not done.is_set() or asked < 20:
            for text in ('bench', 'an area for tool3', 'the bench near tool5', 'nearest tool2'):
                places = memory.retrieve(text, 3, here=(0.0, 0.0, 0.0)).places
                assert all(p.node_id for p in places)
            asked += 1
        thread.join()
        assert not failures
