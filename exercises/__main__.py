"""The commands: the student version of an assignment, grading, and a trial of the whole flow."""

import argparse
import os
import signal
import sys

import exercises
from exercises import demo, grading, scores


def main(arguments=None) -> int:
    """Run one command; return 1 if nothing could be graded or a score is not as expected."""
    parser = argparse.ArgumentParser(
        prog='python -m exercises', description=exercises.__doc__.splitlines()[0]
    )
    commands = parser.add_subparsers(dest='command', required=True)
    for name, text in [
        ('assignment', 'write the student version'),
        ('grade', 'grade what lies in exercises/submitted/'),
        ('demo', 'run the whole flow on made-up submissions and check every score'),
    ]:
        command = commands.add_parser(name, help=text)
        command.add_argument(
            'name', type=known, nargs='*' if name == 'demo' else None, metavar='NAME',
            help=', '.join(grading.NAMES),
        )  # fmt: skip
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does
    try:
        if chosen.command == 'assignment':
            print(os.path.relpath(grading.assignment(chosen.name)))
            return 0
        if chosen.command == 'demo':
            return demo.main(chosen.name or grading.NAMES)
        rows = grading.grade(chosen.name, **options())
    except grading.GradingError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('\ninterrupted: run it again to go on', file=sys.stderr)
        return 130
    folder = os.path.relpath(grading.FOLDER)
    print(f'\n{scores.table(rows)}\n\n{scores.summary(rows)}')
    print(f'{folder}/scores/{chosen.name}.csv, {folder}/feedback/STUDENT/{chosen.name}/')
    return int(not any(row['graded'] for row in rows))


def options() -> dict:
    """Return what `make grade` was asked for; names travel so that no shell reads them."""
    return {
        'student': os.environ.get('STUDENT'),
        'force': os.environ.get('FORCE', '0') not in ('', '0'),
        'hidden': os.environ.get('HIDDEN', '1') not in ('', '0'),
    }


def known(name) -> str:
    """Return `name` if it is that of an assignment."""
    if name not in grading.NAMES:
        raise argparse.ArgumentTypeError(f'{name!r} is none of {", ".join(grading.NAMES)}')
    return name


if __name__ == '__main__':
    sys.exit(main())
