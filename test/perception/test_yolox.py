from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import onnx
from onnx import helper, TensorProto
import pytest

from memory_node.core.errors import CaptionerError
from memory_node.core.perception.class_names import read_class_names
from memory_node.models.detection.boxes import non_maximum_suppression
from memory_node.models.detection.detector import OnnxDetector
from memory_node.models.detection.yolox import decode_outputs, letterbox

SIDE = 64
CELLS = 8 * 8 + 4 * 4 + 2 * 2


def raw_output(cell, stride, box, objectness, scores):
    """One raw row that decodes to ``box``; the inverse of the network's grid."""
    left, top, right, bottom = box
    row = [
        (left + right) / 2 / stride - cell[0],
        (top + bottom) / 2 / stride - cell[1],
        np.log((right - left) / stride),
        np.log((bottom - top) / stride),
    ]
    return np.array([*row, objectness, *scores], dtype=np.float32)


def write_model(path, output, *, side=SIDE):
    """Write an ONNX model that answers ``output`` whatever the picture."""
    answer = helper.make_tensor('a', TensorProto.FLOAT, output.shape, output.ravel().tolist())
    nodes = [
        helper.make_node('Constant', [], ['c'], value=answer),
        helper.make_node('ReduceMean', ['images'], ['m'], keepdims=0),
        helper.make_node('Sub', ['m', 'm'], ['zero']),
        helper.make_node('Add', ['c', 'zero'], ['output']),
    ]
    graph = helper.make_graph(
        nodes,
        'fixed',
        [helper.make_tensor_value_info('images', TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info('output', TensorProto.FLOAT, output.shape)],
    )
    opset = [helper.make_opsetid('', 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)


def model_of(tmp_path, rows, names='cup\ndiningtable\n'):
    output = np.zeros((1, CELLS, 7), np.float32)
    for index, row in rows.items():
        output[0, index] = row
    write_model(tmp_path / 'model.onnx', output)
    (tmp_path / 'coco_classes.txt').write_text(names)
    return tmp_path / 'model.onnx'


def test_boxes_come_back_in_pixels_of_the_picture(tmp_path):
    # cell (3, 2) of stride 8 is row 2 * 8 + 3; cell (1, 1) of stride 32 is row 64 + 16 + 3
    path = model_of(
        tmp_path,
        {
            19: raw_output((3, 2), 8, (10.0, 5.0, 30.0, 25.0), 0.9, (1.0, 0.0)),
            20: raw_output((4, 2), 8, (11.0, 5.0, 31.0, 25.0), 0.8, (1.0, 0.0)),
            83: raw_output((1, 1), 32, (10.0, 5.0, 30.0, 26.0), 0.7, (0.0, 0.9)),
        },
    )
    caption = OnnxDetector(path).describe(np.zeros((128, 256, 3), np.uint8))  # four times 64x32
    assert [d.label for d in caption.detections] == ['cup', 'dining table']
    cup, table = caption.detections
    assert cup.box_px == pytest.approx((40, 20, 120, 100), abs=1e-3)
    assert cup.confidence == pytest.approx(0.9)
    assert table.confidence == pytest.approx(0.63)
    assert caption.text == ''


def test_boxes_are_cut_at_the_picture_and_weak_ones_dropped(tmp_path):
    path = model_of(
        tmp_path,
        {
            0: raw_output((0, 0), 8, (-20.0, -10.0, 30.0, 90.0), 0.9, (1.0, 0.0)),
            1: raw_output((1, 0), 8, (40.0, 40.0, 60.0, 60.0), 0.5, (0.5, 0.0)),
            2: raw_output((2, 0), 8, (10.0, 50.0, 20.0, 60.0), 0.9, (0.0, 1.0)),
        },
    )
    caption = OnnxDetector(path).describe(np.zeros((32, 64, 3), np.uint8))
    assert [d.box_px for d in caption.detections] == [pytest.approx((0, 0, 30, 32))]


@pytest.mark.parametrize('shape', [(480, 640), (640, 480), (1, 1), (3, 900), (416, 416)])
def test_letterbox_keeps_the_aspect_and_pads_with_grey(shape):
    blob, scale = letterbox(np.full((*shape, 3), (10, 20, 30), np.uint8), 416, 416)
    assert blob.shape == (1, 3, 416, 416)
    assert blob[0, :, 0, 0].tolist() == [30, 20, 10]  # blue first
    assert scale == pytest.approx(416 / max(shape))
    if min(shape) < max(shape):
        assert blob[0, :, -1, -1].tolist() == [114, 114, 114]


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(0, 60), threshold=st.floats(0.1, 0.9))
def test_no_two_kept_boxes_overlap_and_each_dropped_one_does(seed, n, threshold):
    rng = np.random.default_rng(seed)
    low = rng.uniform(0, 80, (n, 2))
    boxes = np.hstack([low, low + rng.uniform(1, 40, (n, 2))]).astype(np.float32)
    scores = rng.uniform(0, 1, n).astype(np.float32)
    kept = non_maximum_suppression(boxes, scores, threshold)

    def iou(a, b):
        size = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0)
        shared = size.prod()
        return shared / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - shared)

    for i, a in enumerate(kept):
        assert all(iou(boxes[a], boxes[b]) <= threshold + 1e-5 for b in kept[:i])
    for row in set(range(n)) - set(kept.tolist()):
        rivals = [k for k in kept if scores[k] >= scores[row]]
        assert any(iou(boxes[row], boxes[k]) > threshold - 1e-5 for k in rivals)


def test_outputs_of_another_size_are_refused():
    with pytest.raises(CaptionerError, match='3549'):
        decode_outputs(np.zeros((3549, 85), np.float32), 320, 320)


@pytest.mark.parametrize(
    ('content', 'named'),
    [(None, 'does not exist'), (b'', 'cannot be loaded'), (b'noise' * 100, 'cannot be loaded')],
)
def test_models_that_are_none_are_refused(tmp_path, content, named):
    model_of(tmp_path, {})
    if content is not None:
        (tmp_path / 'other.onnx').write_bytes(content)
    with pytest.raises(CaptionerError, match=named):
        OnnxDetector(tmp_path / 'other.onnx')


@pytest.mark.parametrize(
    ('content', 'named'),
    [
        (b'a\nb\nc\n', '2 classes but 3 names'),
        (b'\n\n', 'empty'),
        (b'caf\xe9\n', 'cannot be read'),
    ],
)
def test_class_names_that_do_not_fit_are_refused(tmp_path, content, named):
    names = tmp_path / 'names.txt'
    names.write_bytes(content)
    with pytest.raises(CaptionerError, match=named):
        OnnxDetector(model_of(tmp_path, {}), names, layout='yolox')


def test_old_spellings_are_read_as_people_say_them(tmp_path):
    (tmp_path / 'names.txt').write_text(' tvmonitor \n\npottedplant\nchair\n')
    named = read_class_names(tmp_path / 'names.txt')
    assert tuple(named.values()) == ('tv monitor', 'potted plant', 'chair')


def test_a_model_whose_outputs_fit_no_grid_is_refused_when_run(tmp_path):
    model_of(tmp_path, {})
    write_model(tmp_path / 'odd.onnx', np.zeros((1, 77, 7), np.float32))
    with pytest.raises(CaptionerError, match='77 outputs'):
        OnnxDetector(tmp_path / 'odd.onnx', layout='yolox').describe(np.zeros((8, 8, 3), np.uint8))


@pytest.mark.parametrize('shape', [(4, 4), (0, 4, 3), (4, 4, 4)])
def test_no_picture_is_refused(tmp_path, shape):
    with pytest.raises(CaptionerError, match='picture'):
        OnnxDetector(model_of(tmp_path, {})).describe(np.zeros(shape, np.uint8))
