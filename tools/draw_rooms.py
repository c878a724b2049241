"""Draw docs/rooms.png: the rooms of d2l_ext, and which imports from which; `make map` runs it."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / 'd2l_ext'
ROW = re.compile(r'^\| `(\w+)` \| [^|]+ \| ([^|]*)\|$', re.M)
TOP, NEXT = 9.4, 1.0  # inches of the picture's width, and of a floor's height


def table() -> dict:
    """Return {room: the rooms that it may import}, as CONTRIBUTING.md's table has them, in its order."""
    rows = ROW.findall((ROOT / 'CONTRIBUTING.md').read_text(encoding='utf-8'))
    return {room: set(re.findall(r'`(\w+)`', below)) for room, below in rows}


def rooms() -> dict:
    """Return {room: the rooms that it imports}, read from the code; a file at the top is a room too."""
    found = {}
    for path in sorted(PACKAGE.rglob('*.py')):
        own, *inside = path.relative_to(PACKAGE).parts
        room = own.removesuffix('.py')
        if room == '__init__':
            continue
        here = room if inside else ''
        found.setdefault(room, set()).update(
            imports(ast.parse(path.read_text(encoding='utf-8')), here) - {room}
        )
    return found


def imports(tree, room) -> set:
    """Return the rooms that a file imports, inside functions too; `room` is its own, '' at the top."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            parts = [alias.name.split('.') for alias in node.names]
            names |= {part[1] for part in parts if part[0] == 'd2l_ext' and len(part) > 1}
        elif isinstance(node, ast.ImportFrom):
            module = node.module.split('.') if node.module else []
            if node.level == 0:
                if module[:1] != ['d2l_ext']:
                    continue
                module = module[1:]
            elif node.level == 1 and room:
                continue  # its own room
            names |= {module[0]} if module else {alias.name for alias in node.names}
    known = {path.stem for path in PACKAGE.glob('*.py')} | {
        path.parent.name for path in PACKAGE.glob('*/__init__.py')
    }
    return names & known


def floors(below) -> list:
    """Return [[room]] from the bottom: a room stands above all that it imports."""
    heights = {}
    for room in TopologicalSorter(below).static_order():
        heights[room] = max((heights[other] + 1 for other in below[room]), default=0)
    return [
        sorted(room for room in heights if heights[room] == height)
        for height in range(max(heights.values()) + 1)
    ]


def nearest(below) -> dict:
    """Return {room: the rooms that it imports and no other room that it imports does}."""
    reached = {}
    for room in TopologicalSorter(below).static_order():
        reached[room] = set(below[room]).union(*(reached[other] for other in below[room]))
    return {
        room: others - set().union(*(reached[other] for other in others))
        for room, others in below.items()
    }


def draw(below):
    """Return the matplotlib figure: a box a room, floor by floor, an arrow to each of the nearest."""
    from matplotlib.figure import Figure

    stacked = floors(below)
    figure = Figure(figsize=(TOP, NEXT * len(stacked) + 0.2), dpi=110)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 1), ylim=(-0.5, len(stacked) - 0.5))
    axes.axis('off')
    boxes, places, arrows = {}, {}, nearest(below)
    for height, floor in enumerate(stacked):
        if height:  # above what they import, so that arrows cross little
            floor.sort(key=lambda room: sum(places[o] for o in arrows[room]) / len(arrows[room]))
        for i, room in enumerate(floor):
            places[room] = (i + 1) / (len(floor) + 1)
            boxes[room] = axes.text(
                places[room], height, 'command line' if room == '__main__' else room,
                ha='center', va='center', fontsize=13, zorder=3,
                bbox={'boxstyle': 'round,pad=0.45', 'facecolor': '#dcebf5', 'edgecolor': '#0072b2'},
            )  # fmt: skip
    figure.draw_without_rendering()  # boxes are measured
    for room, others in arrows.items():
        for other in others:
            ends = {'patchA': boxes[room].get_bbox_patch(), 'patchB': boxes[other].get_bbox_patch()}
            style = {'arrowstyle': '-|>', 'color': '#6a6a6a', 'shrinkA': 0, 'shrinkB': 2, **ends}
            axes.annotate(
                '',
                boxes[other].get_position(),
                boxes[room].get_position(),
                arrowprops=style,
                zorder=1,
            )
    return figure


if __name__ == '__main__':
    draw(rooms()).savefig(ROOT / 'docs' / 'rooms.png')
