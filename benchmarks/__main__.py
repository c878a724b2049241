"""The command: which suites, which form, which pieces; see the package."""

import argparse
import json
import math
import signal
import sys
import time

import benchmarks
from benchmarks import driver, report, spread
from benchmarks.suites import GROUPS, SUITES
from d2l_ext import runtime

RECORDED, BUILD = (driver.ROOT / folder for folder in (report.RESULTS, report.QUICK))


def main(arguments=None) -> int:
    """Run the suites; return 1 if a contestant failed, 130 if it was interrupted."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks', description=benchmarks.__doc__.splitlines()[0]
    )
    parser.add_argument('--suite', choices=SUITES, help='only this one')
    parser.add_argument('--quick', action='store_true', help='under 3 minutes; to build/bench/')
    parser.add_argument('--draw', action='store_true', help='show the recorded results, run none')
    parser.add_argument(
        '--rounds', type=int, help='only so many rounds; a seed is one, where one is'
    )
    parser.add_argument('--only', nargs='+', metavar='CONTESTANT', help='only these, of one suite')
    parser.add_argument(
        '--resume', action='store_true', help=f'run what {report.QUICK}/ does not hold yet'
    )
    parser.add_argument(
        '--seconds',
        type=float,
        help='start no contestant after so many; --resume goes on from there',
    )
    chosen = parser.parse_args(arguments)
    chosen.end = math.inf if chosen.seconds is None else time.perf_counter() + chosen.seconds
    if refused := unfit(chosen):
        parser.error(refused)
    names = [chosen.suite] if chosen.suite else list(SUITES)
    if chosen.draw:
        for name in names:
            recorded(name, draw=True)
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does
    start, failed = time.perf_counter(), False
    try:
        for group in GROUPS:
            wanted = [name for name in group if name in names]
            if wanted:
                failed |= run(wanted, chosen)
    except KeyboardInterrupt:
        print(
            f'\ninterrupted; what was finished is in {report.QUICK}/: --resume goes on from there',
            file=sys.stderr,
        )
        return 130
    print(f'\n{(time.perf_counter() - start) / 60:.1f} minutes in all')
    return int(failed)


def command(chosen) -> str:
    """Write the command that gives these results again."""
    if chosen.suite:
        quick = ' --quick' * chosen.quick
        return f'python -m benchmarks --suite {chosen.suite}{quick}'
    return 'make bench-quick' if chosen.quick else 'make bench'


def unfit(chosen) -> str:
    """Say what is wrong with the options, or nothing."""
    if chosen.only and not chosen.suite:
        return '--only needs --suite NAME'
    if chosen.only:
        known = SUITES[chosen.suite].contestants(chosen.quick)
        if unknown := [name for name in chosen.only if name not in known]:
            return f'{chosen.suite} has no {", ".join(unknown)}: it has {", ".join(known)}'
    if chosen.rounds is not None and chosen.rounds < 1:
        return f'--rounds must be at least 1, got {chosen.rounds}'
    if chosen.seconds is not None and not chosen.seconds > 0:
        return f'--seconds must be above 0, got {chosen.seconds:g}'
    return ''


def run(names, chosen) -> bool:
    """Run suites in the same rounds, write and print each; tell whether a contestant failed."""
    quick = chosen.quick
    contestants = {}
    for name in names:
        contestants |= SUITES[name].contestants(quick)
    every = SUITES[names[0]].rounds(quick)
    count = min(every, chosen.rounds or every)
    print(f'\n{" and ".join(names)}: {count or "no"} round{"s" * (count != 1)}', flush=True)
    if not count:
        for name in names:
            recorded(name)
        return False
    missing = driver.missing(contestants)
    for name, reason in missing.items():
        say(f'{name}: {reason}')
    able = {name: c for name, c in contestants.items() if name not in missing}
    wanted = {name: c for name, c in able.items() if not chosen.only or name in chosen.only}
    done, pieces = earlier(names, quick) if chosen.resume else ([], 0)
    rounds, failures = [], []

    def result(name, numbers=(), problems=()):
        """Return a suite's share of the rounds, as it is kept; with those that were done earlier."""
        own = SUITES[name].contestants(quick)
        all_rounds = [*rounds, *numbers]
        all_rounds += done[len(all_rounds) :]
        return report.result(
            name, SUITES[name], command(chosen),
            [{key: told[key] for key in own if key in told} for told in all_rounds],
            [failure for failure in [*failures, *problems] if failure['contestant'] in own],
            {key: reason for key, reason in missing.items() if key in own},
            pieces + 1,
        )  # fmt: skip

    def so_far(numbers, problems):
        for name in names:  # a break loses nothing that was finished
            keep(result(name, [numbers], problems), BUILD, draw=False)

    for numbers, problems in driver.rounds(wanted, count, say, done, so_far, chosen.end):
        rounds.append(numbers)
        failures += problems
        for name in names:
            keep(result(name), BUILD)
    whole = [*rounds, *done[len(rounds) :]]
    lacking = [
        key
        for turn in range(every)
        for key in driver.due(able, turn)
        if key not in (whole[turn] if turn < len(whole) else {})
        and (turn + 1, key) not in {(f['round'], f['contestant']) for f in failures}
    ]
    for name in names:
        found = result(name)
        if not quick and not lacking:
            keep(found, RECORDED)
        show(found)
    if lacking:
        say(f'\na piece, kept in {report.QUICK}/; --resume runs what is left: {len(lacking)} runs')
    return bool(failures)


def earlier(names, quick):
    """Return the rounds that build/bench/ holds of these suites, and how many commands made them."""
    found = []
    for name in names:
        try:
            found.append(report.load(BUILD, name))
        except FileNotFoundError:
            say(f'{name}: nothing in {report.QUICK}/ to go on from')
    here = {**runtime.machine(), 'threads': str(runtime.usable_cpus())}
    for told in found:
        if told['machine'] != here or ('quick' in told['command']) != quick:
            raise SystemExit(
                f'{told["suite"]}: {report.QUICK}/ holds rounds of another machine, of other versions '
                'or of the other form: leave out --resume'
            )
    rounds = []
    for turn in range(max((len(told['rounds']) for told in found), default=0)):
        held = [told['rounds'][turn] for told in found if turn < len(told['rounds'])]
        rounds.append({key: numbers for part in held for key, numbers in part.items()})
    return rounds, max((told.get('pieces', 1) for told in found), default=0)


def keep(found, folder, draw=True):
    """Write a result to `folder`, and its figure."""
    # through JSON and back: a figure is drawn from what is kept
    found = json.loads(json.dumps(found))
    report.save(found, SUITES[found['suite']].picture(found) if draw else None, folder)


def show(found):
    """Print a suite's tables."""
    print(f'\n{SUITES[found["suite"]].TITLE}\n{report.origin(found)}')
    for table in SUITES[found['suite']].tables(found):
        print(f'\n{table}', flush=True)


def recorded(name, draw=False):
    """Show a suite's recorded result, or say that there is none; `draw` its figure again."""
    try:
        found = report.load(RECORDED, name)
    except FileNotFoundError:
        print(f'{name}: no results in {report.RESULTS}/ yet: python -m benchmarks --suite {name}')
        return
    print('the recorded result; nothing was run now')
    found['figures'] = spread.figures(found['rounds'], SUITES[name].FIGURES)  # what is wanted now
    show(found)
    if draw:
        keep(found, RECORDED)


def say(line):
    print(line, flush=True)


if __name__ == '__main__':
    sys.exit(main())
