"""Commands that are run in the tests' own process load each sentence encoder once."""

from __future__ import annotations

from functools import lru_cache

import pytest

from memory_node.cli import check, common, compact
from memory_node.models.sentence_encoder import SentenceEncoder

_LOADED = lru_cache(SentenceEncoder)


@pytest.fixture(scope='module', autouse=True)
def _encoder_of_all():
    with pytest.MonkeyPatch.context() as patch:
        for module in (common, check, compact):
            patch.setattr(module, 'SentenceEncoder', _LOADED)
        yield
