"""Is a person's own picture made into what the network knows, whatever its format; is no other taken?"""

import io
import struct
import zlib

from d2l_ext import data, pictures, training
from d2l_ext.__main__ import main
from d2l_ext.training import pretrained

import numpy as onp
import pytest
from mxnet import np
from mxnet.gluon import nn
from PIL import Image, ImageOps, PngImagePlugin

SIZE = pretrained.SHAPE[-2:]


@pytest.fixture(scope='module')
def net():
    return pretrained.load_trained()[0]


@pytest.fixture(scope='module')
def test_images():
    return data.load_data_fashion_mnist(100, sample='quick')[1]


@pytest.fixture(scope='module')
def trousers():
    """A trouser as a shop shows it: dark on white, 300 x 400, with a margin."""
    grey = onp.full((400, 300), 255, 'uint8')
    grey[40:90, 100:200] = 60  # the waist
    grey[90:360, 100:140] = grey[90:360, 160:200] = 60  # the legs
    return Image.fromarray(grey)


def stored(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    file.seek(0)
    return file


def as_16_bits(picture):
    return Image.fromarray(onp.asarray(picture).astype('uint16') * 257)


def as_12_bits(picture):
    return Image.fromarray(onp.asarray(picture).astype('uint16') * 16)


def colour_of_16_bits(picture, white):
    """A PNG with 16 bits a colour, of which `white` is the largest: Pillow does not write them."""
    values = onp.asarray(picture.convert('RGB')).astype('float64') * (white / 255)
    rows = b''.join(b'\0' + row.round().astype('>u2').tobytes() for row in values)
    header = struct.pack('>IIBBBBB', *picture.size, 16, 2, 0, 0, 0)
    parts = {b'IHDR': header, b'IDAT': zlib.compress(rows), b'IEND': b''}
    chunks = [
        struct.pack('>I', len(content))
        + kind
        + content
        + struct.pack('>I', zlib.crc32(kind + content))
        for kind, content in parts.items()
    ]
    return io.BytesIO(b'\x89PNG\r\n\x1a\n' + b''.join(chunks))


def with_palette(picture):
    """Indexed colours, the white ones transparent."""
    indexed = picture.convert('RGB').quantize(4)
    white = onp.asarray(indexed)[0, 0]
    return indexed, int(white)


def rotated(picture):
    """Lie on its side, and say so in EXIF."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by a quarter to the right to see it upright
    return picture.rotate(90, expand=True), exif


def files(picture):
    indexed, white = with_palette(picture)
    lying, exif = rotated(picture)
    cut_out = picture.convert('RGB')
    cut_out.putalpha(ImageOps.invert(picture).point(lambda level: 255 * (level > 0)))
    return {
        'PNG': stored(picture, 'PNG'),
        'colour': stored(ImageOps.colorize(picture, (60, 60, 60), 'white'), 'PNG'),
        'JPEG': stored(picture.convert('RGB'), 'JPEG'),
        'WebP': stored(picture.convert('RGB'), 'WEBP'),
        'GIF': stored(picture, 'GIF'),
        '16 bit': stored(as_16_bits(picture), 'PNG'),
        '16 bit TIFF': stored(as_16_bits(picture), 'TIFF'),
        '12 of 16 bit': stored(as_12_bits(picture), 'PNG'),
        '12 of 16 bit TIFF': stored(as_12_bits(picture), 'TIFF'),
        'colour of 16 bit': colour_of_16_bits(picture, 65535),
        'colour, 14 of 16 bit': colour_of_16_bits(picture, 16383),
        'colour, 12 of 16 bit': colour_of_16_bits(picture, 4095),
        'float TIFF': stored(Image.fromarray(onp.asarray(picture, 'float32') / 255), 'TIFF'),
        'palette with transparency': stored(indexed, 'PNG', transparency=white),
        'alpha': stored(cut_out, 'PNG'),
        'CMYK': stored(picture.convert('RGB').convert('CMYK'), 'JPEG'),
        '1 bit': stored(picture.convert('1'), 'PNG'),
        'EXIF': stored(lying.convert('RGB'), 'JPEG', exif=exif),
        'dark background': stored(ImageOps.invert(picture), 'PNG'),
        'white on transparent': stored(
            Image.merge('LA', (Image.new('L', picture.size, 195), ImageOps.invert(picture))), 'PNG'
        ),
    }  # fmt: skip


KINDS = (
    'PNG', 'colour', 'JPEG', 'WebP', 'GIF', '16 bit', '16 bit TIFF', '12 of 16 bit',
    '12 of 16 bit TIFF', 'colour of 16 bit', 'colour, 14 of 16 bit', 'colour, 12 of 16 bit', 'float TIFF',
    'palette with transparency', 'alpha', 'CMYK', '1 bit', 'EXIF', 'dark background',
    'white on transparent',
)  # fmt: skip


@pytest.mark.parametrize('kind', KINDS)
def test_any_format_gives_the_garment_bright_and_upright_on_black(trousers, kind):
    image = pictures.prepare(files(trousers)[kind])

    assert image.shape == SIZE and image.dtype == 'uint8'
    legs, gap, left = image[30:40, 19], image[30:40, 24], image[:, :14]
    assert legs.min() > 130
    assert gap.max() < 60  # JPEG and two resizings blur it
    assert left.max() < 20
    assert image[1:6, 20:28].min() > 120  # it fills the height, waist above


@pytest.mark.parametrize('kind', KINDS)
def test_every_format_is_recognized(net, trousers, kind):
    assert pictures.predict(files(trousers)[kind], net).column('class')[0] == 'trouser'


@pytest.mark.parametrize('size', [(1, 1), (3000, 200), (1, 500), (5000, 4000)])
def test_any_size_is_taken(net, size):
    table = pictures.predict(stored(Image.new('RGB', size, 'navy'), 'PNG'), net)

    shares = table.column('probability')
    assert len(table) == 3
    assert shares == sorted(shares, reverse=True)
    assert all(0 < share <= 1 for share in shares)


def test_a_wide_picture_keeps_its_proportions():
    strip = Image.new('L', (3000, 200), 255)
    strip.paste(0, (0, 80, 3000, 120))

    image = pictures.prepare(stored(strip, 'PNG'))

    bright = onp.flatnonzero(image[:, 24] > 20)
    assert 22 <= bright.min() and bright.max() <= 26  # 48 * 40 / 3000 is less than a row


@pytest.mark.parametrize('light', [False, True])
def test_the_test_images_are_recognized_as_pictures(net, test_images, light):
    """On 1 000 images one deviation is .01; the way through a file may cost half of it."""
    images, labels = test_images.images, test_images.labels
    as_files = [stored(Image.fromarray(255 - i if light else i), 'PNG') for i in images[::2]]
    seen = pictures.standardized(onp.stack([pictures.prepare(file) for file in as_files]))
    guesses = [net(np.array(seen[i : i + 100])).asnumpy().argmax(1) for i in range(0, 500, 100)]
    _, direct = data.load_data_fashion_mnist(100, 48, sample='quick', standardize=True)

    accuracy = (onp.concatenate(guesses) == labels[::2]).mean()
    assert accuracy > training.evaluate(net, direct) - 0.03


def test_the_input_is_standardized_as_in_training(test_images):
    _, standard = data.load_data_fashion_mnist(2, 48, sample='quick', standardize=True)
    X, _ = next(iter(standard))
    assert onp.allclose(pictures.standardized(standard.images[:2]), X.asnumpy(), atol=1e-6)


def test_as_many_are_told_as_asked_for(net, trousers):
    table = pictures.predict(stored(trousers, 'PNG'), net, top=10)

    assert sorted(table.column('class')) == sorted(data.CLASSES)
    assert sum(table.column('probability')) == pytest.approx(1, abs=1e-5)
    with pytest.raises(ValueError, match='top must be a whole number >= 1, got 0'):
        pictures.predict(stored(trousers, 'PNG'), net, top=0)


# what is not a picture


def test_what_is_not_a_picture_is_refused(tmp_path):
    (tmp_path / 'text.png').write_text('a text')
    (tmp_path / 'empty.jpg').write_bytes(b'')
    for name in ('text.png', 'empty.jpg'):
        with pytest.raises(ValueError, match=rf'{name} is not a picture that Pillow reads: save'):
            pictures.predict(tmp_path / name)
    with pytest.raises(ValueError, match='nothing.png does not exist: give the path'):
        pictures.predict(tmp_path / 'nothing.png')
    with pytest.raises(ValueError, match='is a folder: give the path of one picture'):
        pictures.predict(str(tmp_path))


def test_a_file_that_is_open_for_text_or_closed_is_told(tmp_path):
    (tmp_path / 'own.png').write_bytes(stored(Image.new('L', (9, 9)), 'PNG').getvalue())
    with (
        open(tmp_path / 'own.png', encoding='latin-1') as text,
        open(tmp_path / 'own.png', 'rb') as file,
    ):
        with pytest.raises(ValueError, match=r"file must be open .*: open\(path, 'rb'\)"):
            pictures.prepare(text)
    with pytest.raises(ValueError, match=r"file must be open .*: open\(path, 'rb'\)"):
        pictures.prepare(file)


def test_a_picture_with_more_notes_than_pillow_reads_is_not_called_damaged(tmp_path):
    notes = PngImagePlugin.PngInfo()
    notes.add_text('note', 'x' * 2_000_000, zip=True)
    Image.new('L', (9, 9)).save(tmp_path / 'own.png', pnginfo=notes)
    with pytest.raises(ValueError, match='own.png has longer notes, .* than Pillow reads'):
        pictures.prepare(tmp_path / 'own.png')


def test_a_cut_off_file_is_refused(tmp_path, trousers):
    whole = stored(trousers.convert('RGB'), 'JPEG').getvalue()
    (tmp_path / 'half.jpg').write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match='half.jpg is damaged and cannot be read: .*truncated'):
        pictures.predict(tmp_path / 'half.jpg')


@pytest.mark.filterwarnings('error')  # nor is it worth a warning
@pytest.mark.parametrize('kind', ['PNG', 'JPEG', 'WEBP'])
@pytest.mark.parametrize('exif', [b'Exif\0\0no TIFF', b'Exif\0\0II*\0\xff\xff\xff\xff'])
def test_a_broken_exif_is_no_damage(kind, exif, trousers):
    image = pictures.prepare(stored(trousers.convert('RGB'), kind, exif=exif))
    plain = pictures.prepare(stored(trousers.convert('RGB'), kind))
    assert (image == plain).all()


@pytest.mark.parametrize('brand', [b'heic', b'mif1'])
def test_heic_is_named_with_what_would_help(brand, tmp_path):
    content = b'\0\0\0\x18ftyp' + brand + bytes(20)
    (tmp_path / 'IMG_1.HEIC').write_bytes(content)
    for file in (tmp_path / 'IMG_1.HEIC', io.BytesIO(content)):
        with pytest.raises(ValueError, match='is in HEIC, .* send it as JPEG, or set Camera'):
            pictures.read(file)


def test_a_picture_of_pillow_and_an_array_are_taken(trousers):
    expected = pictures.prepare(stored(trousers, 'PNG'))
    rgb = onp.asarray(trousers.convert('RGB'))
    for given in (trousers, onp.asarray(trousers), rgb, np.array(rgb, dtype='uint8')):
        assert (pictures.prepare(given) == expected).all()


@pytest.mark.parametrize(
    ('given', 'told'),
    [
        (None, 'file must be a path, .* got NoneType'),
        (7, 'file must be a path, .* got int'),
        ([[0, 1]], 'file must be a path, .* got list'),
        (onp.zeros((28, 28)), r'file, an array, must be uint8, .* got float64 \(28, 28\)'),
        (
            onp.zeros((3, 28, 28), 'uint8'),
            r'file, an array, must be uint8, .* got uint8 \(3, 28, 28\)',
        ),
        (onp.zeros((1, 28, 28, 3), 'uint8'), r'file, an array, must be uint8, .* \(1, 28, 28, 3\)'),
        (onp.zeros(28, 'uint8'), r'file, an array, must be uint8, .* \(28,\)'),
        (onp.zeros((0, 28), 'uint8'), r'file, an array, must be uint8, .* \(0, 28\)'),
        (io.StringIO('text'), 'file must be open for its bytes'),
        ('', "file must be a path, got ''"),
        ('a\0b', 'file must be a path'),
    ],
)
def test_what_is_no_file_is_refused_in_one_line(given, told):
    with pytest.raises(ValueError, match=told) as caught:
        pictures.read(given)
    assert '\n' not in str(caught.value)


def test_a_network_of_other_classes_is_refused(trousers):
    net = nn.Dense(7)
    net.initialize()
    with pytest.raises(ValueError, match=r'net must give scores of 10 classes, .* got \(1, 7\)'):
        pictures.predict(trousers, net)


def test_too_many_pixels_are_refused(monkeypatch, trousers):
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 1000)
    with pytest.raises(ValueError, match='the file has too many pixels: make it smaller first'):
        pictures.read(stored(trousers, 'PNG'))


@pytest.mark.filterwarnings('ignore')  # Pillow's, on strange tags
@pytest.mark.parametrize('kind', ['PNG', 'JPEG', 'WEBP', 'GIF', 'TIFF', 'BMP', 'AVIF', 'DDS'])
def test_damaged_bytes_raise_nothing_but_a_value_error(kind):
    random = onp.random.RandomState(0)
    picture = Image.fromarray(random.randint(0, 256, (20, 30, 3)).astype('uint8'))
    try:
        whole = stored(picture, kind).getvalue()
    except (KeyError, OSError):
        pytest.skip(f'this Pillow writes no {kind}')
    refused = 0
    for _ in range(150):
        damaged = bytearray(whole)
        for place in random.randint(0, min(len(whole), 300), 4):
            damaged[place] = random.randint(256)
        try:
            assert pictures.prepare(io.BytesIO(damaged)).shape == SIZE
        except ValueError as error:
            refused += 1
            assert '\n' not in str(error)
    assert refused > 0


# the command


def test_the_command_prints_three_classes(tmp_path, capsys, trousers):
    trousers.save(tmp_path / 'own.png')
    assert main(['predict', str(tmp_path / 'own.png')]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ['class', 'probability']
    assert lines[2].startswith('trouser ')
    assert len(lines) == 5


def test_the_command_says_what_is_wrong(tmp_path, capsys):
    assert main(['predict', str(tmp_path / 'no.png')]) == 2
    told = capsys.readouterr()
    assert told.out == ''
    assert told.err.endswith('no.png does not exist: give the path of a picture\n')


def test_what_holds_no_pixels_is_told_so(trousers, tmp_path):
    (tmp_path / 'drawing.eps').write_bytes(stored(trousers.convert('RGB'), 'EPS').getvalue())
    (tmp_path / 'weights.h5').write_bytes(b'\x89HDF\r\n\x1a\n' + bytes(500))

    for name, kind in (('drawing.eps', 'EPS'), ('weights.h5', 'HDF5')):
        with pytest.raises(ValueError, match=f'{name} is {kind}, no pixels'):
            pictures.prepare(tmp_path / name)
    with pytest.raises(ValueError, match='has no pixels, 0 x 10'):
        pictures.prepare(Image.new('L', (0, 10)))


@pytest.mark.filterwarnings('error')
def test_a_telephones_many_pixels_are_no_attack(monkeypatch, trousers):
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 100_000)

    assert pictures.prepare(stored(trousers, 'PNG')).any()
