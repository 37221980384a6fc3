"""What stands under the open sky: trees, street furniture, vehicles, buildings."""

from __future__ import annotations

from memory_sim.furniture.model import model as _m
from memory_sim.furniture.model import OWN, WOODS

__all__ = ['BUILDING_LABELS', 'OUTDOOR_MODELS']

_GREENS = ('green', 'leaf', 'dark green')
_WALLS = ('terracotta', 'cream', 'light gray', 'beige', 'brown', 'white', 'light blue', 'yellow')

#: Buildings of a campus and the shape of each.
BUILDING_LABELS = {
    'library building': 'hall building',
    'lecture hall': 'hall building',
    'dormitory': 'brick building',
    'cafe': 'gabled building',
    'restaurant': 'gabled building',
    'bookshop': 'gabled building',
    'pharmacy': 'gabled building',
    'bank': 'hall building',
    'gymnasium': 'brick building',
    'museum': 'hall building',
    'laboratory building': 'brick building',
    'administration building': 'hall building',
    'post office': 'gabled building',
    'clinic': 'brick building',
    'theatre': 'hall building',
    'chapel': 'gabled building',
    'supermarket': 'brick building',
    'student union': 'brick building',
    'engineering building': 'brick building',
    'computer science building': 'brick building',
}

OUTDOOR_MODELS = (
    _m('tree', (4.6, 4.6, 6.5), _GREENS, 'wood'),
    _m('round tree', (3.4, 3.4, 5.0), _GREENS, 'wood', label='tree', shape='round tree'),
    _m('pine tree', (3.4, 3.4, 8.5), ('dark green', 'leaf'), 'wood'),
    _m('bush', (1.3, 1.4, 1.1), _GREENS, 'wood'),
    _m('hedge', (0.7, 3.0, 1.1), _GREENS, 'wood'),
    _m('park bench', (0.6, 1.7, 0.85), ('oak', 'walnut', 'green', 'red'), 'wood', label='bench',
       shape='park bench'),
    _m('fountain', (3.4, 3.4, 2.0), ('light gray',), 'stone'),
    _m('pond', (11.0, 8.0, 0.12), ('water',), 'water'),
    _m('bicycle rack', (1.7, 2.4, 0.85), ('gray', 'black', 'green'), 'steel'),
    _m('flower bed', (1.4, 2.6, 0.5), OWN, ''),
    _m('picnic table', (1.6, 1.8, 0.75), WOODS, 'wood'),
    _m('lamp post', (0.4, 0.4, 3.8), ('black', 'dark green', 'gray'), 'metal'),
    _m('bus stop', (1.5, 3.6, 2.4), ('red', 'blue', 'green', 'gray'), 'glass'),
    _m('street sign', (0.1, 0.75, 2.4), ('green', 'blue', 'white'), 'metal'),
    _m('traffic light', (0.35, 0.35, 3.2), ('black', 'yellow'), 'metal'),
    _m('mailbox', (0.45, 0.5, 1.15), ('blue', 'yellow', 'red'), 'metal'),
    _m('fire hydrant', (0.4, 0.4, 0.75), ('red', 'yellow'), 'iron'),
    _m('parasol', (2.6, 2.6, 2.5), ('red', 'white', 'green', 'orange', 'blue'), 'fabric'),
    _m('kiosk', (2.0, 2.6, 2.6), ('green', 'red', 'blue', 'yellow'), 'wood'),
    _m('slide', (3.0, 0.8, 2.0), ('red', 'yellow', 'orange'), 'plastic'),
    _m('swing', (1.6, 3.2, 2.2), ('red', 'green', 'blue'), 'metal'),
    _m('football goal', (1.8, 5.2, 2.1), ('white',), 'metal'),
    _m('flagpole', (1.7, 0.3, 8.0), ('red', 'blue', 'yellow', 'white'), 'metal'),
    _m('dumpster', (1.2, 1.8, 1.3), ('green', 'blue', 'gray'), 'metal'),
    _m('parking meter', (0.2, 0.24, 1.4), ('gray', 'black', 'blue'), 'metal'),
    _m('sculpture', (1.5, 1.5, 2.6), ('chrome', 'red', 'gold', 'dark gray'), 'steel'),
    _m('information board', (0.35, 1.5, 2.0), ('dark blue', 'dark green', 'gray'), 'metal',
       shape='information panel'),
    _m('outdoor statue', (1.0, 1.0, 3.0), ('dark green', 'white', 'brown'), 'bronze',
       label='statue'),
    _m('street hoop', (1.1, 1.8, 4.0), ('white',), 'metal', label='basketball hoop'),
    _m('bus', (11.5, 2.5, 3.0), ('red', 'blue', 'yellow', 'white'), 'metal'),
    _m('van', (5.2, 2.0, 2.3), ('white', 'yellow', 'blue', 'brown'), 'metal'),
    _m('crosswalk', (3.0, 7.0, 0.02), ('white',), 'paint', flat=True),
    *(_m(label, (16.0, 28.0, 13.0), _WALLS, 'brick' if 'brick' in shape else 'stone', shape=shape)
      for label, shape in BUILDING_LABELS.items()),
)  # fmt: skip
