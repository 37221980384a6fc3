"""
Encode the affordance packs that come with the memory, so that a robot never has to.

Run it after a change of ``memory_node/data/affordances_*.jsonl``; a test compares.
"""

from __future__ import annotations

from memory_node.core.config import LanguageConfig
from memory_node.core.language.affordances import DATA, load_packs
from memory_node.core.objects.meaning import make_vectors, vectors_file, write_vectors
from memory_node.models.sentence_encoder import SentenceEncoder


def main() -> None:
    """Write the vectors of the default packs for the default encoder."""
    encoder = SentenceEncoder()
    packs = load_packs(LanguageConfig().affordance_packs.split(','))
    path = DATA / vectors_file(packs, encoder.model_id)
    for old in DATA.glob('affordances-*.npz'):
        old.unlink()
    write_vectors(make_vectors(packs, lambda texts: encoder.encode(texts), encoder.dim), path)
    print(f'{path.name}: {path.stat().st_size / 1e6:.1f} MB, {len(packs.rows)} rows')


if __name__ == '__main__':
    main()
