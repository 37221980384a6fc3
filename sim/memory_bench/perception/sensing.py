"""What the robot perceives without a picture: the truth, seen through a captioner's faults."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
import math

import numpy as np

from memory_bench.perception.captions import Captioner, Seen
from memory_bench.world.analytic import EYE_M, Ground
from memory_bench.world.history import History
from memory_bench.world.patrol import Keyframe
from memory_node.core.data import Observation, Pose, Sighting, Vector3
from memory_sim.engines.base import Instance
from memory_sim.robot.detector_noise import CONFUSABLE

__all__ = ['Perception', 'SensorModel', 'perceive', 'things_in_view', 'witnessed']


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorModel:
    """How good the camera and what reads its pictures are."""

    hfov_rad: float = 1.4
    #: A thing is seen from as far as this many times its size, within limits [m].
    sizes_away: float = 8.0
    nearest_limit_m: float = 2.5
    indoor_limit_m: float = 6.0
    outdoor_limit_m: float = 30.0
    #: Chance to miss a thing close by, and more at the end of its range.
    miss_near: float = 0.06
    miss_far: float = 0.45
    #: Chance that a thing gets the label of a similar one.
    confusion: float = 0.04
    #: Expected things per picture that are not there.
    ghosts: float = 0.02
    #: Error of a thing's position [m], and more with distance [m/m]; of the robot's [m].
    position_m: float = 0.05
    position_per_m: float = 0.02
    pose_m: float = 0.03
    #: Share of captions that name the kind of area, and of those that are wrong.
    names_area: float = 0.5
    wrong_area: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Perception:
    """What a drive brought: observations, and which instances each really had in view."""

    observations: tuple[Observation, ...]
    #: Indices into ``observations``, by instance id and where it was then.
    in_view: Mapping[tuple[int, Vector3], tuple[int, ...]]
    #: Id of the area that each observation was made in.
    regions: tuple[int, ...]


def perceive(
    ground: Ground,
    history: History,
    keyframes: tuple[Keyframe, ...],
    *,
    seed: int,
    model: SensorModel | None = None,
) -> Perception:
    """Turn keyframes into observations; equal arguments give equal observations."""
    model = model or SensorModel()
    views = things_in_view(ground, history, keyframes, model)
    sensor = _Sensor(ground, model, seed)
    regions = ground.regions_at(np.array([k.position for k in keyframes]).reshape(-1, 3)).tolist()
    observations = []
    for index, keyframe in enumerate(keyframes):
        neighbors = [f'{i:05d}' for i in (index - 1, index + 1) if 0 <= i < len(keyframes)]
        observations.append(
            sensor.observe(index, keyframe, views[index], tuple(neighbors), regions[index])
        )
    return Perception(
        observations=tuple(observations), in_view=_by_thing(views), regions=tuple(regions)
    )


def witnessed(
    ground: Ground,
    history: History,
    keyframes: tuple[Keyframe, ...],
    observations: tuple[Observation, ...],
) -> Perception:
    """Add to observations of another source, one for each keyframe, what was really in view."""
    positions = np.array([k.position for k in keyframes]).reshape(-1, 3)
    return Perception(
        observations=observations,
        in_view=_by_thing(things_in_view(ground, history, keyframes)),
        regions=tuple(ground.regions_at(positions).tolist()),
    )


def _by_thing(
    views: list[list[tuple[Instance, float]]],
) -> Mapping[tuple[int, Vector3], tuple[int, ...]]:
    in_view: dict[tuple[int, Vector3], list[int]] = defaultdict(list)
    for index, view in enumerate(views):
        for instance, _ in view:
            in_view[instance.id, instance.center].append(index)
    return {key: tuple(indices) for key, indices in in_view.items()}


def _range_m(instance: Instance, outdoors: bool, model: SensorModel) -> float:
    limit = model.outdoor_limit_m if outdoors else model.indoor_limit_m
    reach = model.sizes_away * max(instance.extent)
    return min(max(reach, model.nearest_limit_m), limit)


def things_in_view(
    ground: Ground,
    history: History,
    keyframes: tuple[Keyframe, ...],
    model: SensorModel | None = None,
) -> list[list[tuple[Instance, float]]]:
    """List for each keyframe the things that are in view, with the distance to each [m]."""
    model = model or SensorModel()
    eyes = np.array([k.position for k in keyframes]).reshape(-1, 3)
    yaw = np.array([k.yaw_rad for k in keyframes])
    stamps = np.array([k.stamp_ns for k in keyframes], np.int64)
    views: list[list[tuple[Instance, float]]] = [[] for _ in keyframes]
    pictured = ground.pictured(eyes, yaw)
    for instance, since_ns, until_ns in history.states():
        room = ground.rooms.get(instance.region_id)
        outdoors = room is not None and room.outdoor
        way = np.array(instance.center[:2]) - eyes[:, :2]
        distance = np.hypot(way[:, 0], way[:, 1])
        reach = _range_m(instance, outdoors, model)
        off = np.abs(np.angle(np.exp(1j * (np.arctan2(way[:, 1], way[:, 0]) - yaw))))
        half = 0.5 * max(instance.extent[:2])
        slack = np.arctan2(0.5 * half, np.maximum(distance, 0.1))
        maybe = (distance <= reach + half) & (off <= 0.5 * model.hfov_rad + slack)
        maybe &= (stamps >= since_ns) & (stamps < until_ns)
        rows = np.flatnonzero(maybe)
        if pictured is None:
            shown = ground.sees(eyes[rows], instance, range_m=reach)
        else:
            shown = np.array([instance.id in pictured[row] for row in rows], bool)
        for row in rows[shown]:
            views[row].append((instance, float(distance[row])))
    return views


class _Sensor:
    def __init__(self, ground: Ground, model: SensorModel, seed: int) -> None:
        self._ground, self._model, self._seed = ground, model, seed
        self._labels = sorted({i.label for i in ground.instances})
        self._captioner = Captioner(ground)
        self._similar = _similar(self._labels)
        draw = np.random.default_rng((seed, 13))
        #: The same thing tends to be missed again.
        self._hard = {i.id: float(draw.normal(0.0, 0.7)) for i in ground.instances}

    def observe(
        self,
        index: int,
        keyframe: Keyframe,
        view: list[tuple[Instance, float]],
        neighbors: tuple[str, ...],
        region: int,
    ) -> Observation:
        rng = np.random.default_rng((self._seed, 14, index))
        seen = [s for instance, distance in view if (s := self._detect(rng, instance, distance))]
        seen += self._ghosts(rng, keyframe)
        caption = self._captioner.describe(
            rng, seen, region if rng.random() < self._model.names_area else 0,
            wrong=bool(rng.random() < self._model.wrong_area),
        )  # fmt: skip
        error = rng.normal(0.0, self._model.pose_m, size=2)
        x, y, z = keyframe.position
        return Observation(
            id=f'{index:05d}',
            stamp_ns=keyframe.stamp_ns,
            pose=Pose.from_yaw((x + float(error[0]), y + float(error[1]), z), keyframe.yaw_rad),
            caption=caption,
            sightings=tuple(s.sighting for s in seen),
            neighbors=neighbors,
            source='text-only',
        )

    def _detect(
        self, rng: np.random.Generator, instance: Instance, distance_m: float
    ) -> Seen | None:
        room = self._ground.rooms.get(instance.region_id)
        reach = _range_m(instance, room is not None and room.outdoor, self._model)
        share = min(distance_m / reach, 1.0)
        miss = self._model.miss_near + (self._model.miss_far - self._model.miss_near) * share**2
        logit = math.log((1.0 - miss) / miss) + self._hard[instance.id]
        chance = 1.0 / (1.0 + math.exp(-logit))
        draws, errors = rng.random(2), rng.normal(size=4)
        if draws[0] > chance:
            return None
        label, others = instance.label, self._similar.get(instance.label, ())
        confidence = min(0.99, max(0.25, 0.3 + 0.6 * chance + 0.07 * float(errors[3])))
        if draws[1] < self._model.confusion and others:
            label = others[int(rng.integers(len(others)))]
            confidence *= 0.8
        spread = self._model.position_m + self._model.position_per_m * distance_m
        x, y, z = (c + spread * float(e) for c, e in zip(instance.center, errors, strict=False))
        return Seen(
            sighting=Sighting(
                label=label, confidence=confidence, position=(x, y, z), extent=instance.extent
            ),
            attributes=instance.attributes,
            distance_m=distance_m,
        )

    def _ghosts(self, rng: np.random.Generator, keyframe: Keyframe) -> list[Seen]:
        ghosts = []
        for _ in range(int(rng.poisson(self._model.ghosts))):
            angle = keyframe.yaw_rad + float(rng.uniform(-0.5, 0.5)) * self._model.hfov_rad
            away = float(rng.uniform(1.0, 3.0))
            x, y, z = keyframe.position
            where = (x + away * math.cos(angle), y + away * math.sin(angle), z + 0.5 * EYE_M)
            label = self._labels[int(rng.integers(len(self._labels)))]
            sighting = Sighting(
                label=label, confidence=float(rng.uniform(0.25, 0.5)), position=where,
                extent=(0.4, 0.4, 0.4),
            )  # fmt: skip
            ghosts.append(Seen(sighting=sighting, attributes={}, distance_m=away))
        return ghosts


def _similar(labels: list[str]) -> dict[str, tuple[str, ...]]:
    known = set(labels)
    similar: dict[str, set[str]] = defaultdict(set)
    for group in CONFUSABLE:
        members = known.intersection(group)
        for label in members:
            similar[label] |= members - {label}
    return {label: tuple(sorted(others)) for label, others in similar.items()}
