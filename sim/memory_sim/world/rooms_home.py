"""Rooms of homes: what stands in a kitchen, a bathroom, a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from memory_sim.furniture.placement import Recipe, RoomLayout

__all__ = ['ESSENTIALS', 'RECIPES']


def _chance(layout: RoomLayout, share: float) -> bool:
    return bool(layout.rng.random() < share)


def _some(layout: RoomLayout, names: Sequence[str], count: int) -> list[str]:
    picked = layout.rng.permutation(len(names))[:count]
    return [names[int(i)] for i in sorted(picked)]


def _decorate(layout: RoomLayout, *, pictures: int, plant: float) -> None:
    for _ in range(pictures):
        layout.on_wall('painting' if _chance(layout, 0.6) else 'poster')
    if _chance(layout, plant):
        layout.against_wall('plant', front_m=0.0)


def _kitchen(layout: RoomLayout, kinds: frozenset[str]) -> None:
    layout.match_color('counter', 'kitchen sink', 'upper cabinet')
    sink = layout.against_wall('kitchen sink', front_m=0.8)
    last, tops = sink, []
    for name in ('counter', 'stove', 'refrigerator', 'counter', 'dishwasher', 'counter'):
        piece = layout.against_wall(name, front_m=0.8, near=last if last else sink)
        last = piece or last
        if piece is not None and name in ('counter', 'dishwasher'):
            tops.append(piece)
            if name == 'counter':
                layout.on_wall('upper cabinet', over=piece)
    if not any(piece.model.name == 'refrigerator' for piece in layout.placed):
        layout.against_wall('refrigerator', front_m=0.45)
    for name, host in zip(
        ('microwave', 'coffee machine', 'toaster', 'fruit bowl'), [*tops, *tops], strict=False
    ):
        layout.on_top(name, host, shift=float(layout.rng.uniform(-0.9, 0.9)))
    layout.against_wall('trash can', front_m=0.0, near=sink)
    if 'dining room' not in kinds:
        table = layout.in_middle('round table' if _chance(layout, 0.4) else 'dining table', 0.62)
        if table is None:
            table = layout.in_middle('round table', 0.55)
        if table is not None:
            layout.around('chair', table, 4)
            layout.on_top('fruit bowl', table)
    if 'laundry room' not in kinds and _chance(layout, 0.5):
        layout.against_wall('washing machine', front_m=0.7)
    layout.on_wall('clock')
    _decorate(layout, pictures=0, plant=0.4)


def _dining_room(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    table = layout.in_middle('dining table', 0.6) or layout.in_middle('round table', 0.4)
    if table is None:
        table = layout.against_wall('dining table', front_m=0.7)
    if table is not None:
        layout.under('rug', table)
        layout.around('chair', table, 4)
        layout.on_top('vase', table)
    board = layout.against_wall('sideboard', front_m=0.6)
    if board is not None:
        layout.on_top('table lamp', board, shift=0.8)
        layout.on_top('fruit bowl', board, shift=-0.6)
        layout.on_wall('mirror', over=board)
    _decorate(layout, pictures=2, plant=0.8)
    if _chance(layout, 0.3):
        layout.against_wall('piano', front_m=0.6)


def _living_room(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    stand = layout.against_wall('tv stand', front_m=1.2)
    sofa = None
    if stand is not None:
        layout.on_top('television', stand)
        sofa = layout.facing('sofa', stand, np.arange(2.6, 1.5, -0.1).tolist())
    if sofa is None:
        sofa = layout.against_wall('sofa', front_m=0.7)
    if sofa is not None:
        table = layout.facing('coffee table', sofa, (0.45, 0.4, 0.5))
        layout.under('rug', table or sofa)
        if table is not None and _chance(layout, 0.6):
            layout.on_top('vase' if _chance(layout, 0.5) else 'fruit bowl', table)
        layout.against_wall('armchair', front_m=0.5, near=sofa)
        layout.against_wall('floor lamp', front_m=0.0, near=sofa)
    layout.against_wall('bookshelf', front_m=0.6)
    extras = {'piano': 0.6, 'fireplace': 0.6, 'guitar': 0.0, 'armchair': 0.5, 'sideboard': 0.6}
    for name in _some(layout, sorted(extras), 2):
        layout.against_wall(name, front_m=extras[name])
    _decorate(layout, pictures=3, plant=1.0)
    layout.on_wall('radiator')


def _bedroom(layout: RoomLayout, kinds: frozenset[str]) -> None:
    child = layout.room.name.startswith('children')
    bed = layout.against_wall('single bed' if child else 'bed', front_m=0.6)
    if bed is None:
        bed = layout.against_wall('single bed', front_m=0.4)
    closet = layout.against_wall('wardrobe', front_m=0.6)
    if closet is None:
        layout.against_wall('small wardrobe', front_m=0.55)
    if bed is not None:
        for _ in range(1 if child else 2):
            stand = layout.against_wall('nightstand', front_m=0.0, near=bed)
            if stand is not None:
                layout.on_top('table lamp', stand)
        layout.on_wall('painting', over=bed)
    if child:
        box = layout.against_wall('toy box', front_m=0.3)
        if box is not None:
            layout.on_top('teddy bear', box)
        desk = layout.against_wall('desk', front_m=0.7)
        if desk is not None:
            layout.facing('chair', desk, (-0.2, -0.1, 0.0))
            layout.on_top('desk lamp', desk, shift=0.8)
    else:
        chest = layout.against_wall('dresser', front_m=0.6)
        if chest is not None:
            layout.on_wall('mirror', over=chest)
            layout.on_top('vase' if _chance(layout, 0.5) else 'small plant', chest, shift=0.8)
        if 'study' not in kinds or _chance(layout, 0.25):
            layout.against_wall('treadmill', front_m=0.4)
    layout.under('small rug')
    _decorate(layout, pictures=1, plant=0.4)
    layout.on_wall('radiator')


def _study(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    desk = layout.against_wall('desk', front_m=0.9)
    if desk is not None:
        layout.facing('office chair', desk, (-0.15, -0.05, 0.05))
        layout.on_top('computer', desk)
        layout.on_top('desk lamp', desk, shift=0.9)
        layout.on_top('laptop', desk, shift=-0.9)
    layout.against_wall('bookshelf', front_m=0.6)
    cabinet = layout.against_wall('filing cabinet', front_m=0.5)
    if cabinet is not None:
        layout.on_top('printer', cabinet)
    for name in _some(layout, ('armchair', 'bookshelf', 'exercise bike', 'guitar'), 2):
        layout.against_wall(name, front_m=0.4)
    layout.on_wall('whiteboard' if _chance(layout, 0.6) else 'clock')
    layout.against_wall('trash can', front_m=0.0, near=desk)
    layout.under('small rug')
    _decorate(layout, pictures=1, plant=0.7)


def _bathroom(layout: RoomLayout, kinds: frozenset[str]) -> None:
    basin = layout.against_wall('bathroom sink', front_m=0.6)
    if basin is not None:
        layout.on_wall('mirror', over=basin)
    toilet = layout.against_wall('toilet', front_m=0.5)
    main = not layout.room.name.startswith('guest')
    tub = layout.against_wall('bathtub' if main else 'shower', front_m=0.4)
    if tub is None:
        tub = layout.against_wall('shower', front_m=0.4)
    layout.on_wall('towel')
    if 'laundry room' not in kinds and main:
        layout.against_wall('washing machine', front_m=0.6)
        layout.against_wall('laundry basket', front_m=0.0, near=tub)
    layout.against_wall('trash can', front_m=0.0, near=toilet)
    layout.under('small rug')
    if _chance(layout, 0.3):
        layout.against_wall('plant', front_m=0.0)


def _laundry_room(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    washer = layout.against_wall('washing machine', front_m=0.7)
    layout.against_wall('dryer', front_m=0.7, near=washer)
    layout.against_wall('laundry basket', front_m=0.0, near=washer)
    layout.against_wall('ironing board', front_m=0.5)
    shelf = layout.against_wall('shelf', front_m=0.5)
    layout.against_wall('cardboard box', front_m=0.3, near=shelf)
    layout.against_wall('fan', front_m=0.0)


def _hallway(layout: RoomLayout, kinds: frozenset[str]) -> None:
    del kinds
    door = layout.on_wall('front door', outer=True)
    if door is not None:
        layout.keep_clear(door.ahead(0.0, 0.9, 0.9))
    layout.against_wall('coat rack', front_m=0.0, near=door)
    cabinet = layout.against_wall('shoe cabinet', front_m=0.0, near=door)
    if cabinet is not None:
        layout.on_wall('mirror', over=cabinet)
        layout.on_top('small plant', cabinet, shift=0.5)
    for name in _some(layout, ('bench', 'bicycle', 'plant'), 1):
        layout.against_wall(name, front_m=0.0)
    _decorate(layout, pictures=2, plant=0.0)


RECIPES: Mapping[str, Recipe] = {
    'bathroom': _bathroom,
    'bedroom': _bedroom,
    'dining room': _dining_room,
    'hallway': _hallway,
    'kitchen': _kitchen,
    'laundry room': _laundry_room,
    'living room': _living_room,
    'study': _study,
}

#: What a room of this kind cannot do without, by label.
ESSENTIALS: Mapping[str, frozenset[str]] = {
    'bathroom': frozenset({'sink', 'toilet'}),
    'bedroom': frozenset({'bed', 'wardrobe'}),
    'dining room': frozenset({'dining table', 'chair'}),
    'hallway': frozenset({'front door'}),
    'kitchen': frozenset({'sink', 'stove', 'refrigerator', 'kitchen counter'}),
    'laundry room': frozenset({'washing machine'}),
    'living room': frozenset({'sofa', 'tv', 'coffee table'}),
    'study': frozenset({'desk', 'office chair', 'bookshelf', 'computer'}),
}
