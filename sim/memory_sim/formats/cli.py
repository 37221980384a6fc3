"""Command ``memory-world``: write a world as glTF or as a Habitat data set."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

from memory_sim.engines.habitat.errors import HabitatError
from memory_sim.formats.export_scene import export_glb, export_habitat
from memory_sim.world.errors import WorldError
from memory_sim.world.open import find_world

__all__ = ['main']


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 1 after saying what was wrong."""
    parser = argparse.ArgumentParser(prog='memory-world', description=__doc__)
    commands = parser.add_subparsers(dest='command', required=True)
    export = commands.add_parser('export', help='write a world for other programs')
    export.add_argument(
        'world', help='world file, scene file of others, or kind of world (apartment, office, ...)'
    )
    export.add_argument(
        'out', type=Path, help='a .glb file, or a folder for a Habitat scene data set'
    )
    export.add_argument('--seed', type=int, default=0, help='seed of a generated world')
    chosen = parser.parse_args(arguments)
    try:
        world, source = find_world(chosen.world, chosen.seed)
        if chosen.out.suffix.lower() == '.glb':
            chosen.out.parent.mkdir(parents=True, exist_ok=True)
            export_glb(world, chosen.out, furniture=source)
            sys.stdout.write(f'{chosen.out}\n')
        else:
            scene = export_habitat(world, chosen.out, furniture=source)
            sys.stdout.write(f'{scene.dataset_config}#{scene.scene_id}\n')
    except (WorldError, HabitatError, OSError) as error:
        sys.stderr.write(f'memory-world: {error}\n')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
