from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
import pytest

from memory_node.core.data import MAX_CAPTION_CHARS
from memory_node.core.perception.captions import clean_text, compose_caption, merge_captions


@pytest.mark.parametrize(
    ('labels', 'caption'),
    [
        ([], ''),
        (['chair'], 'a chair'),
        (['oven', 'chair'], 'an oven and a chair'),
        (['chair', 'cup', 'dining table', 'cup'], 'a chair, two cups and a dining table'),
        (['person'] * 3, 'three people'),
        (['wine glass'] * 2 + ['bench'] * 2, 'two wine glasses and two benches'),
        (['knife'] * 12 + ['sheep'] * 13, 'twelve knives and 13 sheep'),
        (['scissors'], 'a pair of scissors'),
        (['scissors'] * 2, 'two pairs of scissors'),
        (['dirty_laundry_basket', 'baby'] + ['baby'], 'a dirty laundry basket and two babies'),
        (['umbrella', 'utensil', 'unicycle'], 'an umbrella, a utensil and a unicycle'),
        (['toy'] * 2, 'two toys'),
        (['_', '#', ''], ''),
    ],
)
def test_objects_become_words(labels, caption):
    assert compose_caption(labels) == caption


def test_a_sentence_and_objects_are_joined():
    assert merge_captions('', 'a chair') == 'a chair'
    assert merge_captions('A kitchen', '') == 'A kitchen'
    assert merge_captions('A kitchen', 'a chair') == 'A kitchen. There is a chair.'
    assert merge_captions('A kitchen.', 'a chair') == 'A kitchen. There is a chair.'


@given(st.text(max_size=200), st.integers(0, 2), st.sampled_from(['', 'a chair', 'x' * 9000]))
def test_a_merged_caption_fits(text, times, objects):
    longest = (text * 200)[:MAX_CAPTION_CHARS] if times else text
    assert len(merge_captions(longest, objects)) <= MAX_CAPTION_CHARS


@given(st.one_of(st.text(), st.binary(), st.text(alphabet=st.characters(categories=['Cs', 'Cc']))))
def test_clean_text_is_one_safe_line(raw):
    clean = clean_text(raw, 50)
    assert len(clean.text) <= 50
    assert not {unicodedata.category(c) for c in clean.text} & {'Cc', 'Cf', 'Cs', 'Co', 'Zl', 'Zp'}
    assert clean.text.encode('utf-8').decode() == clean.text == clean.text.strip()
    assert '  ' not in clean.text
    again = clean_text(clean.text, 50)
    assert again.text == clean.text
    assert not again.clipped


@pytest.mark.parametrize(
    ('raw', 'text', 'altered', 'clipped'),
    [
        ('a kitchen', 'a kitchen', False, False),
        (' a\n\tkitchen ', 'a kitchen', False, False),
        ('eine Küche 厨房', 'eine Küche 厨房', False, False),
        ('nul\0 and bell\a', 'nul and bell', True, False),
        ('\u202eevil\u202c\u200b', 'evil', True, False),
        ('lone \ud800 half', 'lone \ufffd half', True, False),
        (b'caf\xe9', 'caf\ufffd', True, False),
        (b'caf\xc3\xa9', 'café', False, False),
        ('x' * (MAX_CAPTION_CHARS + 1), 'x' * MAX_CAPTION_CHARS, False, True),
        ('x' * 1_000_000, 'x' * MAX_CAPTION_CHARS, False, True),
    ],
)
def test_what_is_done_is_told(raw, text, altered, clipped):
    clean = clean_text(raw)
    assert (clean.text, clean.altered, clean.clipped) == (text, altered, clipped)
