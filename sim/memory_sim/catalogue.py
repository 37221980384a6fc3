"""The furniture that worlds are furnished with: names, sizes, colours and where meshes are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ['CATALOGUE', 'Model']

_WOODS = ('oak', 'walnut', 'pine', 'white', 'cherry')
_SOFT = ('red', 'blue', 'gray', 'green', 'beige', 'teal', 'dark blue', 'brown', 'orange')
_WHITE = ('white',)
#: Things of many colours, of which none is named.
_OWN: tuple[str, ...] = ()
_STEEL = ('white', 'gray', 'black')


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One kind of furniture."""

    name: str
    #: What people and detectors call it.
    label: str
    #: Entry of ``memory_sim.shapes``.
    shape: str
    #: Usual depth (front is +x), width and height [m].
    size: tuple[float, float, float]
    #: Colours it may have; none where no single one would be true.
    colors: tuple[str, ...]
    material: str
    #: Meshes in Debian's sweethome3d-furniture as ``library/model``, any of which fits.
    meshes: tuple[str, ...] = ()
    #: Hangs on a wall, its underside at this height [m].
    mount_m: float | None = None
    #: Flat enough for the robot to drive over.
    flat: bool = False


def _m(
    name: str,
    size: tuple[float, float, float],
    colors: tuple[str, ...],
    material: str,
    *meshes: str,
    **more: object,
) -> Model:
    label = str(more.pop('label', name))
    shape = str(more.pop('shape', label))
    return Model(
        name=name, label=label, shape=shape, size=size, colors=colors, material=material,
        meshes=meshes, **more,  # type: ignore[arg-type]
    )  # fmt: skip


_MODELS = (
    # Living and dining rooms.
    _m('sofa', (0.85, 1.95, 0.84), _SOFT, 'fabric', 'Scopia/burlap_sofa', 'Scopia/leather_sofa',
       'KatorLegaz/mid-century-sofa', 'BlendSwap-CC-BY/sofa2'),
    _m('loveseat', (0.75, 1.55, 0.85), _SOFT, 'leather', 'Scopia/beige_sofa_2seats',
       'BlendSwap-CC-0/sofa2', label='sofa'),
    _m('armchair', (0.82, 0.86, 0.85), _SOFT, 'fabric', 'BlendSwap-CC-BY/armchair1',
       'BlendSwap-CC-0/modernArmchair', 'KatorLegaz/mid-century-chair'),
    _m('coffee table', (0.6, 1.15, 0.45), _WOODS, 'wood', 'BlendSwap-CC-BY/coffeeTable',
       'Scopia/coffee-table2', 'Scopia/coffee_table'),
    _m('tv stand', (0.45, 1.4, 0.5), _WOODS, 'wood', 'BlendSwap-CC-BY/tvStand'),
    _m('television', (0.18, 1.1, 0.68), ('black',), 'plastic', 'BlendSwap-CC-0/led_tv',
       label='tv', shape='television'),
    _m('bookshelf', (0.34, 0.95, 1.95), _WOODS, 'wood', 'KatorLegaz/full-bookcase'),
    _m('shelf', (0.36, 0.8, 1.7), _WOODS, 'wood', 'BlendSwap-CC-0/verticalShelves'),
    _m('floor lamp', (0.42, 0.42, 1.6), ('cream', 'white', 'orange', 'teal'), 'fabric',
       label='lamp', shape='floor lamp'),
    _m('table lamp', (0.28, 0.28, 0.42), ('blue', 'white', 'terracotta', 'green'), 'ceramic',
       'Scopia/little_lamp1', 'Scopia/table_lamp', 'BlendSwap-CC-BY/lamp', label='lamp',
       shape='table lamp'),
    _m('plant', (0.55, 0.55, 1.05), _OWN, '',
       'BlendSwap-CC-0/decorativePlant', 'BlendSwap-CC-0/plant', label='potted plant',
       shape='plant'),
    _m('small plant', (0.27, 0.27, 0.26), _OWN, '',
       'BlendSwap-CC-0/littlePlant', label='potted plant', shape='plant'),
    _m('rug', (1.6, 2.3, 0.02), ('red', 'blue', 'beige', 'teal', 'gray', 'terracotta'), 'wool',
       flat=True),
    _m('small rug', (0.9, 1.4, 0.02), ('red', 'blue', 'green', 'gray'), 'wool', label='rug',
       flat=True),
    _m('painting', (0.04, 1.0, 0.75), ('walnut', 'black', 'gold'), 'canvas', mount_m=1.3),
    _m('poster', (0.03, 0.7, 0.95), ('black', 'white'), 'paper', label='painting',
       shape='poster', mount_m=1.2),
    _m('clock', (0.06, 0.34, 0.34), ('black', 'red', 'walnut'), 'plastic', mount_m=1.75),
    _m('piano', (0.6, 1.45, 1.2), ('black', 'walnut', 'white'), 'wood', 'BlendSwap-CC-BY/piano'),
    _m('fireplace', (0.4, 1.25, 1.1), ('terracotta', 'beige', 'light gray'), 'brick',
       'Scopia/fireplace1'),
    _m('guitar', (0.3, 0.38, 1.05), ('red', 'orange', 'pine'), 'wood',
       'BlendSwap-CC-0/electricGuitar'),
    _m('dining table', (0.95, 1.6, 0.75), _WOODS, 'wood', 'BlendSwap-CC-BY/table',
       'BlendSwap-CC-0/table', shape='table'),
    _m('round table', (1.1, 1.1, 0.75), _WOODS, 'wood', 'Scopia/round-table',
       label='dining table', shape='round table'),
    _m('chair', (0.5, 0.46, 0.9), (*_WOODS, 'red', 'blue', 'black'), 'wood',
       'BlendSwap-CC-BY/kitchenChair', 'BlendSwap-CC-0/chair2', 'Scopia/chair4',
       'BlendSwap-CC-BY/chair3'),
    _m('sideboard', (0.48, 1.5, 0.85), _WOODS, 'wood', 'BlendSwap-CC-BY/dresserWithDrawers',
       shape='dresser'),
    _m('vase', (0.24, 0.24, 0.46), _OWN, '',
       'BlendSwap-CC-BY/tulips', label='vase of flowers', shape='vase'),
    # Kitchen.
    _m('refrigerator', (0.7, 0.72, 1.8), ('white', 'gray', 'red'), 'metal',
       'BlendSwap-CC-0/refrigerator', 'BlendSwap-CC-0/largeFridge'),
    _m('counter', (0.6, 0.8, 0.9), ('white', 'oak', 'green', 'gray', 'dark blue'), 'wood',
       'BlendSwap-CC-BY/kitchenLowerCabinet', label='kitchen counter', shape='counter'),
    _m('kitchen sink', (0.6, 0.8, 1.0), ('white', 'oak', 'green', 'gray', 'dark blue'), 'steel',
       'BlendSwap-CC-BY/kitchenSink', label='sink', shape='sink'),
    _m('stove', (0.6, 0.62, 0.92), _STEEL, 'metal', shape='oven'),
    _m('upper cabinet', (0.34, 0.8, 0.7), ('white', 'oak', 'green', 'gray', 'dark blue'), 'wood',
       'BlendSwap-CC-BY/kitchenUpperCabinet', label='kitchen cabinet', shape='cabinet',
       mount_m=1.5),
    _m('microwave', (0.36, 0.48, 0.28), _STEEL, 'metal', 'BlendSwap-CC-BY/microwave'),
    _m('dishwasher', (0.6, 0.6, 0.9), _STEEL, 'metal'),
    _m('toaster', (0.2, 0.3, 0.2), ('red', 'gray', 'black'), 'metal', 'Scopia/toaster'),
    _m('coffee machine', (0.3, 0.24, 0.34), ('black', 'red', 'gray'), 'plastic',
       'KatorLegaz/coffee-maker'),
    _m('fruit bowl', (0.32, 0.32, 0.15), _OWN, '',
       'Scopia/bowlWithFruits', label='bowl of fruit', shape='bowl'),
    _m('trash can', (0.34, 0.34, 0.66), ('gray', 'black', 'red', 'white'), 'metal',
       'KatorLegaz/bullet-trash-can'),
    # Bathroom and laundry.
    _m('toilet', (0.68, 0.42, 0.78), _WHITE, 'ceramic', 'BlendSwap-CC-0/toiletsUnit',
       'BlendSwap-CC-BY/toilets_unit_jay_hardy'),
    _m('bathroom sink', (0.46, 0.62, 0.95), _WHITE, 'ceramic', 'BlendSwap-CC-0/washbasin',
       'BlendSwap-CC-BY/washbasin_jay_hardy', label='sink', shape='vanity'),
    _m('bathtub', (0.75, 1.7, 0.6), _WHITE, 'enamel', 'BlendSwap-CC-BY/bath_jay_hardy'),
    _m('shower', (0.9, 0.9, 2.0), _WHITE, 'glass', 'BlendSwap-CC-0/showerStall'),
    _m('mirror', (0.04, 0.6, 0.85), ('chrome', 'white', 'walnut'), 'glass', mount_m=1.1),
    _m('towel', (0.12, 0.55, 0.6), ('blue', 'pink', 'green', 'yellow', 'white', 'red'), 'cotton',
       mount_m=0.8),
    _m('washing machine', (0.6, 0.6, 0.85), _WHITE, 'metal', 'Scopia/clothes_washing_machine',
       'BlendSwap-CC-BY/washing_machine'),
    _m('dryer', (0.6, 0.6, 0.85), _WHITE, 'metal', 'Scopia/dryer_machine'),
    _m('laundry basket', (0.48, 0.48, 0.6), ('beige', 'white', 'blue', 'pink'), 'wicker',
       'Scopia/clothes-basket', shape='hamper'),
    _m('ironing board', (0.36, 1.25, 0.9), ('blue', 'red', 'teal', 'gray'), 'cotton'),
    # Bedroom.
    _m('bed', (2.05, 1.6, 0.95), _SOFT, 'cotton', 'BlendSwap-CC-0/bed2', 'Scopia/bed1',
       'BlendSwap-CC-0/bed1'),
    _m('single bed', (2.0, 0.98, 0.8), _SOFT, 'cotton', 'BlendSwap-CC-BY/juniorBed',
       'Scopia/children_bed', label='bed'),
    _m('nightstand', (0.42, 0.48, 0.5), _WOODS, 'wood', 'BlendSwap-CC-BY/bedsideTable',
       'BlendSwap-CC-0/bedsideTable2'),
    _m('wardrobe', (0.62, 1.6, 2.1), _WOODS, 'wood', 'BlendSwap-CC-BY/wardrobe2',
       'Scopia/wardrobe1'),
    _m('small wardrobe', (0.6, 1.0, 2.0), _WOODS, 'wood', 'BlendSwap-CC-BY/wardrobe',
       label='wardrobe'),
    _m('dresser', (0.48, 1.1, 0.9), _WOODS, 'wood', 'BlendSwap-CC-BY/dresserWithDrawers'),
    _m('teddy bear', (0.26, 0.34, 0.36), ('brown', 'pink', 'beige'), 'plush',
       'BlendSwap-CC-0/teddyBear'),
    _m('toy box', (0.45, 0.8, 0.42), ('red', 'blue', 'yellow', 'green'), 'wood', shape='box'),
    # Study.
    _m('desk', (0.7, 1.4, 0.74), _WOODS, 'wood', 'BlendSwap-CC-BY/simpleDesk',
       'BlendSwap-CC-BY/biurko3', 'Scopia/wooden_office_alder_table'),
    _m('office chair', (0.62, 0.62, 0.98), ('black', 'blue', 'red', 'gray'), 'fabric',
       'KatorLegaz/office-chair', 'Scopia/office_chair'),
    _m('computer', (0.22, 0.56, 0.46), ('black',), 'plastic'),
    _m('laptop', (0.28, 0.36, 0.25), ('gray',), 'metal', 'BlendSwap-CC-BY/laptop'),
    _m('printer', (0.36, 0.46, 0.24), ('white', 'dark gray'), 'plastic',
       'Scopia/inkjet_and_scanner_printer'),
    _m('filing cabinet', (0.55, 0.42, 0.7), ('gray', 'dark green', 'beige'), 'metal',
       'KatorLegaz/filing-cabinet', shape='nightstand'),
    _m('whiteboard', (0.05, 1.3, 0.9), ('white',), 'metal', mount_m=1.0),
    _m('desk lamp', (0.24, 0.24, 0.42), ('black', 'red', 'white'), 'metal',
       'BlendSwap-CC-0/desklamp', label='lamp', shape='table lamp'),
    # Hallway and anywhere.
    _m('coat rack', (0.5, 0.5, 1.75), ('walnut', 'black', 'oak'), 'wood'),
    _m('shoe cabinet', (0.3, 0.8, 0.85), _WOODS, 'wood', shape='cabinet'),
    _m('bench', (0.38, 1.1, 0.45), _WOODS, 'wood', 'KatorLegaz/bench'),
    _m('bicycle', (0.5, 1.5, 0.95), ('red', 'blue', 'green', 'black'), 'metal',
       'Scopia/bicycle@90'),
    _m('front door', (0.06, 0.9, 2.05), ('walnut', 'red', 'dark green', 'dark blue'), 'wood',
       shape='door', mount_m=0.0),
    _m('window', (0.06, 1.4, 1.2), _WHITE, 'glass', mount_m=0.95),
    _m('radiator', (0.1, 0.9, 0.6), _WHITE, 'metal',
       shape='whiteboard', mount_m=0.1),
    _m('treadmill', (1.6, 0.75, 1.3), ('dark gray',), 'metal', 'BlendSwap-CC-BY/treadmill'),
    _m('exercise bike', (1.0, 0.55, 1.2), ('red', 'black'), 'metal', 'Scopia/indoor-bike',
       shape='bicycle'),
    _m('fan', (0.24, 0.3, 0.42), ('white', 'black'), 'plastic', 'BlendSwap-CC-0/tableFan'),
    _m('cardboard box', (0.36, 0.55, 0.32), ('pine',), 'cardboard', 'Scopia/cardboard-box',
       shape='box'),
)  # fmt: skip

#: Every model by name.
CATALOGUE: Mapping[str, Model] = MappingProxyType({model.name: model for model in _MODELS})
