"""Furniture of supermarkets, warehouses and museums; what a garage holds."""

from __future__ import annotations

from memory_sim.furniture.model import Model, OWN, SOFT, STEEL, WHITE, WOODS
from memory_sim.furniture.model import model as _m

__all__ = ['TRADE_MODELS']

_BOLD = ('red', 'blue', 'green', 'yellow', 'orange', 'teal')
#: Shelves by what they hold, and what they look like.
_SHELVES = (
    ('pasta', ''), ('rice', ''), ('sauce', 'bottle'), ('canned food', ''), ('cereal', ''),
    ('biscuit', ''), ('chocolate', ''), ('snack', ''), ('coffee', ''), ('tea', ''),
    ('spice', ''), ('oil and vinegar', 'bottle'), ('flour', ''), ('water', 'bottle'),
    ('juice', 'bottle'), ('wine', 'bottle'), ('beer', 'bottle'), ('lemonade', 'bottle'),
    ('detergent', 'bottle'), ('cleaning', 'bottle'), ('shampoo', 'bottle'), ('soap', ''),
    ('toilet paper', ''), ('pet food', ''), ('baby food', ''), ('diaper', ''),
    ('stationery', ''), ('toy', ''), ('battery', ''), ('kitchenware', ''),
    ('milk', 'chilled'), ('cheese', 'chilled'), ('yoghurt', 'chilled'), ('butter', 'chilled'),
    ('egg', 'chilled'), ('sausage', 'chilled'), ('salad', 'chilled'), ('tofu', 'chilled'),
)  # fmt: skip


def _shelf(goods: str, look: str) -> Model:
    shape = {'': 'goods shelf', 'bottle': 'bottle shelf', 'chilled': 'chilled shelf'}[look]
    size = (0.5, 2.0, 1.75) if look != 'chilled' else (0.75, 2.0, 2.0)
    colors = _BOLD if look != 'chilled' else ('white', 'light gray')
    return _m(f'{goods} shelf', size, colors, 'metal', shape=shape)


def _case(name: str, shape: str, size: tuple[float, float, float] = (0.7, 0.7, 1.35)) -> Model:
    return _m(name, size, ('white', 'walnut', 'black', 'light gray'), 'glass', shape=shape)


TRADE_MODELS = (
    # Supermarkets.
    *(_shelf(goods, look) for goods, look in _SHELVES),
    _m('fruit stand', (1.2, 2.0, 1.0), WOODS, 'wood', shape='produce stand'),
    _m('vegetable stand', (1.2, 2.0, 1.0), ('green', 'pine', 'oak'), 'wood',
       shape='produce stand'),
    _m('bread shelf', (0.6, 1.8, 1.8), WOODS, 'wood'),
    _m('cake counter', (0.9, 2.0, 1.3), ('white', 'oak', 'walnut'), 'glass',
       shape='glass counter'),
    _m('meat counter', (0.95, 2.4, 1.3), ('white', 'gray', 'red'), 'glass', shape='glass counter'),
    _m('fish counter', (0.95, 2.4, 1.3), ('white', 'light blue', 'blue'), 'glass',
       shape='glass counter'),
    _m('ice cream freezer', (0.9, 1.9, 0.9), ('white', 'blue', 'red'), 'metal',
       shape='chest freezer'),
    _m('frozen pizza freezer', (0.9, 1.9, 0.9), ('white', 'gray'), 'metal', shape='chest freezer'),
    _m('frozen vegetable freezer', (0.9, 1.9, 0.9), ('white', 'green'), 'metal',
       shape='chest freezer'),
    _m('checkout counter', (0.9, 2.4, 1.35), ('gray', 'red', 'blue', 'green'), 'metal',
       shape='checkout'),
    _m('shopping cart', (0.9, 0.55, 1.0), ('red', 'blue', 'green', 'orange'), 'metal'),
    _m('shopping basket', (0.35, 0.48, 0.7), _BOLD, 'plastic', shape='basket stack'),
    _m('customer service desk', (0.8, 2.4, 1.08), ('white', 'red', 'blue'), 'wood',
       shape='reception desk'),
    _m('atm', (0.6, 0.75, 1.7), ('blue', 'red', 'gray'), 'metal', label='cash machine',
       shape='atm'),
    _m('bottle return machine', (0.8, 0.9, 1.9), ('green', 'gray', 'white'), 'metal',
       shape='bottle return'),
    _m('flower stand', (0.9, 1.5, 1.3), ('pine', 'green', 'white'), 'wood'),
    _m('magazine rack', (0.5, 1.2, 1.6), ('black', 'gray', 'oak'), 'metal'),
    # Warehouses and garages.
    _m('pallet rack', (1.1, 2.8, 4.8), ('orange', 'blue', 'yellow'), 'steel'),
    _m('pallet', (1.2, 0.8, 0.15), ('pine', 'oak'), 'wood', 'BlendSwap-CC-0/pallet'),
    _m('loaded pallet', (1.2, 0.85, 1.25), ('pine', 'brown', 'beige', 'white'), 'cardboard',
       label='pallet of boxes', shape='loaded pallet'),
    _m('forklift', (3.0, 1.2, 2.15), ('yellow', 'orange', 'red', 'green'), 'metal',
       'BlendSwap-CC-0/forkLift@-90'),
    _m('pallet jack', (1.5, 0.6, 1.2), ('red', 'yellow', 'orange', 'blue'), 'metal'),
    _m('conveyor', (0.8, 4.0, 1.0), ('blue', 'gray', 'yellow'), 'metal', label='conveyor belt',
       shape='conveyor'),
    _m('packing table', (0.85, 1.9, 1.6), ('blue', 'gray', 'green'), 'wood'),
    _m('dock door', (0.1, 2.8, 3.0), ('gray', 'light gray', 'dark green', 'blue'), 'metal',
       label='loading dock door', shape='dock door', mount_m=0.0),
    _m('stretch wrapper', (2.2, 1.5, 2.2), ('gray', 'blue', 'orange'), 'metal',
       label='pallet wrapping machine', shape='stretch wrapper'),
    _m('charging station', (0.4, 0.6, 1.4), ('white', 'green', 'gray'), 'metal'),
    _m('workbench', (0.7, 1.8, 1.7), ('red', 'blue', 'pine'), 'wood'),
    _m('tool cabinet', (0.5, 0.8, 1.05), ('red', 'blue', 'black'), 'metal'),
    _m('step ladder', (0.75, 0.55, 1.75), ('yellow', 'gray', 'orange'), 'metal',
       'Scopia/step-ladder-metal', label='ladder', shape='step ladder'),
    _m('barrel', (0.6, 0.6, 0.9), ('blue', 'red', 'yellow', 'green'), 'steel'),
    _m('crate', (0.7, 0.9, 0.75), ('pine', 'oak', 'brown'), 'wood'),
    _m('hand truck', (0.5, 0.5, 1.25), ('red', 'blue', 'black'), 'metal'),
    _m('safety cabinet', (0.5, 1.1, 1.9), ('yellow',), 'metal', label='hazardous goods cabinet',
       shape='safety cabinet'),
    _m('time clock', (0.12, 0.25, 0.35), ('gray', 'black'), 'plastic', mount_m=1.3),
    _m('floor scale', (1.2, 1.0, 1.2), ('gray', 'yellow'), 'steel', label='pallet scale',
       shape='scale'),
    # Museums.
    _m('dinosaur skeleton', (7.0, 2.0, 3.6), ('cream',), 'bone', shape='dinosaur'),
    _m('mammoth skeleton', (4.6, 1.7, 2.9), ('brown',), 'bone', shape='mammoth'),
    _case('fossil', 'fossil'),
    _case('amphora', 'amphora', (0.75, 0.75, 1.5)),
    _case('crown', 'crown'),
    _case('sword', 'sword', (0.6, 1.3, 1.2)),
    _case('gold mask', 'mask'),
    _case('crystal', 'crystal'),
    _case('ship model', 'ship model', (0.7, 1.5, 1.6)),
    _case('butterfly collection', 'butterfly case', (0.8, 1.3, 1.15)),
    _case('coin collection', 'coin case', (0.6, 1.1, 1.15)),
    _case('jewellery case', 'display case'),
    _m('statue', (0.7, 0.8, 2.2), ('white', 'light gray', 'dark green', 'terracotta'), 'marble'),
    _m('bust', (0.45, 0.45, 1.6), ('white', 'dark green', 'brown'), 'marble'),
    _m('suit of armour', (0.6, 0.85, 1.95), ('chrome', 'dark gray', 'gold'), 'steel',
       shape='knight armour'),
    _m('space suit', (0.65, 0.85, 2.0), ('white', 'orange'), 'fabric'),
    _m('sarcophagus', (2.2, 0.95, 1.1), ('gold', 'brown', 'turquoise'), 'wood'),
    _m('meteorite', (1.1, 1.2, 1.3), ('dark gray', 'brown', 'black'), 'iron'),
    _m('rocket', (1.6, 1.6, 3.4), ('white', 'light gray'), 'metal', label='rocket model',
       shape='rocket'),
    _m('telescope', (1.3, 0.7, 1.5), ('gold', 'walnut', 'black'), 'brass'),
    _m('antique globe', (0.9, 0.9, 1.15), ('beige', 'light blue'), 'paper', label='globe',
       shape='globe stand'),
    _m('totem pole', (0.8, 1.3, 3.2), ('brown', 'terracotta'), 'wood'),
    _m('steam engine', (2.6, 1.4, 1.9), ('dark green', 'black', 'red'), 'iron'),
    _m('tapestry', (0.05, 2.6, 1.9), ('red', 'blue', 'terracotta', 'dark green'), 'wool',
       mount_m=1.0),
    _m('large painting', (0.06, 2.0, 1.4), ('gold', 'walnut', 'black'), 'canvas',
       label='painting', shape='painting', mount_m=1.0),
    _m('modern painting', (0.05, 1.3, 1.3), ('white', 'black'), 'canvas', label='painting',
       shape='poster', mount_m=1.0),
    _m('photograph', (0.04, 0.8, 0.6), ('black', 'white'), 'paper', shape='painting',
       mount_m=1.3),
    _m('harp', (0.9, 0.5, 1.7), ('gold', 'walnut', 'cherry'), 'wood'),
    _m('grand piano', (1.7, 1.35, 1.0), ('black', 'white', 'walnut'), 'wood',
       'BlendSwap-CC-0/pianoAQueue', label='grand piano', shape='piano'),
    _m('canoe', (4.2, 0.9, 0.9), ('brown', 'walnut', 'red'), 'wood'),
    _m('information panel', (0.3, 0.9, 1.5), ('black', 'gray', 'dark blue'), 'metal'),
    _m('rope barrier', (0.32, 2.0, 1.0), ('red', 'blue', 'dark green'), 'rope'),
    _m('museum bench', (0.5, 1.8, 0.45), ('black', 'walnut', 'brown'), 'leather', label='bench'),
    _m('ticket desk', (0.8, 2.4, 1.08), ('walnut', 'white', 'black'), 'wood',
       shape='reception desk'),
    _m('cloak rack', (0.5, 1.8, 1.8), STEEL, 'metal', label='coat rack', shape='coat rack'),
    _m('souvenir shelf', (0.45, 1.6, 1.7), WOODS, 'wood', shape='goods shelf'),
    _m('postcard stand', (0.5, 0.5, 1.7), ('black', 'gray', 'red'), 'metal'),
    _m('donation box', (0.4, 0.4, 1.1), ('walnut', 'black', 'white'), 'glass'),
    _m('cafe table', (0.7, 0.7, 0.75), ('white', 'walnut', 'black'), 'wood', shape='round table'),
    _m('cafe chair', (0.48, 0.46, 0.86), SOFT, 'metal', 'KatorLegaz/cafe-chair', label='chair'),
    _m('cafe counter', (0.8, 2.4, 1.25), ('walnut', 'white', 'oak'), 'wood',
       label='coffee counter', shape='glass counter'),
    _m('water fountain', (0.4, 0.4, 1.0), ('chrome', 'gray', 'white'), 'steel',
       label='drinking fountain', shape='vanity'),
    _m('audio guide', (0.16, 0.9, 1.0), ('black', 'gray'), 'plastic', label='audio guide rack',
       shape='pigeonholes', mount_m=0.8),
    _m('planter', (0.6, 0.6, 1.5), OWN, '', label='potted plant', shape='plant'),
    _m('theatre seat', (0.65, 0.6, 0.95), ('red', 'dark blue', 'purple'), 'velvet', label='seat',
       shape='armchair'),
    _m('light box', (0.06, 1.2, 0.9), WHITE, 'plastic', label='x-ray viewer', shape='whiteboard',
       mount_m=1.1),
)  # fmt: skip
