"""What `memory-bench fuzz` has found: the smallest input of each fault, and what is said now."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
import resource
from types import SimpleNamespace

from fakes import BagOfWordsEncoder, seen
import pytest

from memory_node import Memory
from memory_node.core.answers.narrate import narrated
from memory_node.core.config import ForestConfig
from memory_node.core.corrections.edit import Edit
from memory_node.core.data import Place, Pose
from memory_node.core.errors import (
    CaptionerError,
    InvalidObservationError,
    InvalidQueryError,
    LanguageModelError,
)
from memory_node.core.language.directives import tells_somebody
from memory_node.core.language.wordnet import wordnet
from memory_node.core.perception.class_names import ClassNames, read_class_names
from memory_node.core.perception.depth_images import decode_compressed_depth
from memory_node.core.perception.images import decode_compressed_color
from memory_node.core.ports import Completion
from memory_node.core.rooms.captions import CaptionReader
from memory_node.core.rooms.vocabulary import default_vocabulary, load_vocabulary
from memory_node.interchange.gml import read_gml
from memory_node.interchange.message_types import known_types
from memory_node.interchange.recording import read_messages


@pytest.mark.parametrize(
    'text',
    [
        *('}', '\0', "? '\n: null", 'rooms: {a: true}', 'rooms: {}\nheads: 1', '[' * 30_000),
        'a: &a [x, x]\nb: &b [*a, *a]\nrooms: {c: {also: [*b, *b]}}',
    ],
)
def test_rooms_of_another_form_are_a_value_error(tmp_path, text):
    path = tmp_path / 'rooms.yaml'
    path.write_text(text)
    with pytest.raises(ValueError, match='rooms.yaml'):
        load_vocabulary(extra=path)


@pytest.mark.parametrize('end', ['.yaml', '.json', '.txt'])
def test_class_ids_of_thousands_of_digits(tmp_path, end):
    path = tmp_path / f'classes{end}'
    path.write_text(f'{"9" * 5000}: chair\n')
    with suppress(CaptionerError):
        read_class_names(path)
    assert ClassNames().name('9' * 5000) == '9' * 5000  # no number then, and too long for a label


@pytest.mark.parametrize('text', ['7', '[' * 30_000])
def test_class_names_of_another_form_are_refused_at_once(tmp_path, text):
    path = tmp_path / 'classes.yaml'
    path.write_text(text)
    with pytest.raises(CaptionerError, match='class names'):
        read_class_names(path)


def test_a_setting_beyond_every_float_is_refused_by_name():
    with pytest.raises(ValueError, match='semantic_weight'):
        ForestConfig(semantic_weight=10**400)


@pytest.mark.parametrize('content', [b'\x01\x00\x00\x00', b'\x00\x05\x00\x00\x00\x00', b''])
def test_a_message_without_an_encapsulation_is_left_out(content):
    connection = SimpleNamespace(topic='/image', msgtype='sensor_msgs/msg/CompressedImage')
    reader = SimpleNamespace(
        messages=lambda wanted: [(connection, 0, content)],
        deserialize=known_types().deserialize_cdr,
    )
    refused: list[tuple[str, str]] = []
    assert list(read_messages(reader, [connection], lambda *why: refused.append(why))) == []
    assert refused == [('recording', 'a message of /image can not be read')]


@pytest.mark.parametrize(
    'value',
    [
        {},
        {'known': True, 'answer': 'a sofa', 'citations': 1},
        {'known': True, 'answer': 'a sofa', 'citations': [[]]},
        {'known': 'yes', 'answer': 'a sofa', 'citations': [1]},
        {'known': True, 'answer': None, 'citations': [1]},
    ],
)
def test_an_answer_outside_its_schema_is_a_typed_error(value):
    model = SimpleNamespace(model_id='m', complete=lambda **asked: Completion(value=value))
    place = Place(
        node_id='n',
        level=0,
        map_id='map',
        pose=Pose(position=(0.0, 0.0, 0.0)),
        stamp_ns=0,
        score=1.0,
        confidence=1.0,
        caption='a sofa',
    )
    with pytest.raises(LanguageModelError):
        narrated('where is the sofa?', [place], model)


def test_a_number_of_a_class_without_a_name_is_still_refused():
    with pytest.raises(InvalidObservationError, match='has no name'):
        ClassNames().name('12')


#: A PNG of one pixel whose second chunk says that it holds 197 MB: 4 s and 3.2 GB before.
SWOLLEN = (
    b'\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\x83|\xcfb\xbb\x0b\xc8\xb0\0\x0cID'
    b'AT\x08\x1dc\x90v\xba\n\0\x01\xae\x013[\xa7\x08\xb7\0\0\0\0IEND\xaeB`\x82'
)


@pytest.mark.parametrize('reduce', [1, 8])
def test_a_picture_whose_parts_say_more_than_the_file_holds_is_not_decoded(reduce):
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InvalidObservationError, match='no end mark within 69 bytes'):
        decode_compressed_color(SWOLLEN, reduce=reduce)
    with pytest.raises(InvalidObservationError, match='no end mark'):
        decode_compressed_depth(bytes(12) + SWOLLEN, '16UC1; compressedDepth png')
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < held + 500_000  # KiB


@pytest.mark.parametrize('wrong', ['node [ id [ x 1 ] position [ x 0 y -1 ] ]', 'node 80'])
def test_a_graph_whose_nodes_are_none_is_refused(tmp_path, wrong):
    path = tmp_path / 'g.gml'
    path.write_text(f'graph [ {wrong} node [ id 1 position [ x 0 y -1 ] ] ]')
    with pytest.raises(InvalidObservationError, match='GML'):
        read_gml(path, [])


@pytest.mark.parametrize('wrong', [[], {}, 0, False, b'', None])
@pytest.mark.parametrize('field', ['name', 'map_id', 'question', 'observation_id'])
def test_a_correction_whose_text_is_none_is_refused_before_it_is_stored(field, wrong):
    with pytest.raises(InvalidQueryError, match=f'{field} must be a text'):
        Edit.of_body('relabel', {'object_id': 1, 'name': 'lamp', field: wrong})


def test_derived_files_with_a_bit_changed_anywhere_are_made_again_or_right(tmp_path):
    path = tmp_path / 'm.db'
    with Memory.open(path, encoder=BagOfWordsEncoder()) as memory:
        memory.add_many(
            seen(f'n{i}', (i, 0, 0), f'a kitchen {i}', stamp=i, objects={'lamp': (i, 1, 1)})
            for i in range(12)
        )
        memory.wait_areas()
    files = {end: Path(f'{path}{end}').read_bytes() for end in ('.rooms', '.objects', '.forest')}
    for end, whole in files.items():
        for place in range(0, len(whole), max(1, len(whole) // 10)):
            content = bytearray(whole)
            content[place] ^= 1 << place % 8
            Path(f'{path}{end}').write_bytes(content)
            with Memory.open(path, encoder=BagOfWordsEncoder(), read_only=True) as memory:
                assert memory.retrieve('lamp').found
        Path(f'{path}{end}').write_bytes(whole)


@pytest.mark.parametrize('unit', ['room ', 'the room of ', "kitchen's ", 'Room B12 ', 'a-'])
def test_a_caption_of_one_word_again_and_again_is_read_in_one_go(unit):
    text = unit * 12_000  # hours, where time grows with the square or cube of the length
    CaptionReader(default_vocabulary()).names([text], frozenset())
    tells_somebody(text)


def test_a_word_that_ends_with_its_hyphen_is_read():
    said = CaptionReader(default_vocabulary()).names(['A kitchen with a- kitchen'], frozenset())
    assert said[0][0].name == 'kitchen'


def test_half_a_character_is_no_word():
    assert wordnet().senses('chair \ud800') == ()
    assert wordnet().verb_base('\ud800ed') == ''
