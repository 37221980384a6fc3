"""Opens the worlds of a run, whatever they are made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from memory_bench.errors import BenchError
from memory_bench.judging.place import PlaceJudge
from memory_bench.places import IMPORTED, WORLD_FILE, WorldSpec
from memory_bench.world.analytic import Ground
from memory_bench.world.rendered import EYES, PicturedGround, WalkedJudge, world_of_truth
from memory_bench.world.roadmap import Roadmap
from memory_sim.engines.base import CameraModel, Simulator
from memory_sim.engines.embedded import EmbeddedSimulator
from memory_sim.engines.habitat.errors import HabitatError
from memory_sim.world.errors import WorldError
from memory_sim.world.generate import generate_world
from memory_sim.world.model import World
from memory_sim.world.yaml_file import load_world

__all__ = ['Opened', 'opened', 'world_of']


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One world, ready to be explored and judged."""

    spec: WorldSpec
    ground: Ground
    roadmap: Roadmap
    #: Whose pictures say what can be seen; None where the ground itself says it.
    sim: Simulator | None = None

    def judge(self) -> PlaceJudge:
        """Return what judges places in it without the robot."""
        if isinstance(self.ground, PicturedGround):
            return WalkedJudge(self.ground, self.roadmap)
        return PlaceJudge(self.ground, self.roadmap)


def world_of(spec: WorldSpec) -> World:
    """
    Generate a world, or read it from a world file.

    Raises ``BenchError`` for a kind, seed or file that is not to be had.
    """
    try:
        if spec.kind == WORLD_FILE and spec.source:
            return load_world(spec.path)
        return generate_world(spec.kind, spec.seed, spec.size)
    except (WorldError, OSError) as error:
        raise BenchError(f'world {spec.name}: {error}') from error


@contextmanager
def opened(spec: WorldSpec, *, camera: CameraModel = EYES) -> Iterator[Opened]:
    """
    Open a world; what draws its pictures is closed at the end.

    Raises ``BenchError`` naming the world for anything that is missing, broken or has no room for
    a robot, and for a data set of Habitat where habitat-sim is absent.
    """
    if spec.kind == WORLD_FILE or spec.generated:
        yield _on_foot(spec, world_of(spec))
        return
    sim: Simulator | None = None
    try:
        try:
            open_it = _imported if spec.kind == IMPORTED else _habitat
            sim, world = open_it(spec, camera)
            ground = PicturedGround(sim, world)
            made = Opened(spec=spec, ground=ground, roadmap=Roadmap(ground), sim=sim)
        except (WorldError, HabitatError, OSError) as error:
            raise BenchError(f'world {spec.name}: {error}') from error
        yield made
    finally:
        if sim is not None:
            sim.close()


def _on_foot(spec: WorldSpec, world: World) -> Opened:
    try:
        ground = Ground(world)
        return Opened(spec=spec, ground=ground, roadmap=Roadmap(ground))
    except WorldError as error:
        raise BenchError(f'world {spec.name}: {error}') from error


def _imported(spec: WorldSpec, camera: CameraModel) -> tuple[Simulator, World]:
    from memory_sim.formats.import_scene import import_scene  # its readers of meshes load slowly

    if not spec.path.is_file():
        raise WorldError(f'{spec.path}: no such file')
    scene = import_scene(spec.path)
    sim = EmbeddedSimulator(scene.world, furniture=scene.meshes, camera=camera)
    return sim, scene.world


def _habitat(spec: WorldSpec, camera: CameraModel) -> tuple[Simulator, World]:
    from memory_sim.engines.habitat.scenes import find_scene
    from memory_sim.engines.habitat.simulator import HabitatSimulator

    if not spec.source:
        raise WorldError(f'scene {spec.scene_id!r}: its episodes name no data set; name one with '
                         '"dataset: FILE.scene_dataset_config.json"')  # fmt: skip
    sim = HabitatSimulator(find_scene(Path(spec.path), spec.scene), camera=camera)
    try:
        return sim, world_of_truth(spec.name, sim)
    except BaseException:
        sim.close()
        raise
