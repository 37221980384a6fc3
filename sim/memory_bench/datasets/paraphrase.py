"""
A caption said differently, without a model: the same words are avoided where others will do.

Sentences are put in another order and some left out, clauses are dropped, words are replaced by
synonyms, and names and quoted signs are taken away. The same seed gives the same text.
"""

from __future__ import annotations

import random
import re

__all__ = ['paraphrase']

#: Words that stand for each other in descriptions of places; a row is one meaning.
# fmt: off
_SYNONYMS = (
    ('depicts', 'shows', 'presents'), ('building', 'structure', 'block'),
    ('buildings', 'structures', 'blocks'), ('street', 'road', 'roadway'),
    ('streets', 'roads', 'roadways'), ('sidewalk', 'footpath', 'pavement'),
    ('sidewalks', 'footpaths', 'pavements'), ('pathway', 'path', 'trail'),
    ('pathways', 'paths', 'trails'), ('walkway', 'footway', 'promenade'),
    ('walkways', 'footways', 'promenades'), ('large', 'big', 'sizeable'),
    ('small', 'little', 'compact'), ('cars', 'automobiles', 'vehicles'), ('car', 'automobile'),
    ('parked', 'standing', 'left'), ('autumn', 'fall'), ('fall', 'autumn'),
    ('foliage', 'leafage', 'greenery'), ('trees', 'treetops', 'woods'),
    ('lawn', 'turf', 'grass'), ('lawns', 'greens'), ('grassy', 'turfed', 'green'),
    ('modern', 'contemporary', 'present-day'), ('historic', 'old', 'heritage'),
    ('tall', 'high', 'towering'), ('wide', 'broad'), ('narrow', 'slim', 'tight'),
    ('urban', 'city', 'downtown'), ('residential', 'housing', 'suburban'),
    ('university', 'college'), ('campus', 'school grounds', 'college grounds'),
    ('several', 'a number of', 'some'), ('numerous', 'many'), ('multiple', 'several'),
    ('people', 'persons', 'folks'), ('pedestrians', 'walkers', 'people on foot'),
    ('students', 'pupils', 'young people'), ('bench', 'seat'), ('benches', 'seats'),
    ('bicycle', 'bike'), ('bicycles', 'bikes'), ('bike', 'bicycle'), ('bikes', 'bicycles'),
    ('lamppost', 'street lamp', 'light pole'), ('lampposts', 'street lamps', 'light poles'),
    ('fence', 'railing', 'barrier'), ('wall', 'barrier'), ('stairs', 'steps', 'staircase'),
    ('steps', 'stairs'), ('entrance', 'way in', 'doorway'), ('glass', 'glazed'),
    ('windows', 'panes'), ('brick', 'brickwork', 'red masonry'), ('stone', 'masonry'),
    ('concrete', 'cement'), ('columns', 'pillars'), ('arched', 'vaulted', 'curved'),
    ('intersection', 'crossing', 'junction'), ('crosswalk', 'zebra crossing'),
    ('shrubs', 'bushes'), ('bushes', 'shrubs'), ('shade', 'shadow'),
    ('overcast', 'cloudy', 'grey'), ('cloudy', 'overcast'), ('sunny', 'bright'),
    ('serene', 'calm', 'peaceful'), ('quiet', 'calm', 'silent'), ('tranquil', 'peaceful'),
    ('vibrant', 'bright', 'lively'), ('lush', 'dense', 'rich'), ('visible', 'in view', 'to see'),
    ('surrounded', 'encircled', 'ringed'), ('bordered', 'edged', 'lined'),
    ('lined', 'edged', 'bordered'), ('adjacent', 'next', 'close'), ('near', 'close to', 'by'),
    ('background', 'distance', 'rear'), ('foreground', 'front'), ('playground', 'play area'),
    ('stadium', 'arena'), ('field', 'pitch'), ('track', 'running lane'), ('statue', 'monument'),
    ('sculpture', 'artwork'), ('courtyard', 'quad', 'yard'), ('garden', 'flower bed'),
    ('truck', 'lorry'), ('van', 'minivan'), ('trash', 'garbage', 'rubbish'), ('bins', 'cans'),
    ('house', 'home'), ('houses', 'homes'), ('hill', 'slope', 'rise'), ('leaves', 'leafage'),
    ('leafless', 'bare'), ('bare', 'leafless'), ('area', 'zone', 'spot'),
    ('environment', 'surroundings', 'setting'), ('setting', 'surroundings', 'scenery'),
    ('atmosphere', 'mood', 'feeling'), ('features', 'has', 'includes'),
    ('featuring', 'with', 'including'), ('indicating', 'pointing to', 'a sign of'),
    ('suggesting', 'hinting at', 'implying'), ('leading', 'going', 'running'),
    ('lot', 'area'), ('expansive', 'vast', 'wide'), ('open', 'free'),
    ('covered', 'blanketed', 'coated'), ('facade', 'front'), ('metal', 'steel', 'iron'),
    ('wooden', 'timber'), ('yellow', 'golden'), ('beige', 'sand-coloured', 'tan'),
    ('seating', 'places to sit'), ('additional', 'further', 'more'), ('lush', 'green'),
)
_LEADS = (
    'a place with', 'the spot where there is', 'somewhere with', 'I remember', 'looking for',
    'find a place like:',
)
# fmt: on
_TABLE: dict[str, tuple[str, ...]] = {row[0]: row[1:] for row in _SYNONYMS}
_SENTENCE = re.compile(r'(?<=[.!?])\s+')
_QUOTED = re.compile(r'["“”][^"“”]*["“”]')
_NAME = re.compile(r'(?<=[a-z,] )(?:[A-Z][\w\'’.-]*)(?: [A-Z][\w\'’.-]*)*')
_OPENING = re.compile(r'^(?:the|this) (?:scene|image|view) \w+ (?=a|an|the)', re.IGNORECASE)
#: What says nothing of a place: "There are no visible signs or labels in the scene."
_EMPTY = re.compile(r'\b(no|not|any) (visible|specific|additional|legible|readable|clear)\b')
_REPLACED, _DROPPED = 0.7, 0.35
_SENTENCES = (2, 3)


def paraphrase(caption: str, seed: int | str) -> str:
    """
    Say what a caption says in other words; '' if it says nothing.

    A leading title ("Name of the place. The scene ...") is a name, and is dropped too.
    """
    draw = random.Random(f'{seed}')
    sentences = [s for s in _SENTENCE.split(caption.strip()) if s]
    if len(sentences) > 1:
        sentences = sentences[1:]
    told = [s for s in sentences if not _EMPTY.search(s)] or sentences
    chosen = draw.sample(told, min(draw.choice(_SENTENCES), len(told)))
    said = [_said(sentence, draw) for sentence in chosen]
    text = '; '.join(s for s in said if s)
    return f'{draw.choice(_LEADS)} {text}' if text else ''


def _said(sentence: str, draw: random.Random) -> str:
    sentence = _NAME.sub('', _QUOTED.sub('', sentence))
    sentence = _OPENING.sub('', sentence).rstrip('.!? ')
    clauses = [c.strip() for c in sentence.split(',') if c.strip()]
    kept = [c for i, c in enumerate(clauses) if i == 0 or draw.random() > _DROPPED]
    if len(kept) > 2:
        kept = [kept[0], *draw.sample(kept[1:], len(kept) - 1)]
    words = ', '.join(kept)
    words = re.sub(r"[A-Za-z'-]+", lambda m: _replaced(m[0], draw), words)
    words = ' '.join(words.split())
    return words[:1].lower() + words[1:]


def _replaced(word: str, draw: random.Random) -> str:
    others = _TABLE.get(word.lower())
    if others is None or draw.random() > _REPLACED:
        return word
    return draw.choice(others)
