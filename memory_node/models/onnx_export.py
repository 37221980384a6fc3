"""
A sentence-transformers model as one ONNX graph: exported once, then run without torch.

sentence-transformers has an ONNX backend of its own; it needs ``optimum``, which holds
``transformers`` back below the version that is pinned here. This runs the same graph with the
model's own tokenizer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from memory_node.core.data import FloatArray
from memory_node.core.errors import EncoderError

__all__ = ['cache_folder', 'is_plain', 'load']

#: Changes when the exported graph does; part of the cached file's name.
_EXPORT_VERSION = 1
_TOLERANCE = 1e-4
_PROBES = ['a', 'Where is the red sofa?', 'kitchen sink, oven, towel beside the window ' * 8]


def cache_folder() -> Path:
    """Return the folder of derived files: ``$XDG_CACHE_HOME`` or ``~/.cache``."""
    base = os.environ.get('XDG_CACHE_HOME') or str(Path.home() / '.cache')
    return Path(base) / 'memory_node'


def _settings(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    value: dict[str, Any] = json.loads(path.read_text(encoding='utf-8')) if path.exists() else {}
    return value


def is_plain(folder: Path) -> bool:
    """Tell whether a model is Transformer, mean or CLS pooling, and Normalize or nothing."""
    try:
        modules = json.loads((folder / 'modules.json').read_text(encoding='utf-8'))
        kinds = [m['type'].rsplit('.', 1)[-1] for m in modules]
    except (OSError, ValueError, TypeError, KeyError):
        return False
    pooling = _settings(folder, '1_Pooling/config.json')
    modes = {name for name, value in pooling.items() if name.startswith('pooling_mode') and value}
    return (
        kinds[:2] == ['Transformer', 'Pooling']
        and kinds[2:] in ([], ['Normalize'])
        and modes in ({'pooling_mode_mean_tokens'}, {'pooling_mode_cls_token'})
        and (folder / 'tokenizer.json').is_file()
    )


def load(folder: Path, digest: str) -> Callable[[Sequence[str]], FloatArray]:
    """Return the encoder of a model folder, exporting it first if the cache does not hold it."""
    if not is_plain(folder):
        raise EncoderError(f'{folder} has modules that are not exported')
    path = cache_folder() / f'{digest}-v{_EXPORT_VERSION}.onnx'
    if path.is_file():
        try:
            return _session(path, folder)
        except Exception:  # noqa: BLE001  a damaged file is made again, whatever it raises
            path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f'{path.name}.{os.getpid()}.tmp')
    try:
        expected = _export(folder, temporary)
        encode = _session(temporary, folder)
        error = float(np.abs(encode(_PROBES) - expected).max())
        if not error <= _TOLERANCE:
            raise EncoderError(f'the exported graph is off by {error:.1e}')
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return encode


def _export(folder: Path, path: Path) -> FloatArray:
    """Write the graph and return what torch makes of the probes."""
    from sentence_transformers import SentenceTransformer
    import torch

    eager = {'attn_implementation': 'eager'}  # the tracer can't follow the fused kernels
    model = SentenceTransformer(str(folder), device='cpu', model_kwargs=eager)
    cls = bool(_settings(folder, '1_Pooling/config.json').get('pooling_mode_cls_token'))

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer: Any = model[0].auto_model

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
            tokens = self.transformer(
                input_ids=input_ids,
                attention_mask=attention_mask,
                token_type_ids=token_type_ids,
            ).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(tokens.dtype)
            pooled = tokens[:, 0] if cls else (tokens * mask).sum(1) / mask.sum(1)
            return torch.nn.functional.normalize(pooled, p=2, dim=1)

    names = ('input_ids', 'attention_mask', 'token_type_ids')
    example = torch.ones((2, 7), dtype=torch.int64)
    with torch.no_grad():
        torch.onnx.export(
            Graph().eval(),
            (example, example, example * 0),
            str(path),
            input_names=list(names),
            output_names=['sentence_embedding'],
            dynamic_axes={n: {0: 'batch', 1: 'length'} for n in names}
            | {'sentence_embedding': {0: 'batch'}},
            opset_version=17,
            dynamo=False,
        )
    return np.asarray(
        model.encode(_PROBES, normalize_embeddings=True, show_progress_bar=False), np.float32
    )


def _session(path: Path, folder: Path) -> Callable[[Sequence[str]], FloatArray]:
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / 'tokenizer.json'))
    length = int(_settings(folder, 'sentence_bert_config.json').get('max_seq_length') or 256)
    tokenizer.enable_truncation(max_length=length)
    pad = _settings(folder, 'config.json').get('pad_token_id') or 0
    tokenizer.enable_padding(pad_id=pad, pad_token=tokenizer.id_to_token(pad) or '[PAD]')
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Threads that wait by spinning take the cores from cameras and other questions.
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    session = onnxruntime.InferenceSession(
        str(path), sess_options=options, providers=['CPUExecutionProvider']
    )
    inputs = {i.name for i in session.get_inputs()}

    def encode(texts: Sequence[str]) -> FloatArray:
        tokens = tokenizer.encode_batch(list(texts))
        feed = {
            'input_ids': np.array([t.ids for t in tokens], np.int64),
            'attention_mask': np.array([t.attention_mask for t in tokens], np.int64),
            'token_type_ids': np.array([t.type_ids for t in tokens], np.int64),
        }
        vectors = session.run(None, {n: v for n, v in feed.items() if n in inputs})[0]
        return np.asarray(vectors, np.float32)

    return encode
