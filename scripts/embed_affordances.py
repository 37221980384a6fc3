"""
Encode the sentences that come with the memory, so that a robot never has to.

Run it after a change of ``affordances_*.jsonl``, ``wordings.yaml`` or names and uses of
``rooms.yaml`` in ``memory_node/data``; a test compares.
"""

from __future__ import annotations

from memory_node.core.config import LanguageConfig
from memory_node.core.language.affordances import DATA, load_packs
from memory_node.core.language.wordings import wording_packs
from memory_node.core.objects.meaning import make_vectors, vectors_file, write_vectors
from memory_node.core.rooms.vocabulary import default_vocabulary
from memory_node.models.sentence_encoder import SentenceEncoder


def main() -> None:
    """Write the vectors of the default packs and rooms for the default encoder."""
    encoder = SentenceEncoder()
    for old in DATA.glob('affordances-*.npz'):
        old.unlink()
    things = load_packs(LanguageConfig().affordance_packs.split(','))
    for packs in (things, default_vocabulary().packs, wording_packs().packs):
        path = DATA / vectors_file(packs, encoder.model_id)
        vectors = make_vectors(packs, lambda texts: encoder.encode(texts), encoder.dim)
        write_vectors(vectors, path)
        print(f'{path.name}: {path.stat().st_size / 1e6:.1f} MB, {len(packs.rows)} rows')


if __name__ == '__main__':
    main()
