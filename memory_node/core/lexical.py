"""Words: what of a text is searched for, and how it is written as an FTS5 query."""

from __future__ import annotations

import re

from memory_node.core.data import Observation

__all__ = [
    'clean_label',
    'content_terms',
    'indexed_texts',
    'observation_text',
    'word_count',
]

#: Terms of one question that are searched for; more only cost time.
MAX_TERMS = 64
MAX_TERM_CHARS = 64

# fmt: off
STOP_WORDS = frozenset({
    'a', 'about', 'after', 'all', 'am', 'an', 'and', 'any', 'are', 'as', 'at', 'be', 'been',
    'bring', 'but', 'by', 'can', 'could', 'did', 'do', 'does', 'doing', 'down', 'enter', 'find',
    'for', 'from', 'get', 'go', 'had', 'has', 'have', 'having', 'he', 'head', 'her', 'here', 'him',
    'his', 'how', 'i', 'if', 'in', 'into', 'is', 'it', 'its', 'just', 'let', 'like', 'locate',
    'look', 'me', 'my', 'navigate', 'need', 'of', 'off', 'on', 'one', 'onto', 'or', 'our', 'out',
    'over', 'please', 'she', 'should', 'show', 'so', 'some', 'somewhere', 'such', 'take', 'tell',
    'than', 'that', 'the', 'their', 'them', 'then', 'there', 'these', 'they', 'this', 'those',
    'through', 'to', 'too', 'up', 'us', 'very', 'walk', 'want', 'was', 'we', 'were', 'what',
    'when', 'where', 'which', 'while', 'who', 'why', 'will', 'with', 'would', 'you', 'your',
})
# fmt: on


def clean_label(label: str) -> str:
    """Return a label as people write it: lower case, '#' and '_' as blanks."""
    return ' '.join(re.sub(r'[#_]', ' ', label).casefold().split())


def observation_text(observation: Observation) -> str:
    """Return the text that stands for an observation: its caption, or else its labels."""
    if observation.caption.strip():
        return re.sub(r'(?<=\w)#(?=\w)', ' ', observation.caption)
    return ', '.join(dict.fromkeys(clean_label(s.label) for s in observation.sightings))


def content_terms(text: str) -> tuple[str, ...]:
    """Return the distinct words of a text worth searching, in order; all if none is."""
    words = dict.fromkeys(w[:MAX_TERM_CHARS] for w in re.findall(r'\w+', text.casefold()))
    content = [w for w in words if w not in STOP_WORDS]
    return tuple(content or words)[:MAX_TERMS]


def indexed_texts(observation: Observation) -> tuple[str, str]:
    """Return the two texts whose words can be searched: the caption and the labels."""
    labels = dict.fromkeys(clean_label(s.label) for s in observation.sightings)
    return observation.caption, ', '.join(labels)


def word_count(observation: Observation) -> int:
    """Return how many words can be searched."""
    return sum(len(re.findall(r'\w+', text)) for text in indexed_texts(observation))
