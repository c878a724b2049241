import contextlib
import os
import signal
import uuid

import pytest
from jobs import left_over


@pytest.fixture
def here(monkeypatch, request):
    """Start in the root, as a job does that is this test's own, and leave no process of it."""
    monkeypatch.chdir(request.config.rootpath)
    monkeypatch.setenv('D2L_EXT_JOB', uuid.uuid4().hex)  # jobs of another test are not ours
    yield
    remaining = left_over()
    for process in remaining:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    assert remaining == []
