import os

import pytest
from jobs import left_over


@pytest.fixture
def here(monkeypatch, request):
    """Start in the root, as a job does that is this process's own, and leave no process of it."""
    monkeypatch.chdir(request.config.rootpath)
    monkeypatch.setenv('D2L_EXT_JOB', f'{os.getpid()}')  # other jobs of this machine are not ours
    yield
    assert left_over() == []
