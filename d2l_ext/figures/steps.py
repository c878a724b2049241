"""What a block does with its input, as steps: the boxes of its diagram, in words and numbers."""

import math
from dataclasses import dataclass

from mxnet.gluon import nn

from ..networks.blocks import Concat

# they belong to the convolution before them, or do nothing
NOT_DRAWN = ('BatchNorm', 'Activation', 'Identity')


@dataclass
class Fork:
    """Branches that start at one place, a list of steps each, and the text of what joins them.

    A step is the text of a box, as a list of its parts, or a Fork.
    """

    branches: dict
    label: str


def steps_of(block, path, calls):
    """Return what `block` does as a list of steps."""
    call = calls[path]
    if call.is_layer:
        return [] if call.kind in NOT_DRAWN else [_label(block, call)]
    children = {name: f'{path}.{name}' if path else name for name in block._children}
    inner = {name: steps_of(block._children[name], children[name], calls) for name in children}
    chain = [step for steps in inner.values() for step in steps]
    channels = [calls[child].out_shape[1] for child in children.values()]
    c_in, c_out = call.in_shape[1], call.out_shape[1]
    if getattr(block, 'join', None) == 'add':
        return [Fork({'shortcut': [], '': chain}, f'sum: {c_out} channels')]
    if isinstance(block, nn.HybridSequential):
        return chain
    same_input = all(calls[child].in_shape[1] == c_in for child in children.values())
    if isinstance(block, Concat) or (same_input and sum(channels) == c_out):
        total = f'{" + ".join(map(str, channels))} = ' if len(channels) > 1 else ''
        return [Fork(inner, f'concat: {total}{c_out} channels')]
    raise ValueError(
        f'block must be made of Concat, HybridSequential and layers, got {call.kind} at '
        f'{path or "its top"}: write its branches with Concat'
    )


def _label(layer, call):
    """Return the text of a layer's box in parts: what it is, channels in and out, stride."""
    c_in, c_out = call.in_shape[1], call.out_shape[1]
    arrow = f'{c_in} → {c_out}'
    options = getattr(layer, '_kwargs', {})
    if 'kernel' not in options:
        if call.kind == 'Dense':  # reads all that it is given, channels and grid
            return ['dense', f'{math.prod(call.in_shape[1:])} → {c_out}']
        return [call.kind]
    if options.get('global_pool'):
        return [f'global {options["pool_type"]} pool']
    kernel = '×'.join(map(str, options['kernel']))
    parts = (
        [f'{kernel} {options["pool_type"]} pool']
        if 'pool_type' in options
        else [f'{kernel} conv', arrow]
    )
    if options.get('num_group', 1) > 1:
        parts.append(f'{options["num_group"]} groups')
    strides = dict.fromkeys(options['stride'])
    return parts if list(strides) == [1] else [*parts, f'stride {"×".join(map(str, strides))}']


def count_lanes(steps):
    """Count the columns that the branches of `steps` need beside each other."""
    forks = [step for step in steps if isinstance(step, Fork)]
    return max([1] + [sum(map(count_lanes, fork.branches.values())) for fork in forks])


def in_words(steps):
    """Tell `steps` in words, for the alternative text."""
    parts = []
    for step in steps:
        if isinstance(step, Fork):
            told = [
                f'{name}: {in_words(branch) or "as it is"}' if name else in_words(branch)
                for name, branch in step.branches.items()
            ]
            parts.append(f'[{"; ".join(told)}], {step.label}')
        else:
            parts.append(', '.join(step))
    return ', then '.join(parts)
