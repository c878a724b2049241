"""Which dimensions of a network were given, which were inferred at its first pass, and how to undo it.

Gluon leaves a dimension open (-1 or 0 in `weight.shape`) that only the input can tell. The first pass
fills it in, and `initialize(force_reinit=True)` draws new values but keeps it filled: by then nothing
says any more which dimensions were open. So they have to be noted before.
"""

from ..networks.blocks import walk
from ..runtime.arguments import brief
from ..tables import Table


def note(net) -> Table:
    """Remember on `net` which dimensions are open; call it before the first pass. Returns a report.

    Raises ValueError if no dimension is open any more.
    """
    shapes = {name: p.shape or () for name, p in _parameters(net)}
    if not any(n <= 0 for shape in shapes.values() for n in shape):
        raise ValueError(
            'net has no open dimension: build it anew and call note(net) before any pass'
        )
    net.noted_shapes = shapes
    return report(net)


def report(net) -> Table:
    """List the parameters that have or had open dimensions: noted shape, shape now, what was inferred.

    Raises ValueError if `note` was never called.
    """
    rows = []
    for name, parameter, noted in _noted(net):
        opened = [i for i, n in enumerate(noted) if n <= 0]
        if opened:
            now = [parameter.shape[i] for i in opened]
            inferred = ', '.join(
                f'axis {i}: {n}' for i, n in zip(opened, now, strict=True) if n > 0
            )
            rows.append([name, _show(noted), _show(parameter.shape), inferred or 'open'])
    return Table(['parameter', 'as built', 'now', 'inferred'], rows)


def rebind(net, init=None):
    """Open the noted dimensions again and draw all weights anew, so that `net` takes any input again.

    `init` is a Gluon initializer, Xavier by default. A Trainer made for `net` must be made anew.
    Raises ValueError if `note` was never called.
    """
    import mxnet as mx

    noted = _noted(net)  # refuses before anything is changed
    if not (init is None or isinstance(init, mx.init.Initializer)):
        raise ValueError(
            f'init must be an initializer of Gluon, such as mx.init.Xavier(), got {brief(init)}'
        )
    try:
        devices = next(iter(net.collect_params().values())).list_ctx()
    except RuntimeError:
        raise ValueError('net is not initialized: call net.initialize() instead') from None
    for _, parameter, shape in noted:
        # Gluon's own setter refuses to open a dimension
        parameter._shape = shape
        parameter._data = parameter._grad = None
    net.apply(_forget_graph)
    net.initialize(init or mx.init.Xavier(), ctx=devices)


def _forget_graph(block):
    if hasattr(block, '_clear_cached_op'):
        block._clear_cached_op()


def _parameters(net):
    for path, block in walk(net):
        for name, parameter in block.params.items():
            short = name[len(block.prefix) :]
            yield f'{path}.{short}' if path else short, parameter


def _noted(net):
    parameters = list(_parameters(net))
    shapes = getattr(net, 'noted_shapes', None)
    if shapes is None:
        raise ValueError(
            'net was never noted: build it anew and call note(net) before the first pass'
        )
    if shapes.keys() != dict(parameters).keys():
        raise ValueError('net has other layers than when it was noted: build it anew, and note it')
    return [(name, parameter, shapes[name]) for name, parameter in parameters]


def _show(shape):
    return ' × '.join('?' if n <= 0 else str(n) for n in shape)
