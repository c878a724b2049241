"""The commands: student versions, grading, a trial of the whole flow, the question bank."""

import argparse
import os
import signal
import sys

from exercises import collect, demo, grading, handout, lateness, roster, scores


def main(arguments=None) -> int:
    """Run one command; return 1 if nothing could be graded or a score is not as expected."""
    parser = argparse.ArgumentParser(
        prog='python -m exercises', description='Assignments in nbgrader’s format.'
    )
    commands = parser.add_subparsers(dest='command', required=True)
    for name, text in [
        ('assignment', 'write the student version'),
        ('collect', 'unpack a zip of Moodle or Canvas into exercises/submitted/'),
        ('grade', 'grade what lies in exercises/submitted/'),
        ('handout', 'write one zip for students: lessons, module, student versions'),
        ('demo', 'run the whole flow on made-up submissions and check every score'),
    ]:
        command = commands.add_parser(name, help=text)
        command.add_argument(
            'name', type=known, nargs='*' if name in ('demo', 'handout') else None, metavar='NAME',
            help=', '.join(grading.NAMES),
        )  # fmt: skip
    commands.add_parser('questions', help='write the question bank as Moodle XML')
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does
    try:
        if chosen.command == 'assignment':
            print(os.path.relpath(grading.assignment(chosen.name)))
            return 0
        if chosen.command == 'handout':
            versions = [grading.assignment(name) for name in chosen.name or grading.NAMES]
            target = grading.FOLDER.parent / 'build' / f'{handout.TOP}.zip'
            print(os.path.relpath(handout.write(target, versions)))
            return 0
        if chosen.command == 'questions':
            from exercises.questions import moodle  # only here: it takes MXNet's seconds

            for path in moodle.export(grading.FOLDER.parent / 'build' / 'questions'):
                print(os.path.relpath(path))
            return 0
        if chosen.command == 'demo':
            return demo.main(chosen.name or grading.NAMES)
        if chosen.command == 'collect':
            students, left = collect.collect(os.environ.get('ZIP', ''), chosen.name, grading.FOLDER)
            print(f'{len(students)} students: now make grade NAME={chosen.name}')
            print(''.join(f'not taken: {member}\n' for member in left), end='')
            return 0
        if os.environ.get('ROSTER'):
            roster.read(os.environ['ROSTER'])  # refused before the time that grading takes
        rows = grading.grade(chosen.name, **options())
        if os.environ.get('ROSTER'):
            back, unknown = roster.write(chosen.name, grading.FOLDER, rows, os.environ['ROSTER'])
            said = ', '.join(unknown) or 'none'
            print(f'{os.path.relpath(back)}; not in the roster, or there twice: {said}')
    except grading.GradingError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('\ninterrupted: run it again to go on', file=sys.stderr)
        return 130
    folder = os.path.relpath(grading.FOLDER)
    print(f'\n{scores.table(rows)}\n\n{scores.summary(rows)}')
    print(f'{folder}/scores/{chosen.name}.csv and .html, {folder}/feedback/STUDENT/{chosen.name}/')
    return int(not any(row['graded'] for row in rows))


def options() -> dict:
    """Return what `make grade` was asked for; names travel so that no shell reads them."""
    return {
        'student': os.environ.get('STUDENT'),
        'force': os.environ.get('FORCE', '0') not in ('', '0'),
        'hidden': os.environ.get('HIDDEN', '1') not in ('', '0'),
        'due': lateness.due_date(os.environ.get('DUE')),
        'penalty': lateness.percent(os.environ.get('PENALTY')),
    }


def known(name) -> str:
    """Return `name` if it is that of an assignment."""
    if name not in grading.NAMES:
        raise argparse.ArgumentTypeError(f'{name!r} is none of {", ".join(grading.NAMES)}')
    return name


if __name__ == '__main__':
    sys.exit(main())
