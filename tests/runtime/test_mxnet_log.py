"""Do the remarks of MXNet's log stay away from a terminal, and only they?"""

import io
import subprocess
import sys

from d2l_ext.runtime import mxnet_log

REMARK = (
    '[11:43:53] ../src/operator/nn/mkldnn/mkldnn_pooling.cc:58: MKLDNN Pooling: training with '
    'prop_kind is forward_scoring\n'
)


def python(code):
    """Run `code` under the filter in a fresh interpreter; return its status and what stderr got."""
    start = f'import os, sys\nfrom d2l_ext.runtime import mxnet_log\nREMARK = {REMARK!r}.encode()\n'
    done = subprocess.run(
        [sys.executable, '-c', f'{start}with mxnet_log.filtered():\n    {code}'],
        stderr=subprocess.PIPE, text=True, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stderr


def test_only_lines_in_the_form_of_a_remark_are_left_out():
    told = ['a warning', f'see {REMARK.strip()}', '[11:43:53] a time', '', '[1, 2] a.cc:3: no']

    assert mxnet_log.without('\n'.join(told)) == '\n'.join(told)
    assert mxnet_log.without(f'one\n{REMARK}two\n') == 'one\ntwo\n'
    assert mxnet_log.without(f'{REMARK}{REMARK.strip()}') == ''


def test_what_a_library_writes_arrives_but_for_remarks():
    assert python('os.write(2, b"one\\n" + REMARK + b"two")') == (0, 'one\ntwo')


def test_what_python_writes_arrives_at_once_and_whole():
    code = (
        'print("50%", end="", file=sys.stderr, flush=True); os.write(2, REMARK); sys.stdout.close()'
    )

    assert python(code) == (0, '50%')


def test_an_error_and_its_status_arrive():
    status, told = python('os.write(2, REMARK); raise ValueError("no images")')

    assert status == 1
    assert told.endswith('ValueError: no images\n') and 'prop_kind' not in told


def test_the_last_words_of_a_crash_arrive():
    status, told = python('os.write(2, REMARK + b"out of memory\\n"); os.abort()')

    assert (status, told) == (-6, 'out of memory\n')


def test_afterwards_everything_is_as_before(monkeypatch, capfd):
    monkeypatch.setattr(sys, 'stderr', stderr := io.StringIO())  # not a file: left alone
    with mxnet_log.filtered():
        assert sys.stderr is stderr
    subprocess.run([sys.executable, '-c', f'import os; os.write(2, {REMARK.encode()!r})'])

    assert capfd.readouterr().err == REMARK


def test_a_training_on_the_command_line_shows_none():
    code = (
        'import os, d2l_ext.__main__ as command\n'
        f'command._train = lambda chosen: os.write(2, {(REMARK + "a warning").encode()!r}) * 0 + 7\n'
        'raise SystemExit(command.main(["train"]))'
    )
    done = subprocess.run([sys.executable, '-c', code], stderr=subprocess.PIPE, text=True)

    assert (done.returncode, done.stderr) == (7, 'a warning')
