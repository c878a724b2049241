"""The command: which suites, which form; see the package."""

import argparse
import json
import signal
import sys
import time

import benchmarks
from benchmarks import driver, report
from benchmarks.suites import GROUPS, SUITES

RECORDED, BUILD = (driver.ROOT / folder for folder in (report.RESULTS, report.QUICK))


def main(arguments=None) -> int:
    """Run the suites; return 1 if a contestant failed, 130 if it was interrupted."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks', description=benchmarks.__doc__.splitlines()[0]
    )
    parser.add_argument('--suite', choices=SUITES, help='only this one')
    parser.add_argument('--quick', action='store_true', help='under 3 minutes; to build/bench/')
    parser.add_argument('--draw', action='store_true', help='show the recorded results, run none')
    chosen = parser.parse_args(arguments)
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
                failed |= run(wanted, chosen.quick, command(chosen))
    except KeyboardInterrupt:
        print(
            f'\ninterrupted; the rounds that were finished are in {report.QUICK}/', file=sys.stderr
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


def run(names, quick, command) -> bool:
    """Run suites in the same rounds, write and print each; tell whether a contestant failed."""
    contestants = {}
    for name in names:
        contestants |= SUITES[name].contestants(quick)
    count = SUITES[names[0]].rounds(quick)
    print(f'\n{" and ".join(names)}: {count or "no"} round{"s" * (count != 1)}', flush=True)
    if not count:
        for name in names:
            recorded(name)
        return False
    missing = driver.missing(contestants)
    for name, reason in missing.items():
        say(f'{name}: {reason}')
    able = {name: c for name, c in contestants.items() if name not in missing}
    rounds, failures = [], []
    for numbers, problems in driver.rounds(able, count, say):
        rounds.append(numbers)
        failures += problems
        for name in names:  # a break loses no round
            keep(finished(name, quick, command, rounds, failures, missing), BUILD)
    for name in names:
        found = finished(name, quick, command, rounds, failures, missing)
        if not quick:
            keep(found, RECORDED)
        show(found)
    return bool(failures)


def finished(name, quick, command, rounds, failures, missing) -> dict:
    """Return a suite's share of the rounds, as it is kept."""
    own = SUITES[name].contestants(quick)
    rounds = [{key: numbers[key] for key in own if key in numbers} for numbers in rounds]
    failures = [failure for failure in failures if failure['contestant'] in own]
    missing = {key: reason for key, reason in missing.items() if key in own}
    return report.result(name, SUITES[name], command, rounds, failures, missing)


def keep(found, folder):
    """Write a result and its figure to `folder`."""
    # through JSON and back: a figure is drawn from what is kept
    found = json.loads(json.dumps(found))
    report.save(found, SUITES[found['suite']].picture(found), folder)


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
    show(found)
    if draw:
        keep(found, RECORDED)


def say(line):
    print(line, flush=True)


if __name__ == '__main__':
    sys.exit(main())
