"""
A sentence-transformers model as one ONNX graph: built at set-up, then run without torch.

sentence-transformers has an ONNX backend of its own; it needs ``optimum``, which holds
``transformers`` back below the version that is pinned here. This runs the same graph with the
model's own tokenizer. The weights lie beside the graph, so they are mapped and not copied, and
what no text touches is never read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
import json
import logging
import os
from pathlib import Path
import shutil
import sys
from typing import Any

import numpy as np

from memory_node.core.config.paths import own_folder
from memory_node.core.data import FloatArray
from memory_node.core.errors import EncoderError

__all__ = ['build', 'folders', 'is_plain', 'load']

_LOG = logging.getLogger(__name__)
#: Changes when the exported graph does; part of the name of its folder.
_EXPORT_VERSION = 2
_GRAPH, _WEIGHTS, _EXPECTED = 'encoder.onnx', 'encoder.weights', 'probes.npy'
#: Where a folder of built encoders is, beside that of the installation and that of the user.
_VARIABLE = 'MEMORY_NODE_ENCODERS'
_TOLERANCE = 1e-4
_PROBES = ['a', 'Where is the red sofa?', 'kitchen sink, oven, towel beside the window ' * 8]
#: Texts times their longest length that are encoded at once: what is passed on between layers
#: takes about 30 KB for each.
_TOKENS = 512


def folders() -> list[Path]:
    """Return where built encoders are looked for: as installed, then as the user built them."""
    installed = Path(sys.prefix) / 'share' / 'memory_node' / 'encoders'
    own = own_folder('XDG_CACHE_HOME', '.cache')
    built = [] if own is None else [own / 'memory_node' / 'encoders']
    return [Path(os.environ.get(_VARIABLE) or installed), *built]


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
    """
    Return the encoder of a model folder, as it was built; without, it is built for the user.

    Raises ``EncoderError`` where it was not built and can't be here.
    """
    if not is_plain(folder):
        raise EncoderError(f'{folder} has modules that are not exported')
    for place in folders():
        built = place / _name(digest)
        if (built / _GRAPH).is_file():
            try:
                return _checked(built, folder)
            except Exception as error:  # noqa: BLE001  a damaged file raises anything
                _LOG.warning('%s is not used: %s', built, error)
    _LOG.warning('the encoder is built now, which takes a minute: `memory encoder` does it ahead')
    return _checked(build(folder, digest, folders()[-1]), folder)


def build(folder: Path, digest: str, into: Path) -> Path:
    """
    Build the encoder of a model folder below ``into``, with torch; return where it is.

    Raises ``EncoderError`` where torch is not installed or the graph does not agree with it.
    """
    target = into / _name(digest)
    into.mkdir(parents=True, exist_ok=True)
    temporary = into / f'.{target.name}.{os.getpid()}.tmp'
    try:
        temporary.mkdir()
        np.save(temporary / _EXPECTED, _export(folder, temporary / _GRAPH))
        _checked(temporary, folder)
        shutil.rmtree(target, ignore_errors=True)
        os.replace(temporary, target)
    except ImportError as error:
        raise EncoderError(
            f'building the encoder needs torch, sentence-transformers and onnx ({error}); build it'
            f' elsewhere with `memory encoder --to FOLDER` and put what is in there into {into}'
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def _name(digest: str) -> str:
    return f'{digest}-v{_EXPORT_VERSION}'


def _checked(built: Path, folder: Path) -> Callable[[Sequence[str]], FloatArray]:
    """Return the encoder of a folder once it makes of the probes what torch made of them."""
    encode = _session(built / _GRAPH, folder)
    error = float(np.abs(encode(_PROBES) - np.load(built / _EXPECTED)).max())
    if not error <= _TOLERANCE:
        raise EncoderError(f'the exported graph is off by {error:.1e}')
    return encode


def _export(folder: Path, path: Path) -> FloatArray:
    """Write graph and weights, and return what torch makes of the probes."""
    import onnx
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
    graph = onnx.load(path)
    path.unlink()
    onnx.save(graph, path, save_as_external_data=True, location=_WEIGHTS, size_threshold=1024)
    path.with_name(_WEIGHTS).chmod(0o644)  # onnx makes it readable for its owner only
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
    options.enable_cpu_mem_arena = False  # an arena keeps what the longest batch ever took
    session = onnxruntime.InferenceSession(
        str(path), sess_options=options, providers=['CPUExecutionProvider']
    )
    inputs = {i.name for i in session.get_inputs()}

    def run(tokens: Sequence[Any]) -> FloatArray:
        feed = {
            'input_ids': np.array([t.ids for t in tokens], np.int64),
            'attention_mask': np.array([t.attention_mask for t in tokens], np.int64),
            'token_type_ids': np.array([t.type_ids for t in tokens], np.int64),
        }
        vectors = session.run(None, {n: v for n, v in feed.items() if n in inputs})[0]
        return np.asarray(vectors, np.float32)

    def encode(texts: Sequence[str]) -> FloatArray:
        tokens = tokenizer.encode_batch(list(texts))
        step = max(1, _TOKENS // max(len(t) for t in tokens))
        return np.concatenate([run(tokens[i : i + step]) for i in range(0, len(tokens), step)])

    return encode
