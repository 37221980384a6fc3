"""Scenes that tests build from simple shapes, and write in the formats of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import trimesh

#: A room of 5 m by 4 m, z up: name, middle and size of each box [m], colour.
ROOM = (
    ('Floor_01', (2.5, 2.0, -0.05), (5.0, 4.0, 0.1), (180, 150, 110)),
    ('Wall.001', (2.5, -0.05, 1.25), (5.2, 0.1, 2.5), (230, 230, 230)),
    ('Wall.002', (2.5, 4.05, 1.25), (5.2, 0.1, 2.5), (230, 230, 230)),
    ('Wall.003', (-0.05, 2.0, 1.25), (0.1, 4.0, 2.5), (230, 230, 230)),
    ('Wall.004', (5.05, 2.0, 1.25), (0.1, 4.0, 2.5), (230, 230, 230)),
    ('Chair_012', (1.5, 3.0, 0.45), (0.5, 0.5, 0.9), (178, 58, 50)),
    ('Chair_012.001', (2.5, 3.0, 0.45), (0.5, 0.5, 0.9), (63, 111, 181)),
    ('SM_DiningTable_mesh', (4.0, 3.2, 0.375), (1.4, 0.8, 0.75), (122, 82, 48)),
    ('Refrigerator', (4.6, 0.5, 0.9), (0.7, 0.7, 1.8), (240, 240, 240)),
)

#: Where y points up, as in glTF, ``map``'s (x, y, z) is (-z, -x, y).
_Y_UP = np.array([[0, -1, 0, 0], [0, 0, 1, 0], [-1, 0, 0, 0], [0, 0, 0, 1]], dtype=float)


def room_scene(*, y_up: bool = False, unit_m: float = 1.0, boxes: Any = ROOM) -> Any:
    """Return the room as a scene of trimesh; its coordinates count ``unit_m`` each."""
    scene: Any = trimesh.Scene()
    for name, middle, size, color in boxes:
        box: Any = trimesh.creation.box(extents=size)
        box.apply_translation(middle)
        box.apply_scale(1.0 / unit_m)
        if y_up:
            box.apply_transform(_Y_UP)
        material = trimesh.visual.material.PBRMaterial(baseColorFactor=[*color, 255])
        box.visual = trimesh.visual.TextureVisuals(material=material)
        scene.add_geometry(box, node_name=name, geom_name=f'mesh of {name}')
    return scene


def write_glb(path: Path, scene: Any) -> Path:
    """Write a scene of trimesh as binary glTF."""
    path.write_bytes(scene.export(file_type='glb'))
    return path


def write_obj(path: Path, boxes: Any = ROOM, *, unit_m: float = 1.0, texture: str = '') -> Path:
    """Write boxes as OBJ with one object each, z up, and its colours in an MTL file."""
    lines, materials, first = [f'mtllib {path.stem}.mtl'], [], 1
    for name, middle, size, color in boxes:
        box: Any = trimesh.creation.box(extents=size)
        box.apply_translation(middle)
        lines += [f'o {name}', f'usemtl {name}']
        lines += ['v {} {} {}'.format(*v) for v in (box.vertices / unit_m).tolist()]
        lines += [f'vt {v[0]} {v[1]}' for v in box.vertices.tolist()]
        lines += [
            'f ' + ' '.join(f'{i + first}/{i + first}' for i in f) for f in box.faces.tolist()
        ]
        first += len(box.vertices)
        materials += [f'newmtl {name}', 'Kd {} {} {}'.format(*(c / 255 for c in color))]
        materials += [f'map_Kd {texture}'] if texture else []
    path.write_text('\n'.join(lines))
    path.with_suffix('.mtl').write_text('\n'.join(materials))
    return path


def collada_text(boxes: Any = ROOM, *, up: str = 'Z_UP', meter: float = 1.0) -> str:
    """Return boxes as COLLADA, one node each, in the given axes and unit."""
    geometries, nodes = [], []
    for i, (name, middle, size, _) in enumerate(boxes):
        box: Any = trimesh.creation.box(extents=size)
        vertices = box.vertices / meter
        if up == 'Y_UP':
            vertices = vertices @ _Y_UP[:3, :3].T
            middle = (_Y_UP[:3, :3] @ np.array(middle)).tolist()
        numbers = ' '.join(f'{v:.6f}' for v in vertices.ravel())
        faces = ' '.join(map(str, box.faces.ravel()))
        geometries.append(
            f'<geometry id="g{i}" name="Cube.{i:03}"><mesh><source id="p{i}">'
            f'<float_array id="a{i}" count="{vertices.size}">{numbers}</float_array>'
            f'<technique_common><accessor source="#a{i}" count="{len(vertices)}" stride="3">'
            '<param name="X" type="float"/><param name="Y" type="float"/>'
            '<param name="Z" type="float"/></accessor></technique_common></source>'
            f'<vertices id="v{i}"><input semantic="POSITION" source="#p{i}"/></vertices>'
            f'<triangles count="{len(box.faces)}"><input semantic="VERTEX" source="#v{i}" '
            f'offset="0"/><p>{faces}</p></triangles></mesh></geometry>'
        )
        place = ' '.join(f'{c / meter:.6f}' for c in middle)
        nodes.append(
            f'<node id="n{i}" name="{name}"><translate>{place}</translate>'
            f'<instance_geometry url="#g{i}"/></node>'
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">'
        f'<asset><unit meter="{meter}"/><up_axis>{up}</up_axis></asset>'
        f'<library_geometries>{"".join(geometries)}</library_geometries>'
        '<library_visual_scenes><visual_scene id="s">'
        f'{"".join(nodes)}</visual_scene></library_visual_scenes>'
        '<scene><instance_visual_scene url="#s"/></scene></COLLADA>'
    )


#: A home of three rooms with doorways of 0.9 m, z up, as ``ROOM``.
HOME = (
    ('Floor', (5.0, 4.0, -0.05), (10.0, 8.0, 0.1), (180, 150, 110)),
    ('Wall.001', (5.0, -0.05, 1.25), (10.2, 0.1, 2.5), (230, 230, 230)),
    ('Wall.002', (5.0, 8.05, 1.25), (10.2, 0.1, 2.5), (230, 230, 230)),
    ('Wall.003', (-0.05, 4.0, 1.25), (0.1, 8.0, 2.5), (230, 230, 230)),
    ('Wall.004', (10.05, 4.0, 1.25), (0.1, 8.0, 2.5), (230, 230, 230)),
    ('Wall.005', (1.5, 4.0, 1.25), (3.0, 0.1, 2.5), (230, 230, 230)),
    ('Wall.006', (4.45, 4.0, 1.25), (1.1, 0.1, 2.5), (230, 230, 230)),
    ('Wall.007', (5.0, 1.5, 1.25), (0.1, 3.0, 2.5), (230, 230, 230)),
    ('Wall.008', (5.0, 6.0, 1.25), (0.1, 4.1, 2.5), (230, 230, 230)),
    ('Refrigerator', (0.4, 0.4, 0.9), (0.7, 0.7, 1.8), (240, 240, 240)),
    ('Stove_01', (1.4, 0.35, 0.45), (0.6, 0.6, 0.9), (60, 60, 60)),
    ('Sink_02', (2.4, 0.35, 0.45), (0.8, 0.5, 0.9), (200, 200, 210)),
    ('SM_DiningTable_mesh', (2.4, 2.4, 0.375), (1.4, 0.8, 0.75), (122, 82, 48)),
    ('Chair_012', (2.0, 3.1, 0.45), (0.45, 0.45, 0.9), (178, 58, 50)),
    ('Chair_012.001', (2.8, 3.1, 0.45), (0.45, 0.45, 0.9), (63, 111, 181)),
    ('Bed', (1.2, 6.9, 0.3), (2.0, 1.6, 0.6), (190, 190, 220)),
    ('Wardrobe', (4.5, 7.6, 1.0), (0.9, 0.6, 2.0), (122, 82, 48)),
    ('Nightstand', (0.35, 5.7, 0.25), (0.4, 0.4, 0.5), (122, 82, 48)),
    ('Sofa_3', (9.4, 5.0, 0.4), (0.9, 2.0, 0.8), (90, 120, 90)),
    ('CoffeeTable', (7.9, 5.0, 0.2), (0.6, 1.0, 0.4), (122, 82, 48)),
    ('TVStand01', (5.35, 6.5, 0.25), (0.4, 1.4, 0.5), (60, 60, 60)),
    ('Bookshelf', (7.5, 0.2, 1.0), (1.6, 0.35, 2.0), (150, 110, 70)),
    ('FloorLamp', (9.6, 0.4, 0.8), (0.35, 0.35, 1.6), (230, 220, 160)),
    ('Armchair', (9.2, 2.2, 0.45), (0.8, 0.8, 0.9), (160, 60, 60)),
    ('Desk_01', (6.2, 1.0, 0.375), (0.7, 1.2, 0.75), (150, 110, 70)),
)
