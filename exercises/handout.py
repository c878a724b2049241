"""What students get: one zip with lessons, module, locks and student versions; no model answers."""

import re
import subprocess
import zipfile
from pathlib import Path

from .engine import GradingError

ROOT = Path(__file__).resolve().parent.parent
TOP = 'inception-in-gluon'  # the folder that the zip unpacks to
# of the files in git: the course as a student runs it, with no exercise's source and no test
KEPT = (
    'notebooks/', 'd2l_ext/', 'tools/', 'requirements/', 'docs/jupyter/labconfig/',
    'docs/jupyter/jupyter_server_config.py', 'requirements.txt', 'requirements.lock',
    'pyproject.toml', 'LICENSE', 'LICENSE-text', 'CITATION.cff',
    # what the pages link to; the style, and the recorded results that lessons and `make run` read
    'docs/glossary*', 'docs/course_map*', 'docs/site/??/playground.md',
    'docs/site/static/answers.css', 'benchmarks/results/*.json',
)  # fmt: skip
TARGETS = ('help', 'setup', 'run', 'torch', 'lab', 'lecture', 'gpu', 'doctor', 'clean')


def write(target, versions) -> Path:
    """Write the zip `target` with the student versions at the paths `versions`; return its path."""
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, 'w', zipfile.ZIP_DEFLATED) as made:
        for name in members():
            made.write(ROOT / name, f'{TOP}/{name}')
        for path in versions:
            made.write(path, f'{TOP}/exercises/{path.name}')
        for folder in (TOP, f'{TOP}/exercises'):  # lessons link to the second
            made.write(ROOT / 'exercises' / 'for_students.md', f'{folder}/README.md')
        made.writestr(f'{TOP}/Makefile', recipes((ROOT / 'Makefile').read_text(encoding='utf-8')))
    return target


def members() -> list:
    """Return the files of the course that students get, as git knows them."""
    try:
        listed = subprocess.run(
            ['git', 'ls-files', '-z', *KEPT], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise GradingError(
            'the handout is made of the files that git knows: run it in a clone of the course'
        ) from error
    return [name for name in listed.split('\0') if name and (ROOT / name).is_file()]


def recipes(makefile) -> str:
    """Return `makefile` with the targets that students have use for."""
    head, *rest = re.split(r'\n\n(?=(?:#.*\n)*[a-z-]+:)', makefile.rstrip())
    kept = [part for part in rest if re.search(r'^([a-z-]+):', part, re.M)[1] in TARGETS]
    head = re.sub(r'\.PHONY:(?:.*\\\n)*.*', f'.PHONY: {" ".join(TARGETS)}', head)
    return '\n\n'.join([head, *kept]) + '\n'
