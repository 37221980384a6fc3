"""
Detectors of other families, by graphs with known outputs.

A graph of the geometry tests finds the white square of its input itself: its first and last row
and column come out of the very pixels that went in.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper, TensorProto
import pytest

from memory_node.core.config import PerceptionConfig
from memory_node.core.errors import CaptionerError
from memory_node.models.detection.boxes import centered, Fit
from memory_node.models.detection.detector import OnnxDetector
from memory_node.models.factory import make_captioner

SIDE = 64
NAMES = "{0: 'blue mug', 1: 'fire extinguisher'}"


def written(path, outputs, *, names=NAMES, sizes=False, dtype=TensorProto.FLOAT, side=SIDE):
    """Write a graph that answers ``outputs`` by name, whatever the picture."""
    inputs = [helper.make_tensor_value_info('images', dtype, [1, 3, side, side])]
    nodes = [
        helper.make_node('ReduceMax', ['images'], ['m'], keepdims=0),
        helper.make_node('Sub', ['m', 'm'], ['zero']),
    ]
    if sizes:
        kind = TensorProto.INT64
        inputs.append(helper.make_tensor_value_info('orig_target_sizes', kind, [1, 2]))
    infos = []
    for name, value in outputs.items():
        kind = TensorProto.INT64 if value.dtype == np.int64 else dtype
        if kind == TensorProto.FLOAT16:
            value = value.astype(np.float16)
        constant = numpy_helper.from_array(value)
        nodes.append(helper.make_node('Constant', [], [f'c_{name}'], value=constant))
        if kind == TensorProto.INT64:
            nodes.append(helper.make_node('Identity', [f'c_{name}'], [name]))
        else:
            nodes.append(helper.make_node('Add', [f'c_{name}', 'zero'], [name]))
        infos.append(helper.make_tensor_value_info(name, kind, list(value.shape)))
    graph = helper.make_graph(nodes, 'fixed', inputs, infos)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)], ir_version=8)
    if names:
        helper.set_model_props(model, {'names': names})
    onnx.save(model, path)
    return path


def grid(rows, classes=2, count=40):
    """Return Ultralytics' (1, 4 + classes, n) for rows of centre, size and scores."""
    output = np.zeros((1, 4 + classes, count), np.float32)
    for i, row in enumerate(rows):
        output[0, :, i] = row
    return output


def ready(rows, count=300):
    output = np.zeros((1, count, 6), np.float32)
    output[0, : len(rows)] = rows
    return output


def picture(height=128, width=256):
    return np.zeros((height, width, 3), np.uint8)


def boxes(detector, image):
    return [(d.label, d.confidence, d.box_px) for d in detector.describe(image).detections]


def test_a_list_of_prompts_is_told_by_the_model(tmp_path):
    # 256x128 lies four times smaller in rows 16 to 48 of the input.
    rows = [(20, 26, 20, 12, 0.9, 0.0), (21, 26, 20, 12, 0.8, 0.0), (50, 40, 20, 30, 0.0, 0.6)]
    detector = OnnxDetector(written(tmp_path / 'world.onnx', {'output0': grid(rows)}))
    assert (detector.name, detector.labels) == ('ultralytics', ('blue mug', 'fire extinguisher'))
    mug, extinguisher = boxes(detector, picture())
    assert mug == ('blue mug', pytest.approx(0.9), pytest.approx((40, 16, 120, 64)))
    assert extinguisher[:2] == ('fire extinguisher', pytest.approx(0.6))
    assert extinguisher[2] == pytest.approx((160, 36, 240, 128))  # cut at the picture


def test_names_of_a_file_stand_before_those_of_the_model(tmp_path):
    path = written(tmp_path / 'w.onnx', {'output0': grid([(20, 26, 20, 12, 0.9, 0.0)])})
    (tmp_path / 'prompts.txt').write_text('cup\nlamp\n')
    assert boxes(OnnxDetector(path, tmp_path / 'prompts.txt'), picture())[0][0] == 'cup'


def test_masks_behind_the_scores_are_left_alone(tmp_path):
    rows = [(20, 26, 20, 12, 0.9, 0.0, *([5.0] * 32))]
    outputs = {
        'output0': grid(rows, classes=2 + 32),
        'output1': np.zeros((1, 32, 16, 16), np.float32),
    }
    detector = OnnxDetector(written(tmp_path / 'seg.onnx', outputs))
    assert [d[:2] for d in boxes(detector, picture())] == [('blue mug', pytest.approx(0.9))]


def test_boxes_that_are_ready_are_taken_as_they_are(tmp_path):
    rows = [(10, 20, 30, 32, 0.9, 1), (11, 20, 31, 32, 0.8, 1), (0, 0, 9, 9, 0.1, 0)]
    detector = OnnxDetector(written(tmp_path / 'e.onnx', {'output0': ready(rows)}))
    assert detector.name == 'end_to_end'
    assert boxes(detector, picture()) == [
        ('fire extinguisher', pytest.approx(0.9), pytest.approx((40, 16, 120, 64))),
        ('fire extinguisher', pytest.approx(0.8), pytest.approx((44, 16, 124, 64))),
    ]


@pytest.mark.parametrize('dtype', [TensorProto.FLOAT, TensorProto.FLOAT16])
def test_shares_of_a_stretched_picture(tmp_path, dtype):
    logits = np.full((1, 5, 2), -9.0, np.float32)
    logits[0, 3] = (2.0, -9.0)
    places = np.zeros((1, 5, 4), np.float32)
    places[0, 3] = (0.5, 0.25, 0.25, 0.5)
    outputs = {'logits': logits, 'pred_boxes': places}
    detector = OnnxDetector(written(tmp_path / 'r.onnx', outputs, dtype=dtype))
    ((label, confidence, box),) = boxes(detector, picture())
    assert (detector.name, label) == ('rtdetr', 'blue mug')
    assert confidence == pytest.approx(1 / (1 + np.exp(-2.0)), abs=1e-3)
    assert box == pytest.approx((96, 0, 160, 64))


def test_boxes_for_the_size_that_was_told(tmp_path):
    outputs = {
        'labels': np.array([[1, 0]], np.int64),
        'boxes': np.array([[[96, 0, 160, 64], [0, 0, 8, 8]]], np.float32),
        'scores': np.array([[0.7, 0.2]], np.float32),
    }
    path = written(tmp_path / 'd.onnx', outputs, sizes=True)
    expected = ('fire extinguisher', pytest.approx(0.7), pytest.approx((96, 0, 160, 64)))
    assert boxes(OnnxDetector(path), picture()) == [expected]


def test_the_size_is_width_then_height(tmp_path):
    """The graph answers with the size itself as the corner of a box."""
    inputs = [
        helper.make_tensor_value_info('images', TensorProto.FLOAT, [1, 3, SIDE, SIDE]),
        helper.make_tensor_value_info('orig_target_sizes', TensorProto.INT64, [1, 2]),
    ]
    zero = numpy_helper.from_array(np.zeros((1, 2), np.float32))
    label = numpy_helper.from_array(np.zeros((1, 1), np.int64))
    axes = numpy_helper.from_array(np.array([1], np.int64), 'axes')
    nodes = [
        helper.make_node('Cast', ['orig_target_sizes'], ['size'], to=TensorProto.FLOAT),
        helper.make_node('Constant', [], ['zero'], value=zero),
        helper.make_node('Concat', ['zero', 'size'], ['box'], axis=1),
        helper.make_node('Unsqueeze', ['box', 'axes'], ['boxes']),
        helper.make_node('Constant', [], ['labels'], value=label),
        helper.make_node('ReduceMax', ['images'], ['m'], axes=[1, 2, 3], keepdims=0),
        helper.make_node('Unsqueeze', ['m', 'axes'], ['scores']),
    ]
    kinds = {'labels': TensorProto.INT64}
    shapes = {'labels': [1, 1], 'boxes': [1, 1, 4], 'scores': [1, 1]}
    outputs = [
        helper.make_tensor_value_info(name, kinds.get(name, TensorProto.FLOAT), shape)
        for name, shape in shapes.items()
    ]
    graph = helper.make_graph(nodes, 'size', inputs, outputs, [axes])
    opset = [helper.make_opsetid('', 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), tmp_path / 's.onnx')
    (tmp_path / 'coco_classes.txt').write_text('everything\n')
    ((_, _, box),) = boxes(OnnxDetector(tmp_path / 's.onnx'), picture(90, 200) + 255)
    assert box == (0.0, 0.0, 200.0, 90.0)


def square_finder(path, side):
    """Write a graph that puts a box around what is brighter than 0.9 in its input."""
    opset, kind = [helper.make_opsetid('', 13)], TensorProto.FLOAT
    constants = {
        'least': np.array(0.9, np.float32),
        'along': np.arange(side, dtype=np.float32),
        'far': np.array(1e6, np.float32),
        'one': np.array([1.0], np.float32),
        'rest': np.array([1.0, 0.0], np.float32),
    }
    nodes = [
        helper.make_node('ReduceMin', ['images'], ['gray'], axes=[0, 1], keepdims=0),
        helper.make_node('Greater', ['gray', 'least'], ['bright']),
        helper.make_node('Cast', ['bright'], ['white'], to=kind),
    ]
    for name, axis in (('x', 0), ('y', 1)):
        nodes += [
            helper.make_node('ReduceMax', ['white'], [f'on_{name}'], axes=[axis], keepdims=0),
            helper.make_node('Mul', [f'on_{name}', 'along'], [f'at_{name}']),
            helper.make_node('ReduceMax', [f'at_{name}'], [f'last_{name}'], keepdims=1),
            helper.make_node('Add', [f'last_{name}', 'one'], [f'end_{name}']),
            helper.make_node('Sub', ['one', f'on_{name}'], [f'off_{name}']),
            helper.make_node('Mul', [f'off_{name}', 'far'], [f'away_{name}']),
            helper.make_node('Add', [f'away_{name}', 'along'], [f'from_{name}']),
            helper.make_node('ReduceMin', [f'from_{name}'], [f'begin_{name}'], keepdims=1),
        ]
    parts = ['begin_x', 'begin_y', 'end_x', 'end_y', 'rest']
    shape = numpy_helper.from_array(np.array([1, 1, 6], np.int64), 'shape')
    nodes += [
        helper.make_node('Concat', parts, ['row'], axis=0),
        helper.make_node('Reshape', ['row', 'shape'], ['output0']),
    ]
    graph = helper.make_graph(
        nodes,
        'square',
        [helper.make_tensor_value_info('images', kind, [1, 3, side, side])],
        [helper.make_tensor_value_info('output0', kind, [1, 1, 6])],
        [*(numpy_helper.from_array(v, n) for n, v in constants.items()), shape],
    )
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    helper.set_model_props(model, {'names': "['square']"})
    onnx.save(model, path)
    return path


@pytest.mark.parametrize(
    ('height', 'width'), [(480, 640), (640, 480), (720, 1280), (333, 517), (64, 64), (20, 61)]
)
def test_a_square_is_where_it_is_to_the_pixel(tmp_path, height, width):
    side = 320
    detector = OnnxDetector(square_finder(tmp_path / 'q.onnx', side), layout='end_to_end')
    image = picture(height, width)
    left, top, right, bottom = width // 4, height // 4, width * 3 // 4, height * 3 // 4
    image[top:bottom, left:right] = 255
    ((_, _, box),) = boxes(detector, image)
    pixel = max(1.0, max(height, width) / side)  # of the input, in pixels of the picture
    assert box == pytest.approx((left, top, right, bottom), abs=pixel)


@pytest.mark.parametrize(
    ('shape', 'left', 'top', 'inside'),
    # What ultralytics.data.augment.LetterBox(new_shape=(640, 640), auto=False) gives.
    [
        ((480, 640), 0, 80, (640, 480)),
        ((640, 480), 80, 0, (480, 640)),
        ((333, 517), 0, 114, (640, 412)),
        ((1080, 1920), 0, 140, (640, 360)),
        ((100, 641), 0, 270, (640, 100)),
    ],
)
def test_a_picture_lies_where_ultralytics_puts_it(shape, left, top, inside):
    canvas, fit = centered(np.full((*shape, 3), 255, np.uint8), 640, 640)
    assert (fit.left, fit.top) == (left, top)
    columns, rows = inside
    assert (canvas[top : top + rows, left : left + columns] == 255).all()
    white = (canvas == 255).all(axis=2)
    assert white.sum() == rows * columns
    assert set(canvas[~white].ravel().tolist()) <= {114}
    corner = np.array([[left, top, left + columns, top + rows]], np.float32)
    expected = [0, 0, shape[1], shape[0]]
    assert fit.to_picture(corner)[0] == pytest.approx(expected, abs=max(shape) / 640)
    assert Fit(2.0, 4.0, 6, 8).to_picture(np.array([[6, 8, 16, 28]], np.float32)).tolist() == [
        [0.0, 0.0, 5.0, 5.0]
    ]


@pytest.mark.parametrize(
    ('outputs', 'names', 'layout', 'said'),
    [
        ({'output0': grid([])}, "{0: 'cup'}", 'auto', 'no form that is known'),
        ({'output0': grid([])}, "{0: 'cup'}", 'ultralytics', '2 classes but 1 names'),
        ({'output0': grid([])}, '', 'auto', 'coco_classes.txt'),
        ({'output0': grid([])}, '__import__("os")', 'auto', 'coco_classes.txt'),
        ({'output0': grid([])}, NAMES, 'rtdetr', 'pred_boxes'),
        ({'a': np.zeros((1, 7), np.float32)}, NAMES, 'auto', "'a': .1, 7"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, outputs, names, layout, said):
    path = written(tmp_path / 'odd.onnx', outputs, names=names)
    with pytest.raises(CaptionerError, match=said):
        OnnxDetector(path, layout=layout)


def test_a_class_beyond_the_names_is_refused_when_it_is_seen(tmp_path):
    path = written(tmp_path / 'e.onnx', {'output0': ready([(10, 20, 30, 32, 0.9, 7)])})
    with pytest.raises(CaptionerError, match='class 7 has no name'):
        OnnxDetector(path).describe(picture())


def test_settings_choose_the_form(tmp_path):
    path = str(written(tmp_path / 'e.onnx', {'output0': ready([(10, 20, 30, 32, 0.9, 1)])}))
    told = {'captioner': 'onnx', 'model_path': path}
    assert make_captioner(PerceptionConfig(**told)).name == 'end_to_end'
    with pytest.raises(CaptionerError, match='pred_boxes'):
        make_captioner(PerceptionConfig(**told, detector_layout='rtdetr'))
    with pytest.raises(ValueError, match='detector_layout'):
        PerceptionConfig(**told, detector_layout='yolo')
