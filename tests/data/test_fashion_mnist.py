"""Are the images the real ones, found, kept and handed out as promised, whatever goes wrong?

No network: downloads come from a server on 127.0.0.1, and a small set cut from the embedded sample
stands in for the 60 000 images, with its own checksums.
"""

import gzip
import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import d2l_ext
from d2l_ext import data
from d2l_ext.data import download, fashion_mnist

import numpy as onp
import pytest

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = download.FILES
needs_full_set = pytest.mark.skipif(
    not download.PACKAGE.is_dir(), reason='needs the system package dataset-fashion-mnist'
)


@pytest.fixture
def small():
    """The content of four IDX files: 300 training and 100 test images."""
    with onp.load(data.SAMPLE) as file:
        arrays = {name: file[name][: 300 if 'train' in name else 100] for name in download.FILES}
    return {
        name: bytes([0, 0, 8, array.ndim])
        + onp.array(array.shape, '>i4').tobytes()
        + array.tobytes()
        for name, array in arrays.items()
    }


@pytest.fixture
def machine(tmp_path, monkeypatch, small):
    """A machine with an empty cache, no package and no network; returns its cache folder."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in small.items()}
    for name in ('D2L_EXT_DATA', 'D2L_EXT_MIRROR', 'D2L_EXT_PROFILE', 'http_proxy', 'HTTP_PROXY'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv('D2L_EXT_CACHE', str(tmp_path / 'cache'))
    monkeypatch.setattr(download, 'FILES', sums)
    monkeypatch.setattr(download, 'PACKAGE', tmp_path / 'package')
    monkeypatch.setattr(download, 'MIRRORS', ('http://127.0.0.1:9/',))
    monkeypatch.setattr(download, 'PAUSES', (0, 0))
    return tmp_path / 'cache'


def fill(folder, small, packed=True):
    """Write the four files to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in small.items():
        path = folder / f'{name}.gz' if packed else folder / name
        path.write_bytes(gzip.compress(content) if packed else content)
    return folder


@pytest.fixture
def mirror(small):
    """A function that starts a mirror: its address, and the (path, range) asked of it."""
    servers = []

    def start(kind='good'):
        asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = gzip.compress(small[self.path.strip('/').removesuffix('.gz')], mtime=0)
                first = int(self.headers.get('Range', 'bytes=0-')[6:-1])
                asked.append((self.path, first))
                if kind == 'missing':
                    return self.send_error(404)
                if kind == 'damaged':
                    body = body[:-40] + bytes(40)
                if kind == 'unpacking':
                    body = gzip.decompress(body)
                if first >= len(body):
                    return self.send_error(416)
                if kind == 'whole':
                    first = 0
                self.send_response(206 if first else 200)
                self.send_header('Content-Length', str(len(body) - first))
                self.end_headers()
                cut = kind in ('cut', 'whole') and len(asked) == 1
                self.wfile.write(body[first : first + len(body) // 2] if cut else body[first:])

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f'http://127.0.0.1:{server.server_port}/', asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


# The embedded sample


def test_sample_has_300_and_100_images_a_class():
    train, test = data.load_data_fashion_mnist(100, sample='quick')
    assert onp.bincount(train.labels).tolist() == [300] * 10
    assert onp.bincount(test.labels).tolist() == [100] * 10
    assert train.images.shape == (3000, 28, 28)


def test_sample_is_small_and_licensed():
    assert data.SAMPLE.stat().st_size <= 2.5e6
    assert 'Zalando SE' in (data.SAMPLE.parent / 'LICENSE').read_text(encoding='utf-8')


@needs_full_set
def test_sample_and_constants_are_those_of_the_full_set():
    full = {name: download.original(download.PACKAGE, name) for name in download.FILES}
    with onp.load(data.SAMPLE) as file:
        for name in download.FILES:
            index = file[f'{name.split("-")[0]}-index']
            assert onp.array_equal(file[name], full[name][index])
    pixels = full[TRAIN_IMAGES] / onp.float32(255)
    assert round(float(pixels.mean(dtype='float64')), 4) == data.MEAN
    assert round(float(pixels.std(dtype='float64')), 4) == data.STD


# Batches


def test_batches_have_the_promised_shapes_and_types():
    train, test = data.load_data_fashion_mnist(128, 32, sample='quick')
    X, y = next(iter(train))
    assert (len(train), len(test)) == (24, 8)
    assert (X.shape, y.shape, str(X.dtype), str(y.dtype)) == (
        (128, 1, 32, 32), (128,), 'float32', 'int32',
    )  # fmt: skip
    assert type(X).__module__ == type(y).__module__ == 'mxnet.numpy'
    assert float(X.min()) == 0 and 0.9 < float(X.max()) <= 1


def test_last_batch_is_smaller_and_no_image_is_lost():
    train, _ = data.load_data_fashion_mnist(700, sample='quick')
    sizes, total = [], 0
    for X, y in train:
        sizes.append(len(y))
        total += round(float(X.sum()) * 255)
    assert sizes == [700, 700, 700, 700, 200]
    # a sum of float32: relative error of some 1e-6
    assert total == pytest.approx(int(train.images.sum(dtype='int64')), rel=1e-5)


def test_images_keep_their_labels_when_shuffled():
    train, _ = data.load_data_fashion_mnist(3000, sample='quick')
    X, y = next(iter(train))
    pairs = zip(train.images, train.labels, strict=True)
    known = {image.tobytes(): label for image, label in pairs}
    pixels = onp.rint(X.asnumpy() * 255).astype('uint8')
    assert all(known[p.tobytes()] == c for p, c in zip(pixels, y.asnumpy(), strict=True))


def test_order_is_decided_by_seed_and_epoch():
    def orders(seed):
        train, _ = data.load_data_fashion_mnist(64, sample='quick', seed=seed)
        return [next(iter(train))[1].asnumpy().tolist() for _ in range(3)]

    first = orders(3)
    assert first == orders(3)
    assert first[0] != first[1] != first[2]
    assert first != orders(4)


def test_test_images_come_in_order():
    _, test = data.load_data_fashion_mnist(50, sample='quick')
    for _ in range(2):
        assert next(iter(test))[1].asnumpy().tolist() == test.labels[:50].tolist()


def test_standardize_centres_the_training_images():
    train, _ = data.load_data_fashion_mnist(3000, sample='quick', standardize=True)
    X = next(iter(train))[0].asnumpy()
    # the sample's mean and deviation are near those of the full set
    assert X.mean() == pytest.approx(0, abs=0.05) and X.std() == pytest.approx(1, abs=0.05)


def test_profile_chooses_the_sample(machine, monkeypatch):
    monkeypatch.setenv('D2L_EXT_PROFILE', 'quick')
    assert len(d2l_ext.load_data_fashion_mnist(1000)[0]) == 3
    monkeypatch.setenv('D2L_EXT_PROFILE', 'lecture')
    with pytest.raises(data.DataError, match='no mirror served'):
        d2l_ext.load_data_fashion_mnist(1000)


# Resizing


@pytest.mark.parametrize('size', [(96, 96), (48, 64), (14, 14)])
def test_resize_is_the_lectures_within_one_grey_level(size):
    import mxnet as mx

    with onp.load(data.SAMPLE) as file:
        images = file[TEST_IMAGES][:100]
    theirs = mx.gluon.data.vision.transforms.Resize(size[::-1])  # takes (width, height)
    with mx.util.np_array(True):
        expected = [theirs(mx.np.array(i[..., None], dtype='uint8')).asnumpy() for i in images]
    ours = onp.concatenate(list(data.resized(images, size, step=30)))
    assert ours.shape == (100, *size)
    assert abs(ours.astype(int) - onp.stack(expected)[..., 0]).max() <= 1


def test_second_start_maps_the_first_ones_file(machine, small, tmp_path, monkeypatch):
    folder = fill(tmp_path / 'mine', small)
    first, _ = data.load_data_fashion_mnist(10, (20, 24), root=folder)
    monkeypatch.setattr(fashion_mnist, 'resized', None)  # would fail if it were called again
    began = time.perf_counter()
    second, _ = data.load_data_fashion_mnist(10, (20, 24), root=folder)
    assert time.perf_counter() - began < 1
    assert isinstance(second.images, onp.memmap) and not second.images.flags.writeable
    assert second.images.shape == (300, 20, 24)
    assert onp.array_equal(first.images, second.images)


def test_cache_file_cut_short_is_made_again(machine, small, tmp_path):
    folder = fill(tmp_path / 'mine', small)
    first = onp.array(data.load_data_fashion_mnist(10, 30, root=folder)[0].images)
    (path,) = machine.glob(f'{download.FILES[TRAIN_IMAGES][:12]}*.npy')
    for length in (0, 50, 5000):
        os.truncate(path, length)
        again = data.load_data_fashion_mnist(10, 30, root=folder)[0].images
        assert onp.array_equal(first, again)


def test_failed_write_leaves_nothing_and_falls_back_to_memory(
    machine, small, tmp_path, monkeypatch
):
    def full_disk(number):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(fashion_mnist.os, 'fsync', full_disk)
    with pytest.warns(UserWarning, match='No space left on device.*set D2L_EXT_CACHE'):
        train, _ = data.load_data_fashion_mnist(10, 30, root=fill(tmp_path / 'mine', small))
    assert train.images.shape == (300, 30, 30)
    assert sorted(p.suffix for p in machine.iterdir()) == ['', '.verified']


def test_cache_that_cannot_be_made_warns_and_works(machine, small, tmp_path, monkeypatch):
    machine.write_text('a file, not a folder')
    with pytest.warns(UserWarning, match='cannot be used.*set D2L_EXT_CACHE') as seen:
        train, test = data.load_data_fashion_mnist(10, 30, root=fill(tmp_path / 'mine', small))
    assert len({str(w.message) for w in seen}) == 1
    assert seen[0].filename == __file__
    assert (train.images.shape, test.images.shape) == ((300, 30, 30), (100, 30, 30))


def test_eight_at_once_resize_once(machine, small, tmp_path, monkeypatch):
    folder, calls, resized = fill(tmp_path / 'mine', small), [], data.resized

    def counted(images, size):
        calls.append(len(images))
        time.sleep(0.1)
        return resized(images, size)

    monkeypatch.setattr(fashion_mnist, 'resized', counted)
    with ThreadPoolExecutor(8) as pool:
        load = [pool.submit(fashion_mnist.cached, folder, TRAIN_IMAGES, (30, 30)) for _ in range(8)]
        shapes = {job.result().shape for job in load}
    assert (calls, shapes) == ([300], {(300, 30, 30)})


# Where the files come from


@pytest.mark.parametrize('packed', [True, False])
def test_named_folder_comes_first(machine, small, tmp_path, monkeypatch, packed):
    fill(machine / 'fashion-mnist', small)
    mine = fill(tmp_path / 'mine', small, packed)
    monkeypatch.setenv('D2L_EXT_DATA', str(tmp_path / 'elsewhere'))
    assert download.find(mine) == ('folder', mine)
    monkeypatch.setenv('D2L_EXT_DATA', str(mine))
    assert download.find() == ('folder', mine)


def test_cache_comes_before_package_and_package_before_network(machine, small, tmp_path):
    assert download.find() is None
    package = fill(tmp_path / 'package', small)
    assert data.fetch() == ('package', package)
    cached = fill(machine / 'fashion-mnist', small)
    assert download.find() == ('cache', cached)
    (cached / f'{TEST_LABELS}.gz').write_bytes(b'damaged')
    assert download.find() == ('package', package)


def test_named_folder_with_a_missing_file_is_refused(machine, small, tmp_path):
    fill(tmp_path / 'package', small)
    mine = fill(tmp_path / 'mine', small)
    (mine / f'{TEST_LABELS}.gz').unlink()
    with pytest.raises(data.DataError, match=f'{mine} has no {TEST_LABELS} .*all four files'):
        data.load_data_fashion_mnist(10, root=mine)


@pytest.mark.parametrize('harm', ['bytes', 'cut', 'other'])
def test_named_folder_with_a_damaged_file_is_refused(machine, small, tmp_path, harm):
    mine = fill(tmp_path / 'mine', small)
    data.load_data_fashion_mnist(10, root=mine)  # fills the cache: it must not hide the damage
    path = mine / f'{TRAIN_IMAGES}.gz'
    whole = path.read_bytes()
    path.write_bytes({
        'bytes': whole[:5000] + bytes(9) + whole[5009:],
        'cut': whole[:5000],
        'other': gzip.compress(small[TEST_IMAGES]),
    }[harm])  # fmt: skip
    with pytest.raises(data.DataError, match=f'{path} .*: get it again'):
        data.load_data_fashion_mnist(10, root=mine)


# Downloading


def test_download_is_verified_and_kept(machine, mirror, monkeypatch, capsys):
    address, asked = mirror()
    monkeypatch.setattr(download, 'MIRRORS', (address,))
    source = data.fetch()
    assert source == ('download', machine / 'fashion-mnist')
    assert data.fetch().kind == 'cache' and len(asked) == 4
    assert 'from the network' in data.describe(source)
    assert '100%' in capsys.readouterr().err  # the progress bar


@pytest.mark.parametrize('end', ['', '/'])
def test_the_mirror_of_ones_choice_comes_first(machine, mirror, monkeypatch, end):
    (own, asked), (other, others) = mirror(), mirror()
    monkeypatch.setattr(download, 'MIRRORS', (other,))
    monkeypatch.setenv('D2L_EXT_MIRROR', own.rstrip('/') + end)
    assert data.fetch().kind == 'download'
    assert [path for path, _ in asked] == [f'/{name}.gz' for name in download.FILES]
    assert others == []


@pytest.mark.parametrize('bad', ['missing', 'damaged'])
def test_what_the_mirror_of_ones_choice_serves_is_checked(machine, mirror, monkeypatch, bad):
    (own, asked), (other, others) = mirror(bad), mirror()
    monkeypatch.setattr(download, 'MIRRORS', (other,))
    monkeypatch.setenv('D2L_EXT_MIRROR', own)
    assert data.fetch().kind == 'download'
    assert len(asked) == len(others) == 4


@pytest.mark.parametrize('wrong', ['images.example/sample', 'a/folder', 'ftp://images.example'])
def test_a_mirror_that_is_no_address_is_refused(machine, mirror, monkeypatch, wrong):
    address, asked = mirror()
    monkeypatch.setattr(download, 'MIRRORS', (address,))
    monkeypatch.setenv('D2L_EXT_MIRROR', wrong)
    with pytest.raises(data.DataError, match=f'D2L_EXT_MIRROR must be .* got {wrong!r}: .*_DATA'):
        data.fetch()
    assert asked == []


@pytest.mark.parametrize('bad', ['missing', 'damaged'])
def test_bad_mirror_is_passed_over(machine, mirror, monkeypatch, bad):
    (first, asked), (second, _) = mirror(bad), mirror()
    monkeypatch.setattr(download, 'MIRRORS', (first, second))
    assert data.fetch().kind == 'download'
    assert len(asked) == 4
    left = {path.name for path in (machine / 'fashion-mnist').iterdir()}
    assert left == {'lock', *(f'{name}.gz' for name in download.FILES)}


def test_only_what_is_missing_is_downloaded(machine, mirror, monkeypatch, small):
    address, asked = mirror()
    monkeypatch.setattr(download, 'MIRRORS', (address,))
    (fill(machine / 'fashion-mnist', small) / f'{TEST_IMAGES}.gz').write_bytes(b'damaged')
    assert data.fetch().kind == 'download'
    assert asked == [(f'/{TEST_IMAGES}.gz', 0)]


def test_only_bad_mirrors_leave_no_data(machine, mirror, monkeypatch):
    monkeypatch.setattr(download, 'MIRRORS', (mirror('damaged')[0], mirror('missing')[0]))
    with pytest.raises(data.DataError, match='DataError; .*HTTPError'):
        data.fetch()
    assert download.find() is None


def test_download_cut_off_goes_on_where_it_stopped(machine, mirror, monkeypatch, small):
    address, asked = mirror('cut')
    monkeypatch.setattr(download, 'MIRRORS', (address,))
    assert data.fetch().kind == 'download'
    half = len(gzip.compress(small[TRAIN_IMAGES], mtime=0)) // 2
    starts = [first for _, first in asked]
    # it came in blocks of 16 kB, the last one incomplete
    assert starts == [0, half - half % 2**14, 0, 0, 0]


@pytest.mark.parametrize('kind', ['whole', 'unpacking'])
def test_mirror_without_ranges_or_gzip_serves_too(machine, mirror, monkeypatch, kind):
    monkeypatch.setattr(download, 'MIRRORS', (mirror(kind)[0],))
    assert data.fetch().kind == 'download'


def test_part_that_is_too_long_is_dropped(machine, mirror, monkeypatch, small):
    (machine / 'fashion-mnist').mkdir(parents=True)
    (machine / 'fashion-mnist' / f'{TRAIN_IMAGES}.part').write_bytes(small[TRAIN_IMAGES])
    monkeypatch.setattr(download, 'MIRRORS', (mirror()[0],))
    assert data.fetch().kind == 'download'


def test_offline_names_what_helps(machine, monkeypatch):
    waits = []
    monkeypatch.setattr(download, 'PAUSES', (0, 1, 4))
    monkeypatch.setattr(download.time, 'sleep', waits.append)
    with pytest.raises(data.DataError) as error:
        data.load_data_fashion_mnist(10, sample='lecture')
    for remedy in (
        'dataset-fashion-mnist', 'D2L_EXT_DATA', TRAIN_IMAGES, 'D2L_EXT_MIRROR',
        'python -m d2l_ext data',
        'D2L_EXT_PROFILE=quick', '127.0.0.1:9/: ConnectionError',
    ):  # fmt: skip
        assert remedy in str(error.value)
    assert waits == [0]  # no second round when nobody answers


def test_certificates_that_are_not_there_are_named(machine, monkeypatch):
    monkeypatch.setenv('REQUESTS_CA_BUNDLE', '/no/bundle.pem')
    monkeypatch.setattr(download, 'MIRRORS', ('https://127.0.0.1:9/',))
    with pytest.raises(
        data.DataError, match='no mirror served .*: .* invalid path: /no/bundle.pem'
    ):
        data.fetch()


def test_a_user_without_a_home_folder_is_told_what_to_set(monkeypatch):
    def unknown(user):
        raise KeyError(user)

    for name in ('HOME', 'XDG_CACHE_HOME', 'D2L_EXT_CACHE', 'D2L_EXT_DATA'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr('pwd.getpwuid', unknown)
    with pytest.raises(data.DataError, match='no home folder is known for ~/.* set D2L_EXT_CACHE'):
        data.fetch()


@pytest.mark.parametrize('named', ['root', 'D2L_EXT_DATA'])
def test_the_home_folder_of_no_user_is_told(machine, monkeypatch, named):
    monkeypatch.setenv('D2L_EXT_DATA', '~nobody-of-this-name/images')
    with pytest.raises(data.DataError, match='~nobody-of-this-name/images has no .* it is missing'):
        data.fetch('~nobody-of-this-name/images' if named == 'root' else None)


def test_download_needs_a_cache_to_write_to(machine):
    machine.write_text('a file, not a folder')
    with pytest.raises(data.DataError, match='cannot be used .*set D2L_EXT_CACHE'):
        data.fetch()


def test_eight_processes_download_once(machine, mirror):
    address, asked = mirror()
    program = (
        'import json, sys; from d2l_ext.data import download\n'
        'download.FILES, download.MIRRORS = json.loads(sys.argv[1])\n'
        'download.PACKAGE = download.Path("/none")\n'
        'print(download.fetch().folder)'
    )
    command = [sys.executable, '-c', program, json.dumps([download.FILES, [address]])]
    here = Path(d2l_ext.__file__).parents[1]
    jobs = [
        subprocess.Popen(
            command, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(8)
    ]
    answers = [job.communicate(timeout=60) for job in jobs]
    assert {out.strip() for out, _ in answers} == {str(machine / 'fashion-mnist')}, answers
    assert len(asked) == 4


# Refusals


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'batch_size': 0}, 'batch_size must be a whole number >= 1, got 0'),
        ({'batch_size': 2.5}, 'batch_size must be a whole number >= 1, got 2.5'),
        ({'batch_size': True}, 'batch_size must be a whole number >= 1, got True'),
        ({'resize': 0}, 'resize must be a whole number >= 1, got 0'),
        ({'resize': -96}, 'resize must be a whole number >= 1, got -96'),
        ({'resize': '96'}, "resize must be a whole number >= 1, got '96'"),
        ({'resize': (96, 0)}, 'resize must be a whole number >= 1, got 0'),
        ({'resize': (96,)}, r'resize must be a side or \(height, width\), got \(96,\)'),
        ({'seed': -1}, 'seed must be a whole number from 0 to 4294967295, got -1'),
        ({'seed': None}, 'seed must be a whole number from 0 to 4294967295, got None'),
        ({'sample': 'all'}, "sample must be 'quick' .*, got 'all'"),
        ({'sample': 'quick', 'root': '/tmp'}, "sample must be 'quick' .without root."),
    ],
)
def test_wrong_argument_is_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.load_data_fashion_mnist(**{'batch_size': 10, 'sample': 'quick', **arguments})


def test_numpy_whole_numbers_are_welcome():
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        train, _ = data.load_data_fashion_mnist(onp.int64(100), onp.int32(32), sample='quick')
    assert (len(train), train.images.shape[1:]) == (30, (32, 32))


# The full set


@needs_full_set
def test_package_holds_the_full_set(tmp_path, monkeypatch):
    monkeypatch.setenv('D2L_EXT_CACHE', str(tmp_path))
    monkeypatch.delenv('D2L_EXT_DATA', raising=False)
    train, test = data.load_data_fashion_mnist(128, sample='lecture')
    assert (train.images.shape, test.images.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert onp.bincount(train.labels).tolist() == [6000] * 10


IMAGES = onp.zeros((4, 8, 8), 'uint8')


@pytest.mark.parametrize(
    ('images', 'told'),
    [
        (IMAGES / 255, r"images must be uint8, 0 to 255, got float64: from .*astype\('uint8'\)"),
        (onp.full((4, 8, 8), onp.nan), 'images must be uint8'),
        (IMAGES.astype('int32'), 'images must be uint8'),
        (IMAGES[0], r'images must be grey, \(N, H, W\), at least one, got shape \(8, 8\)'),
        (IMAGES[:, None], r'images must be grey, .* got shape \(4, 1, 8, 8\)'),
        (IMAGES[:0], 'images must be grey, .* at least one'),
        (None, 'images must be grey'),
        ('images', 'images must be grey'),
    ],
)
def test_images_that_would_be_batched_wrongly_are_refused(images, told):
    with pytest.raises(ValueError, match=told):
        data.ImageBatches(images, [0, 1, 2, 3], 2)


@pytest.mark.parametrize(
    ('labels', 'told'),
    [
        ([0, 1, 2], 'labels must be one an image, got 3 for 4 images'),
        ([[0], [1], [2], [3]], r'labels must be whole numbers \(N,\) from 0, got shape \(4, 1\)'),
        (onp.eye(4, dtype='uint8'), r'labels must be .* got shape \(4, 4\)'),
        ([0, 1, 2, 2.7], 'labels must be whole numbers'),
        ([0, 1, 2, float('nan')], 'labels must be whole numbers'),
        ([0, 1, 2, -1], 'labels must be .* least -1'),
        ([True, False, True, True], 'labels must be .* least bool'),
        (list('0123'), 'labels must be whole numbers'),
        (None, 'labels must be whole numbers'),
    ],
)
def test_labels_that_would_be_batched_wrongly_are_refused(labels, told):
    with pytest.raises(ValueError, match=told):
        data.ImageBatches(IMAGES, labels, 2)


@pytest.mark.parametrize('size', [0, -1, 1.5, True, '2', None])
def test_a_size_of_batches_and_a_seed_are_whole_numbers(size):
    with pytest.raises(ValueError, match='batch_size must be a whole number >= 1, got'):
        data.ImageBatches(IMAGES, [0, 1, 2, 3], size)
    if size not in (0, None):
        with pytest.raises(
            ValueError, match='seed must be a whole number from 0 to 4294967295, got'
        ):
            data.ImageBatches(IMAGES, [0, 1, 2, 3], 2, seed=size)


def test_lists_and_arrays_of_mxnet_are_batched():
    from mxnet import np

    for images, labels in (
        (list(IMAGES), [0, 1, 2, 3]),
        (np.array(IMAGES, dtype='uint8'), np.array([0, 1, 2, 3], dtype='int32')),
    ):
        batches = data.ImageBatches(images, labels, 3)
        assert [y.asnumpy().tolist() for _, y in batches] == [[0, 1, 2], [3]]


def test_a_folder_of_digits_is_told_as_such(machine, tmp_path, small):
    digits = bytes([0, 0, 8, 1, 0, 0, 1, 44, 5, 0, 4, 1, 9, 2, 1, 3, 1, 4]) + bytes(290)
    for packed in (False, True):
        folder = fill(tmp_path / f'digits {packed}', {**small, TRAIN_LABELS: digits}, packed)
        with pytest.raises(data.DataError, match='holds the digits of MNIST, not Fashion-MNIST'):
            data.fetch(folder)


@pytest.mark.parametrize('suffix', ['', '.gz'])
def test_names_with_a_dot_are_told_with_the_right_ones(machine, tmp_path, small, suffix):
    folder = fill(tmp_path / 'dots', small, packed=bool(suffix))
    for path in list(folder.iterdir()):
        path.rename(folder / path.name.replace('-idx', '.idx'))
    told = f'has no .*: rename train-images.idx3-ubyte{suffix} to train-images-idx3-ubyte{suffix}'
    with pytest.raises(data.DataError, match=told):
        data.fetch(folder)


@pytest.mark.parametrize('inside', ['FashionMNIST/raw', 'raw', 'fashion-mnist'])
def test_the_folder_above_is_told_with_the_right_one(machine, tmp_path, small, inside):
    (tmp_path / 'above' / inside).mkdir(parents=True)
    fill(tmp_path / 'above' / inside, small)
    with pytest.raises(data.DataError, match=f'it is in .*above/{inside}, so give that folder'):
        data.fetch(tmp_path / 'above')


def test_a_folder_that_is_none_is_told_as_such(machine, tmp_path):
    (tmp_path / 'file').write_text('')
    for name, told in (('no', 'it is missing; give one'), ('file', 'it is no folder; give one')):
        with pytest.raises(data.DataError, match=told):
            data.fetch(tmp_path / name)
