"""A CLIP of a few thousand weights that knows colours, made in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

COLORS = {
    'red': (200, 30, 30),
    'green': (30, 160, 40),
    'blue': (40, 60, 200),
    'yellow': (220, 210, 40),
    'white': (235, 235, 235),
    'black': (20, 20, 20),
}


#: Pictures of each colour that it learns from, and how they are spoken of.
_EACH = 8
_FORMS = ('a photo of something {}', 'a photo of {} thing', 'a photo of something {} and fluffy')


def drawn(color: str, seed: int = 0, side: int = 64) -> bytes:
    """Return a JPEG of a thing of some colour on grey, noisy."""
    rng = np.random.default_rng(seed)
    picture = np.full((side, side, 3), rng.integers(100, 150), np.uint8)
    left, top = rng.integers(2, side // 3, 2)
    picture[top : top + side // 2, left : left + side // 2] = COLORS[color]
    noisy = picture + rng.normal(0.0, 8.0, picture.shape)
    rgb = np.clip(noisy, 0, 255).astype(np.uint8)
    return cv2.imencode('.jpg', cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].tobytes()


def make_tiny_clip(folder: Path, others: Sequence[str], steps: int = 60) -> Path:
    """
    Train a CLIP on drawn pictures and write it as transformers does; return the folder.

    ``others`` are names of things that it learns to tell from the pictures, as a large one does.
    """
    import torch
    from transformers import (
        CLIPConfig,
        CLIPImageProcessor,
        CLIPModel,
        CLIPProcessor,
        CLIPTokenizer,
    )

    torch.manual_seed(0)
    torch.set_num_threads(1)  # threads that wait for each other take longer on a busy machine
    rng = np.random.default_rng(0)
    tokenizer = CLIPTokenizer(*_vocabulary())
    images = CLIPImageProcessor(size={'shortest_edge': 32}, crop_size={'height': 32, 'width': 32})
    small = {'hidden_size': 32, 'intermediate_size': 64, 'num_hidden_layers': 1}
    small |= {'num_attention_heads': 2, 'projection_dim': 32}
    text = {'vocab_size': len(tokenizer), 'max_position_embeddings': 48}
    text |= {'bos_token_id': tokenizer.bos_token_id, 'eos_token_id': tokenizer.eos_token_id}
    model = CLIPModel(
        CLIPConfig(
            text_config=small | text | {'pad_token_id': tokenizer.eos_token_id},
            vision_config=small | {'image_size': 32, 'patch_size': 16},
            projection_dim=32,
        )
    )
    kinds = [color for color in COLORS for _ in range(_EACH)]
    pictures = [drawn(color, seed) for seed, color in enumerate(kinds)]
    decoded = [
        cv2.cvtColor(cv2.imdecode(np.frombuffer(p, np.uint8), 1), cv2.COLOR_BGR2RGB)
        for p in pictures
    ]
    pixels = images(decoded, return_tensors='pt')['pixel_values']
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(steps):
        batch = rng.choice(len(kinds), 24, replace=False)
        said = [str(rng.choice(_FORMS)).format(color) for color in COLORS]
        foreign = [f'a photo of {name}' for name in rng.choice(others, 12)]
        tokens = tokenizer([*said, *foreign], padding=True, truncation=True, return_tensors='pt')
        out = model(**tokens, pixel_values=pixels[batch])
        right = torch.tensor([list(COLORS).index(kinds[i]) for i in batch])
        loss = torch.nn.functional.cross_entropy(out.logits_per_image, right)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.save_pretrained(folder)
    CLIPProcessor(image_processor=images, tokenizer=tokenizer).save_pretrained(folder)
    return folder


def _vocabulary() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return letters and the words that are told apart, as CLIP's byte-pair encoding."""
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    letters = list(bytes_to_unicode().values())
    tokens = letters + [f'{letter}</w>' for letter in letters]
    merges: dict[tuple[str, str], None] = {}
    for word in (*COLORS, 'photo', 'something', 'anything', 'thing', 'fluffy', 'and', 'of'):
        parts = [*word[:-1], f'{word[-1]}</w>']
        while len(parts) > 1:  # from the right, so that words do not break each other
            merges[(parts[-2], parts[-1])] = None
            parts[-2:] = [parts[-2] + parts[-1]]
            tokens.append(parts[-1])
    tokens = list(dict.fromkeys([*tokens, '<|startoftext|>', '<|endoftext|>']))
    return {token: i for i, token in enumerate(tokens)}, list(merges)
