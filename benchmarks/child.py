"""The process of one contestant: `python -m benchmarks.child MODULE:FUNCTION OPTIONS`.

OPTIONS are the function's arguments as JSON. Its numbers are the last line of the output.
"""

import importlib
import json
import resource
import signal
import sys
from pathlib import Path


def main(call, options):
    """Call the contestant, add the most memory that this process has held, and print its numbers."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what it started is ended too
    module, function = call.split(':')
    numbers = getattr(importlib.import_module(module), function)(**json.loads(options))
    print(json.dumps({'peak_bytes': peak_bytes(), **numbers}))


def peak_bytes() -> int:
    """Return the most memory that this process has held resident, mapped files included."""
    # getrusage counts what the process that started this one held before the exec, where it is more
    status = Path('/proc/self/status')
    if status.exists():
        lines = status.read_text(encoding='utf-8').splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith('VmHWM'))
    unit = 1 if sys.platform == 'darwin' else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == '__main__':
    main(*sys.argv[1:])
