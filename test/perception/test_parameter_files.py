"""Parameter files of ``config/``: every setting in them is known and may have its value."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from memory_node.ros.settings import GROUPS, NodeConfig

FILES = sorted((Path(__file__).resolve().parents[2] / 'config').glob('*.yaml'))


def groups_of(path: Path) -> Iterator[tuple[type, dict[str, object]]]:
    """Yield the settings of the memory node in a file, by group."""
    for node, told in yaml.safe_load(path.read_text(encoding='utf-8')).items():
        if node not in ('/**', 'memory'):
            continue
        values = told['ros__parameters']
        own = {k: v for k, v in values.items() if not isinstance(v, dict)}
        own.pop('use_sim_time', None)
        yield NodeConfig, own
        for name, group in values.items():
            if isinstance(group, dict):
                yield GROUPS[name], group


@pytest.mark.parametrize('path', FILES, ids=lambda path: path.stem)
def test_every_setting_is_known_and_in_its_range(path):
    for group, values in groups_of(path):
        values = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        group(**values)
