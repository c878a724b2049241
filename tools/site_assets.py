"""JavaScript that pages need without a network: taken from the npm registry once, checked, unpacked."""

import fnmatch
import hashlib
import json
import subprocess
import sys
import tarfile
from pathlib import Path

BUILD = Path(__file__).resolve().parent.parent / 'build' / 'assets'
# package: version, SHA-256 of what `npm pack` brings, which of its files are used
PACKAGES = {
    'mathjax': (
        '3.2.2',
        '1b9c0a1c44df864e915690558e72adb9cc5203360daefd385084ced3b6c64c09',
        ['es5/tex-mml-chtml.js', 'es5/output/chtml/fonts/*', 'es5/input/tex/extensions/*'],
    ),
    'onnxruntime-web': (
        '1.23.2',
        '0b8707d7efab9a2bea63564d66cad79e897cfd0bd627e5ae000488ffc1c45c7d',
        ['dist/ort.wasm.bundle.min.mjs', 'dist/ort-wasm-simd-threaded.wasm'],
    ),
    'reveal.js': (
        '5.2.1',
        '359b575dd51bbda32f89b2fd4c7dc46ad7389a805572158916c29252f7a27333',
        ['dist/*', 'plugin/notes/*', 'LICENSE'],
    ),
}


def fetch(package):
    """Return the folder of a package's files, build/assets/PACKAGE-VERSION; get them if missing.

    Exits with one sentence where npm is missing, brings nothing, or brings another file.
    """
    version, digest, wanted = PACKAGES[package]
    folder = BUILD / f'{package}-{version}'
    if folder.exists():
        return folder
    BUILD.mkdir(parents=True, exist_ok=True)
    try:
        told = subprocess.run(
            ['npm', 'pack', '--json', f'{package}@{version}'],
            cwd=BUILD, check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
    except FileNotFoundError:
        sys.exit(f'npm is needed once, to get {package}: install Node.js (apt-get install npm)')
    except subprocess.CalledProcessError as error:
        sys.exit(
            f'npm could not get {package} {version}:\n{error.stderr.strip()}\nIf its registry cannot '
            'be reached: npm config set registry ADDRESS, with a mirror of your choice; every file '
            'is pinned by its hash'
        )
    archive = BUILD / json.loads(told)[0]['filename']
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != digest:
        sys.exit(f'{archive.name} has the SHA-256 {found}, not {digest}: remove it, try again')
    beside = folder.with_name(f'.{folder.name}')
    with tarfile.open(archive) as files:
        for member in files:
            name = member.name.partition('/')[2]
            if member.isfile() and any(fnmatch.fnmatch(name, pattern) for pattern in wanted):
                target = beside / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(files.extractfile(member).read())
    archive.unlink()
    beside.rename(folder)
    return folder
