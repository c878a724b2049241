"""Is a file written whole, or not at all?"""

import os

from d2l_ext.runtime.files import replace, replace_all

import pytest


def test_text_and_bytes_arrive(tmp_path):
    replace(tmp_path / 'new' / 'text', 'é\n')
    replace(tmp_path / 'bytes', b'\x00\x01')

    assert (tmp_path / 'new' / 'text').read_bytes() == b'\xc3\xa9\n'
    assert (tmp_path / 'bytes').read_bytes() == b'\x00\x01'


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / 'file'
    replace(path, 'old')

    def full(descriptor):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(OSError, match='No space left'):
        replace(path, 'new')

    assert path.read_text() == 'old'
    assert os.listdir(tmp_path) == ['file']


def test_files_that_belong_together_are_all_new_or_all_old(tmp_path, monkeypatch):
    pair = tmp_path / 'one', tmp_path / 'other'
    replace_all(dict.fromkeys(pair, 'old'))
    synced = []

    def full_at_the_second(descriptor):
        synced.append(descriptor)
        if len(synced) == 2:
            raise OSError(28, 'No space left on device')

    monkeypatch.setattr(os, 'fsync', full_at_the_second)
    with pytest.raises(OSError, match='No space left'):
        replace_all(dict.fromkeys(pair, 'new'))

    assert [path.read_text() for path in pair] == ['old', 'old']
    assert sorted(os.listdir(tmp_path)) == ['one', 'other']


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path):
    (tmp_path / 'real').write_text('old')
    (tmp_path / 'link').symlink_to('real')

    replace(tmp_path / 'link', 'new')

    assert (tmp_path / 'link').is_symlink() and (tmp_path / 'real').read_text() == 'new'


def test_a_file_keeps_its_mode(tmp_path):
    path = tmp_path / 'file'
    path.write_text('old')
    path.chmod(0o640)

    replace(path, 'new')

    assert (path.read_text(), path.stat().st_mode & 0o777) == ('new', 0o640)


def test_a_file_that_may_not_be_written_to_stays_as_it_was(tmp_path, monkeypatch):
    (tmp_path / 'file').write_text('old')
    monkeypatch.setattr(os, 'access', lambda path, how: False)  # root may write to any

    with pytest.raises(PermissionError, match='Permission denied: .*file'):
        replace(tmp_path / 'file', 'new')
    assert (tmp_path / 'file').read_text() == 'old' and os.listdir(tmp_path) == ['file']


def test_a_pipe_is_written_to_and_stays_one(tmp_path):
    os.mkfifo(tmp_path / 'pipe')
    reader = os.open(tmp_path / 'pipe', os.O_RDONLY | os.O_NONBLOCK)

    replace(tmp_path / 'pipe', 'new')

    assert os.read(reader, 9) == b'new' and (tmp_path / 'pipe').is_fifo()
    os.close(reader)


def test_names_as_long_as_a_file_system_takes_are_written(tmp_path):
    names = [tmp_path / ('文' * 80 + end) for end in ('-symbol.json', '-0000.params')]

    replace_all(dict.fromkeys(names, 'new'))

    assert [name.read_text() for name in names] == ['new', 'new']
