"""
What a real object detector would report for a picture whose true contents are known.

The simulator knows every pixel's instance; a detector does not. ``DetectorNoise`` turns the truth
into boxes with the faults that detectors have: small, far and occluded things are missed more
often, the same thing tends to be missed again (each instance has its own difficulty), boxes
wobble, confidences follow how easy the thing was to see, similar classes are confused, and now
and then something is seen that is not there. Rooms are never named: labels are object classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from memory_sim.engines.base import CameraModel, Frame, GroundTruth, Instance, Pose2D

__all__ = ['DetectorNoise', 'NoiseModel', 'SimulatedDetection', 'project_box']

Box = tuple[float, float, float, float]

#: Classes that detectors mistake for each other. Hand-written; order does not matter.
CONFUSABLE: tuple[tuple[str, ...], ...] = (
    ('sofa', 'couch', 'armchair', 'bench'),
    ('chair', 'armchair', 'stool', 'office chair', 'dining chair'),
    ('table', 'desk', 'coffee table', 'dining table', 'side table', 'nightstand'),
    ('bookshelf', 'shelf', 'cabinet', 'wardrobe', 'dresser', 'cupboard', 'sideboard'),
    ('refrigerator', 'fridge', 'wardrobe', 'freezer'),
    ('oven', 'microwave', 'dishwasher', 'washing machine', 'stove', 'dryer'),
    ('sink', 'washbasin', 'bathtub', 'toilet', 'bidet'),
    ('television', 'tv', 'computer', 'monitor', 'painting', 'mirror', 'laptop'),
    ('lamp', 'floor lamp', 'table lamp', 'desk lamp'),
    ('potted plant', 'plant', 'vase'),
    ('bed', 'single bed', 'double bed', 'sofa'),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseModel:
    """How good the detector is; the defaults resemble a small detector on indoor pictures."""

    #: Visible pixels at which half of the fully visible things are found.
    half_pixels: float = 350.0
    #: Distance beyond which the chance to be found falls [m], and how fast [1/m].
    far_m: float = 3.5
    far_rate: float = 0.5
    #: Spread of the instances' own difficulty, in logits.
    difficulty: float = 0.8
    #: Standard deviation of a box edge as a fraction of the box's size.
    box_jitter: float = 0.03
    #: Chance that a found thing gets the label of a similar class.
    confusion: float = 0.03
    #: Expected number of things seen per picture that are not there.
    false_positives: float = 0.03
    #: Detections below this confidence are not reported.
    min_confidence: float = 0.25

    def __post_init__(self) -> None:
        for name in ('confusion', 'min_confidence'):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f'{name} must be in [0, 1], got {getattr(self, name)!r}')
        for name in ('half_pixels', 'far_m'):
            if not 0.0 < getattr(self, name) < math.inf:
                raise ValueError(f'{name} must be finite and > 0, got {getattr(self, name)!r}')
        for name in ('far_rate', 'difficulty', 'box_jitter', 'false_positives'):
            if not 0.0 <= getattr(self, name) < math.inf:
                raise ValueError(f'{name} must be finite and >= 0, got {getattr(self, name)!r}')


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedDetection:
    """One reported box: (left, top, right, bottom) [pixels], right and bottom exclusive."""

    label: str
    confidence: float
    box_px: Box


def project_box(instance: Instance, pose: Pose2D, camera: CameraModel) -> Box | None:
    """Bound an instance's box in the picture, unclipped [pixels]; None if any is behind."""
    half = 0.5 * np.asarray(instance.extent)
    signs = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)], dtype=float)
    world = np.asarray(instance.center) + signs * half
    dx, dy = world[:, 0] - pose.x, world[:, 1] - pose.y
    forward = math.cos(pose.yaw_rad) * dx + math.sin(pose.yaw_rad) * dy
    left = -math.sin(pose.yaw_rad) * dx + math.cos(pose.yaw_rad) * dy
    up = world[:, 2] - pose.z - camera.height_m
    c, s = math.cos(camera.pitch_rad), math.sin(camera.pitch_rad)
    depth, down = c * forward - s * up, -s * forward - c * up
    if (depth < 0.1).any():
        return None
    K = camera.intrinsics
    u, v = K[0, 0] * -left / depth + K[0, 2], K[1, 1] * down / depth + K[1, 2]
    return float(u.min()), float(v.min()), float(u.max()) + 1.0, float(v.max()) + 1.0


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def _clip(box: Box, camera: CameraModel) -> Box:
    left, right = (min(max(x, 0.0), float(camera.width)) for x in (box[0], box[2]))
    top, bottom = (min(max(y, 0.0), float(camera.height)) for y in (box[1], box[3]))
    return left, top, right, bottom


def _similar(classes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Map each class to the other classes of this world that it may be taken for."""
    known = set(classes)
    similar: dict[str, set[str]] = {name: set() for name in classes}
    for group in CONFUSABLE:
        members = known.intersection(group)
        for name in members:
            similar[name] |= members - {name}
    return {name: tuple(sorted(others)) for name, others in similar.items()}


class DetectorNoise:
    """
    A simulated detector; equal seed, world and frame give equal detections.

    The draw depends on the frame's stamp and not on how many frames came before, so a frame that
    is lost on the way changes nothing for the others.
    """

    def __init__(
        self,
        truth: GroundTruth,
        camera: CameraModel,
        model: NoiseModel | None = None,
        *,
        seed: int = 0,
    ) -> None:
        """Prepare for one world and camera."""
        self._truth = {instance.id: instance for instance in truth.instances}
        self._classes = tuple(sorted({instance.label for instance in truth.instances}))
        self._similar: Mapping[str, tuple[str, ...]] = _similar(self._classes)
        self._camera = camera
        self._model = model or NoiseModel()
        self._seed = seed
        self._offset = {
            key: float(np.random.default_rng((seed, 1, key)).normal(0.0, self._model.difficulty))
            for key in sorted(self._truth)
        }

    def probability(self, instance: Instance, pixels: int, pose: Pose2D, depth_m: float) -> float:
        """Chance that the detector reports an instance of which ``pixels`` are visible."""
        m = self._model
        logit = 1.6 * math.log2(max(pixels, 1) / m.half_pixels)
        logit = min(logit, 3.0) - m.far_rate * max(0.0, depth_m - m.far_m)
        whole = project_box(instance, pose, self._camera)
        if whole is not None:
            # A box is about two thirds full of its thing; cut-off parts count as occluded.
            visible = min(1.0, pixels / max(1.0, 0.66 * _area(whole)))
            logit += 10.0 * min(0.0, visible - 0.5)
        return 1.0 / (1.0 + math.exp(-(logit + self._offset[instance.id])))

    def detect(self, frame: Frame) -> tuple[SimulatedDetection, ...]:
        """Report what a detector would see in the frame, most confident first."""
        rng = np.random.default_rng((self._seed, 2, frame.stamp_ns))
        found = []
        for key, box, pixels, depth in _segments(frame.instances, frame.depth):
            instance = self._truth.get(key)
            if instance is None:
                continue
            chance = self.probability(instance, pixels, frame.pose, depth)
            draws = rng.random(2)
            wobble, blur = rng.normal(size=4), float(rng.normal(0.0, 0.06))
            confidence = min(0.99, max(0.05, 0.30 + 0.65 * chance + blur))
            if draws[0] > chance or confidence < self._model.min_confidence:
                continue
            label = instance.label
            others = self._similar[label]
            if draws[1] < self._model.confusion and others:
                label = others[int(rng.integers(len(others)))]
                confidence *= 0.8
            jittered = self._jitter(box, wobble)
            found.append(SimulatedDetection(label=label, confidence=confidence, box_px=jittered))
        found.extend(self._hallucinate(rng))
        return tuple(sorted(found, key=lambda d: (-d.confidence, d.label, d.box_px)))

    def _jitter(self, box: Box, wobble: NDArray[np.float64]) -> Box:
        sx = self._model.box_jitter * (box[2] - box[0])
        sy = self._model.box_jitter * (box[3] - box[1])
        left, right = sorted((box[0] + sx * wobble[0], box[2] + sx * wobble[1]))
        top, bottom = sorted((box[1] + sy * wobble[2], box[3] + sy * wobble[3]))
        width, height = max(2.0, right - left), max(2.0, bottom - top)
        left = min(max(left, 0.0), self._camera.width - width)
        top = min(max(top, 0.0), self._camera.height - height)
        return _clip((left, top, left + width, top + height), self._camera)

    def _hallucinate(self, rng: np.random.Generator) -> list[SimulatedDetection]:
        if not self._classes:
            return []
        ghosts = []
        for _ in range(int(rng.poisson(self._model.false_positives))):
            label = self._classes[int(rng.integers(len(self._classes)))]
            width, height = rng.uniform(20.0, 160.0, size=2)
            left = float(rng.uniform(0.0, max(1.0, self._camera.width - width)))
            top = float(rng.uniform(0.0, max(1.0, self._camera.height - height)))
            confidence = float(rng.uniform(self._model.min_confidence, 0.5))
            box = _clip((left, top, left + width, top + height), self._camera)
            ghosts.append(SimulatedDetection(label=label, confidence=confidence, box_px=box))
        return ghosts


def _segments(
    instances: NDArray[np.int32], depth: NDArray[np.float32]
) -> list[tuple[int, Box, int, float]]:
    """List (id, box, visible pixels, mean depth [m]) of every instance in the picture, by id."""
    counts = np.bincount(instances.ravel())
    depths = np.bincount(instances.ravel(), weights=depth.ravel())
    segments = []
    for key, where in enumerate(ndimage.find_objects(instances), start=1):
        if where is None:
            continue
        rows, cols = where
        box = (float(cols.start), float(rows.start), float(cols.stop), float(rows.stop))
        segments.append((key, box, int(counts[key]), float(depths[key] / counts[key])))
    return segments
