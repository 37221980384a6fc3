"""Texts are compared with pictures by a CLIP, where there is one."""

from __future__ import annotations

import json
import sqlite3

from fakes import BagOfWordsEncoder, seen
from interchange.made_bags import Recipe, record
import pytest
from tiny_clip import COLORS, drawn, make_tiny_clip

from memory_node import Memory
from memory_node.cli.main import main
from memory_node.core.errors import EncoderError, StoreFormatError
from memory_node.core.language.affordances import load_packs
from memory_node.models.factory import make_image_encoder
from memory_node.models.image_encoder import ClipEncoder

#: Colours that the memory holds; the others were never seen.
SEEN = ('red', 'green', 'blue', 'black')


@pytest.fixture(scope='session')
def folder(tmp_path_factory):
    packs = load_packs(['everyday', 'trades'])
    return make_tiny_clip(tmp_path_factory.mktemp('clip'), [r[0][0] for r in packs.rows])


@pytest.fixture(scope='session')
def clip(folder):
    return make_image_encoder(str(folder))


def opened(path, clip=None, **more):
    return Memory.open(path, encoder=BagOfWordsEncoder(), image_encoder=clip, **more)


def views(colors=SEEN, first=0):
    return [
        seen(
            f'{color}-{first + i}',
            (10.0 * (first + i), 0.0, 0.0),
            'nothing recognised',
            keyframe=drawn(color, 100 + first + i),
        )
        for i, color in enumerate(colors)
    ]


def best(memory, text):
    answer = memory.retrieve(text, 1)
    return answer.places[0].node_id.split('-')[0] if answer.found else ''


def test_a_picture_is_found_by_what_no_caption_says(tmp_path, clip):
    with opened(tmp_path / 'm.sqlite', clip) as memory:
        memory.add_many(views())
        for color in COLORS:
            for text in (f'something {color} and fluffy', f'where is the {color} thing?'):
                assert best(memory, text) == (color if color in SEEN else ''), text
        place = memory.retrieve('something blue and fluffy').places[0]
        assert place.confidence > 0.8
        assert place.why == 'what was seen there fits the description'
        assert not memory.retrieve('is there a swimming pool?').found


def test_a_name_decides_before_pictures_do(tmp_path, clip):
    with opened(tmp_path / 'm.sqlite', clip) as memory:
        memory.add_many(views())
        memory.add(seen('shown', (90.0, 0.0, 0.0), objects={'thing': (91.0, 0.0, 0.0)}))
        assert memory.retrieve('a thing').places[0].node_id == 'shown'


def test_without_a_model_nothing_of_it_is_there(tmp_path, clip):
    path = tmp_path / 'm.sqlite'
    with opened(path) as memory:
        memory.add_many(views())
        assert best(memory, 'something blue and fluffy') == ''
    assert sqlite3.connect(path).execute('SELECT * FROM picture_vector').fetchall() == []


def test_pictures_of_before_get_their_vectors_at_the_next_opening(tmp_path, clip):
    path = tmp_path / 'm.sqlite'
    with opened(path) as memory:
        memory.add_many(views())
        memory.add(seen('broken', keyframe=b'\xff\xd8no picture'))
    with opened(path, clip) as memory:
        assert best(memory, 'something blue') == 'blue'
        assert memory.stats().pictures_failed == 0


def test_another_model_makes_them_again_and_a_reader_refuses_it(tmp_path, clip):
    path = tmp_path / 'm.sqlite'
    with opened(path, clip) as memory:
        memory.add_many(views())
    other = Renamed(clip)
    with pytest.raises(EncoderError, match='tiny@2'):
        opened(path, other, read_only=True)
    with opened(path, other) as memory:
        assert best(memory, 'something red') == 'red'
    assert other.pictures == len(SEEN)
    with opened(path, read_only=True) as memory:
        assert best(memory, 'something red') == ''


def test_what_is_forgotten_is_forgotten_as_a_picture(tmp_path, clip):
    path = tmp_path / 'm.sqlite'
    with opened(path, clip) as memory:
        memory.add_many(views())
        assert best(memory, 'something blue') == 'blue'
        memory.forget(['blue-2'])
        assert best(memory, 'something blue') == ''
        memory.add_many(views(['blue'], first=7))
        assert best(memory, 'something blue') == 'blue'
    keys = sqlite3.connect(path).execute('SELECT observation FROM picture_vector').fetchall()
    assert keys == [(1,), (2,), (4,), (5,)]


def test_a_reader_follows_what_is_written_beside_it(tmp_path, clip):
    path = tmp_path / 'm.sqlite'
    with opened(path, clip) as memory:
        memory.add_many(views(['red', 'green']))
        with opened(path, clip, read_only=True) as reader:
            assert best(reader, 'something blue') == ''
            memory.add_many(views(['blue'], first=5))
            assert best(reader, 'something blue') == 'blue'
            memory.forget(['blue-5'])
            assert best(reader, 'something blue') == ''


def test_vectors_of_pictures_count_for_the_budget(tmp_path, clip):
    sizes = []
    for encoder in (None, clip):
        with opened(tmp_path / f'{encoder is None}.sqlite', encoder) as memory:
            memory.add_many(views())
            sizes.append(memory._mirror.sizes()[1])
    assert (sizes[1] - sizes[0]).tolist() == [4 * clip.dim] * len(SEEN)


def test_an_encoder_that_fails_loses_no_observation(tmp_path, clip):
    path = tmp_path / 'm.sqlite'
    with opened(path, Renamed(clip, fails=True)) as memory:
        memory.add_many(views())
        assert len(memory.snapshot()) == len(SEEN)
        assert memory.stats().pictures_failed == len(SEEN)
    with opened(path, Renamed(clip)) as memory:
        assert best(memory, 'something blue') == 'blue'


def test_a_damaged_vector_is_named(tmp_path, clip):
    path = tmp_path / 'm.sqlite'
    with opened(path, clip) as memory:
        memory.add_many(views())
    db = sqlite3.connect(path)
    db.execute('UPDATE picture_vector SET crc = crc + 1 WHERE observation = 2')
    db.commit()
    db.close()
    with opened(path, clip) as memory, pytest.raises(StoreFormatError, match='picture'):
        memory.retrieve('something blue')


def test_a_model_of_texts_alone_is_refused_by_name(tmp_path):
    from memory_node.models.sentence_encoder import default_model_folder

    with pytest.raises(EncoderError, match=r'image encoder'):
        ClipEncoder(str(default_model_folder()))
    with pytest.raises(EncoderError, match='no-such-model'):
        ClipEncoder('no-such-model')


def test_a_recording_without_detections_is_asked_by_its_pictures(tmp_path, folder, capsys):
    bag = record(tmp_path / 'drive', Recipe())
    told = ('--store', str(tmp_path / 'm.sqlite'), '--image-encoder', str(folder), '--json')
    assert main(['import', str(bag), '--no-pictures', *told]) == 1
    assert '--no-pictures' in capsys.readouterr().err
    assert main(['import', str(bag), '--captioner', 'none', *told]) == 0
    added = json.loads(capsys.readouterr().out)['added']
    db = sqlite3.connect(tmp_path / 'm.sqlite')
    assert db.execute('SELECT count(*) FROM picture_vector').fetchone() == (added,)
    assert main(['query', 'something blue', *told]) in (0, 1)
    assert json.loads(capsys.readouterr().out)['places']


class Renamed:
    """The same model under another name; it may fail at pictures."""

    def __init__(self, clip, *, fails=False):
        self._clip, self._fails = clip, fails
        self.model_id, self.dim, self.pictures = 'tiny@2', clip.dim, 0
        self.scale = clip.scale

    def encode_texts(self, texts):
        return self._clip.encode_texts(texts)

    def encode_pictures(self, pictures):
        if self._fails:
            raise EncoderError('out of memory')
        self.pictures += len(pictures)
        return self._clip.encode_pictures(pictures)
