"""
The process in which habitat-sim runs; it speaks Habitat's axes and ``wire`` messages.

Started by ``process.py`` as ``python worker.py FD`` with any Python from 3.9 that has habitat-sim.
OpenGL belongs to this process's only thread, and an abort of the engine ends this process alone.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path
import socket
import sys
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from scene_contents import read_contents, stem  # type: ignore[import-not-found]
import wire  # type: ignore[import-not-found]

del sys.path[0]  # the names here are not for others to find

Reply = tuple[dict[str, Any], dict[str, Any]]

#: Islands of the navigation mesh smaller than this share of the largest are furniture.
_ISLAND_SHARE = 0.1
#: A navigation mesh is made from at most about this many cells.
_MOST_CELLS = 6_000_000.0


class RefusedError(Exception):
    """A request cannot be met; ``kind`` says why in one word."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Engine:
    """One habitat-sim simulator that changes scenes; answers requests by name."""

    def __init__(self, habitat_sim: Any, magnum: Any) -> None:
        self._habitat, self._magnum = habitat_sim, magnum
        self._sim: Any = None
        self._islands: list[int] = []
        self._known: dict[tuple[str, str], tuple[list[Any], Any, list[Any]]] = {}
        self.requests = {
            'load': self.load,
            'scenes': self.scenes,
            'render': self.render,
            'move': self.move,
            'navigable': self.navigable,
            'snap': self.snap,
            'path': self.path,
            'sample': self.sample,
        }

    def close(self) -> None:
        """End the simulator in the thread that made it."""
        if self._sim is not None:
            self._sim.close()

    # Scenes --------------------------------------------------------------------------------

    def scenes(self, fields: dict[str, Any], arrays: Any) -> Reply:
        """Name the scenes of a data set."""
        return {'scenes': sorted(self._handles(str(fields['dataset_config'])))}, {}

    def load(self, fields: dict[str, Any], arrays: Any) -> Reply:
        """Open a scene with its sensors and navigation mesh, and tell what is in it."""
        config = self._configuration(fields)
        if self._sim is None:
            self._sim = self._habitat.Simulator(config)
        else:
            self._sim.reconfigure(config)
        self._agent = self._sim.get_agent(0)
        self._prepare_paths(fields)
        low, high = (np.array(v, dtype=float) for v in self._sim.pathfinder.get_bounds())
        # Habitat works out boxes only when it reads a mesh for the first time.
        key = (config.sim_cfg.scene_dataset_config_file, config.sim_cfg.scene_id)
        if key not in self._known:
            self._known[key] = read_contents(self._sim, self._magnum)
        things, boxes, regions = self._known[key]
        return {
            'things': things,
            'regions': regions,
            'lowest': low.tolist(),
            'highest': high.tolist(),
        }, {'boxes': boxes}

    def _handles(self, dataset_config: str) -> list[str]:
        settings = self._habitat.SimulatorConfiguration()
        settings.scene_dataset_config_file = dataset_config
        mediator = self._habitat.metadata.MetadataMediator(settings)
        if mediator.active_dataset != dataset_config:
            raise RefusedError('dataset', f'habitat-sim cannot read {dataset_config!r}')
        stages = mediator.stage_template_manager.get_template_handles()
        own = [h for h in stages if Path(h).exists()]
        return [*mediator.get_scene_handles(), *own]

    def _resolve(self, dataset_config: str, scene: str) -> str:
        handles = self._handles(dataset_config) if dataset_config else []
        if scene in handles or (not dataset_config and Path(scene).is_file()):
            return scene
        named = sorted(h for h in handles if stem(h) == stem(scene))
        ends = sorted(h for h in handles if scene in h)
        for found in (named, ends):
            if found:
                return found[0]
        near = difflib.get_close_matches(stem(scene), [stem(h) for h in handles], n=3)
        hint = f'; like it are {", ".join(near)}' if near else f'; it has {len(handles)} scenes'
        raise RefusedError(
            'scene', f'no scene {scene!r} in {dataset_config or "no data set"}{hint}'
        )

    def _configuration(self, fields: dict[str, Any]) -> Any:
        dataset = str(fields['dataset_config'])
        settings = self._habitat.SimulatorConfiguration()
        if dataset:
            settings.scene_dataset_config_file = dataset
        settings.scene_id = self._resolve(dataset, str(fields['scene_id']))
        # The default of 0 ends the process where there is no CUDA device.
        settings.gpu_device_id = int(fields['gpu_device_id'])
        settings.enable_physics = False
        settings.random_seed = 0
        agent = self._habitat.agent.AgentConfiguration()
        agent.radius = float(fields['robot_radius_m'])
        agent.height = float(fields['robot_height_m'])
        kinds = self._habitat.SensorType
        targets = self._habitat._ext.habitat_sim_bindings.SemanticSensorTarget
        agent.sensor_specifications = [
            self._camera(fields, 'color', kinds.COLOR),
            self._camera(fields, 'depth', kinds.DEPTH),
            self._camera(fields, 'semantic', kinds.SEMANTIC),
            self._camera(fields, 'objects', kinds.SEMANTIC, targets.OBJECT_ID),
        ]
        return self._habitat.Configuration(settings, [agent])

    def _camera(self, fields: dict[str, Any], name: str, kind: Any, target: Any = None) -> Any:
        spec = self._habitat.CameraSensorSpec()
        spec.uuid, spec.sensor_type = name, kind
        spec.resolution = [int(fields['height']), int(fields['width'])]
        spec.hfov = float(fields['hfov_deg'])
        spec.position = self._magnum.Vector3(0.0, 0.0, 0.0)  # the agent's node is the camera
        spec.far = float(fields['far_m'])
        if kind == self._habitat.SensorType.COLOR:
            spec.clear_color = self._magnum.Color4(*(float(v) for v in fields['sky']), 1.0)
        if target is not None:
            spec.semantic_target = target
        return spec

    def _prepare_paths(self, fields: dict[str, Any]) -> None:
        finder = self._sim.pathfinder
        if not (fields['keep_navmesh'] and finder.is_loaded):
            settings = self._habitat.NavMeshSettings()
            settings.set_defaults()
            settings.agent_radius = float(fields['robot_radius_m'])
            settings.agent_height = float(fields['robot_height_m'])
            settings.agent_max_climb = float(fields['climb_m'])
            settings.cell_height = float(fields['cell_height_m'])
            settings.include_static_objects = True
            box = self._sim.get_active_scene_graph().get_root_node().cumulative_bb
            cell = max(float(fields['cell_m']), (box.size_x() * box.size_z() / _MOST_CELLS) ** 0.5)
            for _ in range(3):  # the mesh of a large place has too many corners when it is fine
                settings.cell_size = cell
                if self._sim.recompute_navmesh(finder, settings) and finder.is_loaded:
                    break
                cell *= 1.6
            else:
                raise RefusedError('navmesh', 'the robot fits nowhere in this scene')
        areas = [finder.island_area(i) for i in range(finder.num_islands)]
        if not areas or max(areas) <= 0.0:
            raise RefusedError('navmesh', 'the robot fits nowhere in this scene')
        order = sorted(range(len(areas)), key=lambda i: -areas[i])
        self._islands = [i for i in order if areas[i] >= _ISLAND_SHARE * areas[order[0]]]

    # The robot -----------------------------------------------------------------------------

    def _loaded(self) -> Any:
        if self._sim is None:
            raise RefusedError('order', 'no scene is loaded')
        return self._sim.pathfinder

    def _point(self, values: Any) -> Any:
        return self._magnum.Vector3(*(float(v) for v in values))

    def render(self, fields: dict[str, Any], arrays: Any) -> Reply:
        """Draw the pictures asked for from a position and a quaternion, w first."""
        self._loaded()
        w, x, y, z = (float(v) for v in arrays['rotation'])
        node = self._agent.scene_node
        node.translation = self._point(arrays['position'])
        node.rotation = self._magnum.Quaternion(self._magnum.Vector3(x, y, z), w)
        pictures = {name: self._draw(name) for name in fields['pictures']}
        for name in ('semantic', 'objects'):
            if name in pictures:
                pictures[name] = pictures[name].astype('<i4')
        if 'color' in pictures:
            pictures['color'] = pictures['color'][:, :, :3]
        return {}, pictures

    def _draw(self, name: str) -> Any:
        """Draw with one camera; habitat-sim's own call draws with all of them."""
        sensors = getattr(self._sim, '_Simulator__sensors', None)
        if not sensors:
            return self._sim.get_sensor_observations()[name]
        sensors[0][name].draw_observation()
        return sensors[0][name].get_observation()

    def move(self, fields: dict[str, Any], arrays: Any) -> Reply:
        """Go (N, 3) strides one after the other, sliding along what is in the way."""
        finder, at = self._loaded(), self._point(arrays['start'])
        collided = False
        for stride in arrays['strides']:
            wanted = at + self._point(stride)
            reached = finder.try_step(at, wanted)
            short = wanted - reached
            collided |= bool(np.hypot(short.x, short.z) > 1e-4)
            at = reached
        return {'collided': collided}, {'end': np.array(list(at), dtype=np.float64)}

    def _nearest(self, point: Any) -> Any:
        """Return the closest point on the floor, or None."""
        finder = self._loaded()
        found = [finder.snap_point(point, i) for i in self._islands]
        found = [p for p in found if np.isfinite(list(p)).all()]
        return min(found, key=lambda p: (p - point).length()) if found else None

    def navigable(self, fields: dict[str, Any], arrays: Any) -> Reply:
        """Say of (N, 3) points whether the robot fits there."""
        result = []
        for values in arrays['points']:
            point = self._point(values)
            near = self._nearest(point)
            close = near is not None and np.hypot(near.x - point.x, near.z - point.z) < 1e-3
            result.append(bool(close and abs(near.y - point.y) <= float(fields['height_m'])))
        return {'navigable': result}, {}

    def snap(self, fields: dict[str, Any], arrays: Any) -> Reply:
        """Return the closest point on the floor."""
        near = self._nearest(self._point(arrays['point']))
        if near is None:
            return {'found': False}, {}
        return {'found': True}, {'point': np.array(list(near), dtype=np.float64)}

    def path(self, fields: dict[str, Any], arrays: Any) -> Reply:
        """Return the shortest path between two points, if any."""
        finder = self._loaded()
        query = self._habitat.ShortestPath()
        query.requested_start = self._point(arrays['start'])
        query.requested_end = self._point(arrays['goal'])
        if not finder.find_path(query) or not np.isfinite(query.geodesic_distance):
            return {'found': False}, {}
        points = np.array([list(p) for p in query.points], dtype=np.float64).reshape(-1, 3)
        return {'found': True, 'length_m': float(query.geodesic_distance)}, {'points': points}

    def sample(self, fields: dict[str, Any], arrays: Any) -> Reply:
        """Draw a point on the largest floor with room around it, the roomiest of those tried."""
        finder = self._loaded()
        finder.seed(int(fields['seed']))
        best, most = None, -1.0
        for _ in range(64):
            point = finder.get_random_navigable_point(100, self._islands[0])
            room = finder.distance_to_closest_obstacle(point, 2.0)
            if np.isfinite(list(point)).all() and room > most:
                best, most = point, room
            if most >= float(fields['room_m']):
                break
        if best is None:
            raise RefusedError('navmesh', 'no free place was found')
        return {}, {'point': np.array(list(best), dtype=np.float64)}


def _answer(engine: Engine, fields: dict[str, Any], arrays: Any) -> Reply:
    try:
        found, parts = engine.requests[str(fields.get('request'))](fields, arrays)
        return {'ok': True, **found}, parts
    except RefusedError as error:
        return {'ok': False, 'kind': error.kind, 'message': str(error)}, {}
    except Exception as error:  # noqa: BLE001  the engine raises anything; the caller must hear it
        return {'ok': False, 'kind': 'engine', 'message': f'{type(error).__name__}: {error}'}, {}


def main() -> None:
    """Answer requests until the other side closes."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    os.dup2(2, 1)  # the engine prints; nobody reads that but the log
    try:
        import habitat_sim
        import magnum
    except ImportError as error:
        wire.send(channel, {'ok': False, 'kind': 'missing', 'message': str(error)})
        return
    wire.send(channel, {'ok': True, 'version': str(habitat_sim.__version__)})
    engine = Engine(habitat_sim, magnum)
    while True:
        try:
            fields, arrays = wire.receive(channel)
        except EOFError:
            break
        reply, parts = _answer(engine, fields, arrays)
        wire.send(channel, reply, **parts)
    engine.close()


if __name__ == '__main__':
    main()
