"""
Makers of questions: one for each form, all from what is really there.

What is right may depend on where the robot stands when it is asked (``asked_at``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
import math

from memory_bench.datasets.types import Question
from memory_bench.questions.case import Case
from memory_bench.questions.context import Desk, made, Stage
from memory_bench.questions.goals import asked_from
from memory_bench.questions.wording import area_uses, needs, question_texts
from memory_bench.world.history import ASKED_NS, at_hour
from memory_node.core.data import Vector3
from memory_sim.engines.base import Instance
from memory_sim.world.colors import COLORS

__all__ = ['FORM_MAKERS', 'asked_at', 'nearest']

#: Names of storeys, from the ground up.
_FLOORS = ('ground', 'second', 'third', 'fourth', 'fifth', 'sixth')
#: Two things stand together when their boxes are this close [m].
_BESIDE_M = 0.8


# ---- explicit ----------------------------------------------------------------------------------


def _names(desk: Desk) -> Iterator[Case]:
    for label, things in desk.shuffled(desk.by_label.items()):
        if len(things) <= desk.most and desk.any_seen(things):
            text = desk.text('name', several=len(things) > 1, thing=label)
            yield from made([desk.case('explicit', 'name', text, things)])


def _attributes(desk: Desk) -> Iterator[Case]:
    """Ask for a thing by colour where things of that name have several."""
    for label, things in desk.shuffled(desk.by_label.items()):
        colors = Counter(t.attributes.get('color', '') for t in things)
        for color in sorted(c for c in colors if c):
            chosen = [t for t in things if t.attributes.get('color') == color]
            if len(colors) > 1 and len(chosen) <= 3 and desk.any_seen(chosen):
                text = desk.text('attribute', several=len(chosen) > 1, thing=f'{color} {label}')
                yield from made([desk.case('explicit', 'attribute', text, chosen)])


def _gap_m(a: Instance, b: Instance) -> float:
    """Return the horizontal distance between two boxes."""
    gaps = (abs(a.center[i] - b.center[i]) - 0.5 * (a.extent[i] + b.extent[i]) for i in (0, 1))
    level = abs(a.center[2] - b.center[2]) < 2.0
    return math.hypot(*(max(g, 0.0) for g in gaps)) if level else math.inf


def _relations(desk: Desk) -> Iterator[Case]:
    """Ask for one of several things by what it stands beside."""
    rooms: dict[int, list[Instance]] = defaultdict(list)
    for thing in desk.latest:
        rooms[thing.region_id].append(thing)
    found: dict[tuple[str, str], list[Instance]] = defaultdict(list)
    for members in rooms.values():
        for a in members:
            for b in members:
                if a.label != b.label and _gap_m(a, b) <= _BESIDE_M:
                    found[a.label, b.label].append(a)
    for (label, other), things in desk.shuffled(sorted(found.items())):
        chosen = list({t.id: t for t in things}.values())
        several = len(desk.by_label[label]) > len(chosen)
        if several and len(chosen) <= 2 and desk.any_seen(chosen):
            text = desk.text('relation', thing=label, other=other)
            yield from made([desk.case('explicit', 'relation', text, chosen)])


# ---- implicit ----------------------------------------------------------------------------------


def _met(desk: Desk) -> Iterator[tuple[str, tuple[Instance, ...]]]:
    """Yield a wording of each need that something here meets, and what meets it."""
    for need in desk.shuffled(needs(desk.stage.templates)):
        things = tuple(t for t in desk.latest if t.label in need.labels)
        if things and desk.any_seen(things):
            yield need.texts[int(desk.rng.integers(len(need.texts)))], things


def _implicit(desk: Desk) -> Iterator[Case]:
    for text, things in _met(desk):
        if len(things) <= desk.most:
            yield from made([desk.case('implicit', 'need', text, things)])


# ---- spatial -----------------------------------------------------------------------------------


def _near(desk: Desk) -> Iterator[Case]:
    for label, things in desk.shuffled(desk.by_label.items()):
        yield from _nearest_of(desk, 'near', things, thing=label)


def _near_needs(desk: Desk) -> Iterator[Case]:
    for need, things in _met(desk):
        yield from _nearest_of(desk, 'near_need', things, need=need)


def _nearest_of(
    desk: Desk, form: str, things: Sequence[Instance], *, thing: str = '', need: str = ''
) -> Iterator[Case]:
    if not 2 <= len(things) <= 30:
        return
    start = desk.start()
    right = nearest(desk.stage, start, things)
    if right and len(right) < len(things):
        text = desk.text(form, thing=thing, need=need)
        case = desk.case('spatial', form, text, right, start=start, tell_near=True)
        yield from (replace(c, choices=tuple(things)) for c in made([case]))


def _areas(desk: Desk) -> Iterator[Case]:
    """Ask for a thing in one kind of area where other kinds have the like too."""
    rooms = Counter(r.kind for r in desk.ground.regions.values())
    for label, things in desk.shuffled(desk.by_label.items()):
        kinds = Counter(desk.area_name(t) for t in things)
        for kind in sorted(kinds):
            chosen = [t for t in things if desk.area_name(t) == kind]
            fits = len(kinds) > 1 and 0 < rooms[kind] <= 3 and len(chosen) <= 4
            if fits and desk.any_seen(chosen):
                text = desk.text('area', several=len(chosen) > 1, thing=label, area=kind)
                yield from made([desk.case('spatial', 'area', text, chosen)])


def _floors(desk: Desk) -> Iterator[Case]:
    floors = sorted({r.floor for r in desk.ground.regions.values()})
    if len(floors) < 2:
        return
    level = {r.id: floors.index(r.floor) for r in desk.ground.regions.values()}
    for label, things in desk.shuffled(desk.by_label.items()):
        here = Counter(level.get(t.region_id, -1) for t in things)
        for floor in sorted(f for f in here if f >= 0):
            chosen = [t for t in things if level.get(t.region_id) == floor]
            fits = len(here) > 1 and len(chosen) <= desk.most and floor < len(_FLOORS)
            if fits and desk.any_seen(chosen):
                words = {'thing': label, 'floor': _FLOORS[floor]}
                text = desk.text('floor', several=len(chosen) > 1, **words)
                yield from made([desk.case('spatial', 'floor', text, chosen)])


# ---- temporal ----------------------------------------------------------------------------------


def _moved(desk: Desk, form: str) -> Iterator[Case]:
    noon_ns, morning_ns = at_hour(1, 12.0), at_hour(1, 8.0)
    for _, move in desk.shuffled(sorted(desk.history.moves.items())):
        target = move.after if form == 'now' else move.before
        # Moved in the night: told apart by "yesterday"; at noon: by "this morning".
        in_night = move.stamp_ns < morning_ns
        if form != 'now' and in_night != (form == 'yesterday'):
            continue
        frames = desk.stage.drive.keyframes
        stamps = [frames[i].stamp_ns for i in desk.seen(target)]
        window = {
            'now': (move.stamp_ns, ASKED_NS),
            'yesterday': (0, at_hour(1, 0.0)),
            'morning': (morning_ns, noon_ns),
        }[form]
        if not any(window[0] <= s <= window[1] for s in stamps):
            continue
        label = target.label
        if len(desk.by_label[label]) > 1:
            label = f'{target.attributes.get("color", "")} {label}'.strip()
        case = desk.case('temporal', form, desk.text(form, thing=label), [target])
        yield from made([case])


# ---- global ------------------------------------------------------------------------------------


def _worded(desk: Desk, form: str, text: str, facts: tuple[str, ...]) -> Case:
    question = Question(id='', text=text, kind='global', facts=facts, now_ns=ASKED_NS)
    return Case(question=question, form=form, start=desk.start(), expected=', '.join(facts))


def _largest(things: Iterable[Instance], most: int) -> tuple[str, ...]:
    """Return the labels of the things that fill the most room."""
    size: Counter[str] = Counter()
    for thing in things:
        size[thing.label] += math.prod(thing.extent)  # type: ignore[assignment]
    return tuple(label for label, _ in size.most_common(most))


def _rooms(desk: Desk) -> Iterator[Case]:
    kinds = Counter(r.kind for r in desk.ground.regions.values())
    for region in desk.shuffled(desk.ground.regions.values()):
        inside = [t for t in desk.latest if t.region_id == region.id and desk.seen(t)]
        facts = _largest(inside, 8)
        if kinds[region.kind] == 1 and len(facts) >= 3:
            yield _worded(desk, 'room', desk.text('room', area=region.kind), facts)


def _whole(desk: Desk) -> Iterator[Case]:
    kinds = Counter(r.kind for r in desk.ground.regions.values()).most_common(6)
    labels = Counter(t.label for t in desk.latest if desk.seen(t)).most_common(6)
    facts = tuple(dict.fromkeys([*(k for k, _ in kinds), *(name for name, _ in labels)]))
    for _ in range(2):
        yield _worded(desk, 'whole', desk.text('whole'), facts)


def _area_uses(desk: Desk) -> Iterator[Case]:
    most = max(3, len(desk.ground.regions) // 4)
    for entry in desk.shuffled(area_uses(desk.stage.templates)):
        regions = [r for r in desk.ground.regions.values() if r.kind in entry.kinds]
        areas = frozenset(r.id for r in regions)
        start = desk.start()
        shortest = desk.judge.shortest_m(start, (), areas)
        if not 0 < len(regions) <= most or not math.isfinite(shortest):
            continue
        use = entry.texts[int(desk.rng.integers(len(entry.texts)))]
        frames = desk.stage.drive.keyframes
        nodes = [i for i, r in enumerate(desk.stage.perception.regions) if r in areas]
        if not nodes:
            continue
        question = Question(
            id='',
            text=desk.text('area_use', use=use),
            kind='global',
            goals=tuple(frames[i].position for i in nodes[:: max(1, len(nodes) // 8)]),
            nodes=tuple(f'{i:05d}' for i in nodes),
            now_ns=ASKED_NS,
        )
        yield Case(
            question=question,
            form='area_use',
            start=start,
            areas=areas,
            shortest_m=shortest,
            expected='; '.join(sorted({r.kind for r in regions})),
        )


# ---- negative ----------------------------------------------------------------------------------


def _negative(desk: Desk, form: str, text: str, why: str) -> Case:
    question = Question(id='', text=text, kind='negative', now_ns=ASKED_NS, answerable=False)
    return Case(question=question, form=form, start=desk.start(), expected=f'nothing: {why}')


def _absent_labels(desk: Desk) -> Iterator[Case]:
    heads = {word for label in desk.labels for word in label.split()}
    for thing in desk.shuffled(question_texts('absent', desk.stage.templates)):
        if thing.split()[-1] not in heads and thing not in desk.labels:
            yield _negative(desk, 'label', desk.text('negative', thing=thing), f'no {thing}')


def _absent_colors(desk: Desk) -> Iterator[Case]:
    """Ask for a thing in a colour in which it is not there, all of its kind being seen to have."""
    plain = ('red', 'blue', 'green', 'yellow', 'pink', 'orange', 'purple', 'white', 'black')
    for label, things in desk.shuffled(desk.by_label.items()):
        colors = {t.attributes.get('color', '') for t in things}
        missing = [c for c in plain if c in COLORS and not any(c in has for has in colors)]
        if len(things) <= 3 and all(colors) and missing and desk.any_seen(things):
            color = missing[int(desk.rng.integers(len(missing)))]
            text = desk.text('negative', thing=f'{color} {label}')
            yield _negative(desk, 'color', text, f'{label} is {" or ".join(sorted(colors))}')


def _absent_needs(desk: Desk) -> Iterator[Case]:
    for text in desk.shuffled(question_texts('absent_needs', desk.stage.templates)):
        yield _negative(desk, 'absent_need', text, 'nothing here meets it')


FORM_MAKERS: Mapping[str, Callable[[Desk], Iterator[Case]]] = {
    'name': _names,
    'attribute': _attributes,
    'relation': _relations,
    'need': _implicit,
    'near': _near,
    'near_need': _near_needs,
    'area': _areas,
    'floor': _floors,
    'now': lambda desk: _moved(desk, 'now'),
    'yesterday': lambda desk: _moved(desk, 'yesterday'),
    'morning': lambda desk: _moved(desk, 'morning'),
    'room': _rooms,
    'whole': _whole,
    'area_use': _area_uses,
    'label': _absent_labels,
    'color': _absent_colors,
    'absent_need': _absent_needs,
}


# ---- where the robot stands ----

#: Another thing counts as nearest too when its way is so much longer [m].
_AS_NEAR_M = 1.0


def nearest(stage: Stage, start: Vector3, things: Iterable[Instance]) -> list[Instance]:
    """Return the things with the shortest way from a place, of those that were ever in view."""
    in_view = stage.perception.in_view
    walks = [(stage.judge.walk_to_m(start, t), t) for t in things if in_view.get((t.id, t.center))]
    best = min((w for w, _ in walks), default=math.inf)
    return [t for w, t in walks if w <= best + _AS_NEAR_M and math.isfinite(w)]


def asked_at(stage: Stage, case: Case, here: Vector3) -> Case:
    """
    Return a question as it is when the robot stands at ``here`` [m].

    What is near, and the shortest way, count from there. What is not near stays right.
    """
    if case.worded or not case.question.answerable:
        return replace(case, start=here)
    if case.radius_m:
        return asked_from(stage.ground, stage.roadmap, case, here)
    question, targets = case.question, case.targets
    if question.near is not None:
        targets = tuple(nearest(stage, here, case.choices)) or targets
        seen = {i for t in targets for i in stage.perception.in_view.get((t.id, t.center), ())}
        question = replace(
            question,
            near=here,
            goals=tuple(t.center for t in targets),
            nodes=tuple(f'{i:05d}' for i in sorted(seen)),
        )
        regions = stage.ground.regions
        case = replace(
            case,
            question=question,
            targets=targets,
            expected='; '.join(
                sorted({f'{t.label} in {regions[t.region_id].kind}' for t in targets
                        if t.region_id in regions})
            ),
        )  # fmt: skip
    shortest_m = stage.judge.shortest_m(here, targets, case.areas)
    return replace(case, start=here, shortest_m=shortest_m)
