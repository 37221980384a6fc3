from __future__ import annotations

import subprocess
import sys

from data import require_data
import pytest

from memory_node.core.config import PerceptionConfig
from memory_node.core.errors import CaptionerError
from memory_node.models.factory import make_captioner


@pytest.mark.parametrize('kind', ['detections', 'caption'])
def test_topics_need_no_captioner(kind):
    assert make_captioner(PerceptionConfig(captioner=kind)) is None


@pytest.mark.parametrize(
    ('settings', 'named'),
    [
        ({'captioner': 'yolox'}, 'perception.model_path'),
        ({'captioner': 'yolox', 'model_path': '/nowhere/x.onnx'}, 'x.onnx does not exist'),
        ({'captioner': 'openai'}, 'perception.openai_model'),
        ({'captioner': 'openai', 'openai_model': 'm', 'openai_base_url': 'x'}, 'http'),
    ],
)
def test_what_a_captioner_lacks_is_named(settings, named):
    with pytest.raises(CaptionerError, match=named):
        make_captioner(PerceptionConfig(**settings))


def test_settings_make_captioners():
    folder = require_data('yolox_nano')
    yolox = make_captioner(
        PerceptionConfig(captioner='yolox', model_path=str(folder / 'yolox_nano.onnx'))
    )
    vlm = make_captioner(PerceptionConfig(captioner='openai', openai_model='m'))
    assert yolox is not None
    assert vlm is not None
    assert (yolox.name, vlm.name) == ('yolox', 'openai')


def test_importing_the_factory_loads_no_model_library():
    code = (
        'import sys, memory_node.models.factory, memory_node.core.perception.observer;'
        'heavy = {"torch", "onnxruntime", "httpx", "sentence_transformers", "rclpy"};'
        'print(*sorted(heavy & set(sys.modules)))'
    )
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert (result.stdout.strip(), result.returncode) == ('', 0), result.stderr
