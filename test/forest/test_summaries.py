from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest

from memory_node.core.forest.summaries import AreaText, describe, Evidence, phrases, salient
from memory_node.core.rooms.kinds import infer_room, named_room


def evidence(*labels: str, count: int = 4, captions: tuple[str, ...] = ()) -> Evidence:
    return Evidence(
        count, 0, 90 * 10**9, objects=Counter(dict.fromkeys(labels, count)), captions=[*captions]
    )


@pytest.mark.parametrize(
    ('labels', 'room'),
    [
        (['stove', 'sink', 'fridge'], 'kitchen'),
        (['toilet', 'mirror', 'towel'], 'bathroom'),
        (['bed', 'nightstand', 'lamp'], 'bedroom'),
        (['couch', 'tv', 'coffee table'], 'living room'),
        (['chairs', 'desk', 'monitors', 'keyboard'], 'office'),
        (['chair', 'picture', 'plant'], ''),
        ([], ''),
    ],
)
def test_things_tell_the_room(labels, room):
    assert infer_room(labels) == room


def test_captions_that_name_a_room_are_believed_and_not_marked_as_inferred():
    text = describe(evidence('plant', captions=('The meeting room has a plant.',) * 3), [])
    assert (text.room, text.inferred) == ('meeting room', False)
    assert named_room('a long hallway') == 'hallway'
    assert named_room('nothing') == ''


def test_a_name_is_the_room_and_what_marks_it_out():
    kitchen = evidence('stove', 'sink', 'fridge', 'wall', 'chair')
    bedroom = evidence('bed', 'lamp', 'wall', 'chair')
    text = describe(kitchen, [bedroom])
    assert text.name == 'kitchen: fridge, stove and sink'
    assert text.inferred
    assert text.summary.startswith('4 observations over 1.5 minutes. Seen: chair (4x)')


def test_larger_areas_are_named_after_their_rooms():
    floor = evidence('stove', 'bed')
    floor.rooms = Counter({'bedroom': 9, 'kitchen': 5, 'bathroom': 2, 'hallway': 1})
    assert describe(floor, []).name == 'bedroom, kitchen and bathroom'


def test_without_objects_the_captions_words_name_the_area():
    own = Evidence(3, captions=['A stone fountain in a rose garden.'] * 3)
    own.phrases = Counter(p for c in own.captions for p in phrases(c))
    other = Evidence(3, captions=['A parked car by a rose.'])
    other.phrases = Counter(p for c in other.captions for p in phrases(c))
    name = describe(own, [other]).name
    assert 'stone fountain' in name
    assert 'garden' in name


def test_what_is_common_to_siblings_is_not_salient():
    own = {'chair': 10, 'stove': 4}
    assert salient(own, [{'chair': 10, 'bed': 4}, {'chair': 10}])[0] == 'stove'
    assert salient({}, []) == []


def test_nothing_seen_is_still_an_area():
    assert describe(Evidence(1), []).name == 'area'


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=80), max_size=5))
def test_any_captions_give_a_name_twice_the_same(captions):
    own = Evidence(len(captions), captions=captions)
    own.phrases = Counter(p for c in captions for p in phrases(c))
    first, second = describe(own, [own]), describe(own, [own])
    assert first == second
    assert first.name.strip()
    assert AreaText.of(first.row()) == first


def test_other_languages_are_words_too():
    own = Evidence(1, captions=['Eine weiße Küche mit Herd und Kühlschrank'])
    own.phrases = Counter(phrases(own.captions[0]))
    assert 'Küche'.casefold() in describe(own, []).name
