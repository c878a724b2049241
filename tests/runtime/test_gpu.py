"""Does the course tell each case of a GPU apart, and say what to do, without asking MXNet to try?"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from d2l_ext import runtime
from d2l_ext.diagnostics import doctor
from d2l_ext.runtime import gpu

import pytest

ROOT = Path(__file__).parents[2]
GIB = 2**30


class FakeNVML:
    """Answers as the driver's library does: `cards` are (name, uuid, capability, bytes or None)."""

    NVML_ERROR_LIBRARY_NOT_FOUND, NVML_ERROR_DRIVER_NOT_LOADED = 12, 9
    NVML_ERROR_LIB_RM_VERSION_MISMATCH, NVML_ERROR_NO_PERMISSION = 18, 4

    class NVMLError(Exception):
        def __init__(self, value):
            super().__init__(f'error {value}')
            self.value = value

    def __init__(self, cards=(), driver='535.104.05', fails=None):
        self.cards, self.driver, self.fails, self.open = cards, driver, fails, 0

    def nvmlInit(self):
        if self.fails:
            raise self.NVMLError(self.fails)
        self.open += 1

    def nvmlShutdown(self):
        self.open -= 1

    def nvmlSystemGetDriverVersion(self):
        return self.driver.encode()  # older versions give bytes

    def nvmlDeviceGetCount(self):
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index):
        return self.cards[index]

    def nvmlDeviceGetName(self, handle):
        return handle[0]

    def nvmlDeviceGetUUID(self, handle):
        return handle[1]

    def nvmlDeviceGetCudaComputeCapability(self, handle):
        return list(handle[2])

    def nvmlDeviceGetMemoryInfo(self, handle):
        if handle[3] is None:
            raise self.NVMLError(self.NVML_ERROR_NO_PERMISSION)
        return SimpleNamespace(total=handle[3])


OLD = ('Tesla K80', 'GPU-aaaa', (3, 7), 12 * GIB)
ADA = ('RTX 4090', 'GPU-bbbb', (8, 9), 24 * GIB)
VOLTA = ('Tesla V100', 'GPU-cccc', (7, 0), 16 * GIB)
HOPPER = ('H200', 'GPU-dddd', (9, 0), None)


@pytest.fixture
def machine(monkeypatch):
    """Return a function that sets what NVML answers, and what CUDA_VISIBLE_DEVICES is."""

    def choose(*cards, shown=None, **options):
        fake = FakeNVML(cards, **options)
        monkeypatch.setitem(sys.modules, 'pynvml', fake)
        monkeypatch.delenv('CUDA_VISIBLE_DEVICES', raising=False)
        if shown is not None:
            monkeypatch.setenv('CUDA_VISIBLE_DEVICES', shown)
        return fake

    return choose


@pytest.mark.parametrize(
    ('capability', 'usable'),
    [((3, 7), False), ((5, 0), True), ((5, 3), True), ((6, 1), True), ((7, 5), True),
     ((8, 0), True), ((8, 6), True), ((8, 9), True), ((9, 0), False), ((10, 0), False),
     ((12, 0), False)],
)  # fmt: skip
def test_a_card_is_usable_if_the_wheel_has_code_of_its_major_version(capability, usable):
    assert gpu.Card('card', 'GPU-1', capability, None).usable is usable


def test_a_card_that_can_compute_is_used(machine):
    fake = machine(VOLTA)

    assert gpu.state(cuda=True) == gpu.State((0,), 'Tesla V100 (sm_70, 16 GiB)')
    assert fake.open == 0  # the driver's library is closed again


def test_among_several_the_usable_ones_are_taken(machine):
    machine(HOPPER, ADA, OLD, VOLTA)

    assert gpu.state(cuda=True).usable == (1, 3)


CASES = {
    'no driver': ({'fails': 12}, 'no NVIDIA driver', 'install the NVIDIA driver'),
    'not running': ({'fails': 9}, 'installed, but not running', 'modprobe nvidia'),
    'updated': ({'fails': 18}, 'was updated while it ran', 'reboot'),
    'not allowed': ({'fails': 4}, 'this user may not use the GPU', '/dev/nvidia'),
    'another error': ({'fails': 999}, 'NVML says: error 999', 'nvidia-smi'),
    'no card': ({}, 'no GPU found', 'train on the CPU'),
    'old driver': ({'cards': [ADA], 'driver': '440.33.01'}, 'driver 440.33.1', '450.80.2 or later'),
    'hidden': ({'cards': [ADA], 'shown': ''}, '1 GPUs, none in CUDA_VISIBLE', 'unset CUDA_VISIBLE'),
    'too new': ({'cards': [HOPPER]}, 'H200 (sm_90): too new for MXNet', 'CPU build (make run), or PyTor'),
    'too old': ({'cards': [OLD]}, 'Tesla K80 (sm_37, 12 GiB): too old', 'CPU build (make run), or'),
}  # fmt: skip


@pytest.mark.parametrize('case', CASES)
def test_the_gpu_build_says_why_it_cannot_compute_and_what_helps(machine, case):
    options, seen, remedy = CASES[case]
    options = dict(options)
    machine(*options.pop('cards', ()), **options)
    state = gpu.state(cuda=True)

    assert state.usable == ()
    assert seen in state.seen
    assert remedy in state.remedy


def test_the_cpu_build_without_a_driver_is_as_it_should_be(machine):
    machine(fails=FakeNVML.NVML_ERROR_LIBRARY_NOT_FOUND)

    assert gpu.state(cuda=False) == gpu.State((), 'none used: this is the CPU build of MXNet')


def test_the_cpu_build_beside_a_good_card_names_the_way_to_it(machine):
    machine(ADA)
    state = gpu.state(cuda=False)

    assert (state.usable, state.remedy) == ((), 'make gpu')
    assert 'RTX 4090 (sm_89, 24 GiB), not used' in state.seen


@pytest.mark.parametrize(
    ('setting', 'names'),
    [(None, ['H200', 'RTX 4090']), ('1', ['RTX 4090']), ('1,0', ['RTX 4090', 'H200']),
     ('GPU-bb', ['RTX 4090']), ('GPU-d, 1', ['H200', 'RTX 4090']), ('', []), ('-1', []),
     ('0,7,1', ['H200']), ('GPU-', [])],
)  # fmt: skip
def test_visible_devices_are_read_as_cuda_reads_them(setting, names):
    cards = [gpu.Card(*HOPPER), gpu.Card(*ADA)]

    assert [card.name for card in gpu.visible(cards, setting)] == names


def test_the_doctor_shows_the_card_and_the_remedy(machine):
    machine(HOPPER)
    row = next(check for check in doctor.examine() if check['name'] == 'GPU')

    assert 'H200 (sm_90)' in row['seen']
    assert 'lesson 12' in row['remedy']
    assert not row['ok'] and not row['needed']


def test_without_the_package_that_asks_the_driver_the_remedy_is_its_name(monkeypatch):
    monkeypatch.setitem(sys.modules, 'pynvml', None)

    assert gpu.state(cuda=True).remedy == 'pip install nvidia-ml-py'


def test_this_process_computes_on_the_cpu_if_mxnet_is_the_cpu_build(machine):
    machine(ADA)

    assert str(runtime.device()) == 'cpu(0)'


# the libraries


def test_the_packages_are_those_of_requirements_gpu():
    text = (ROOT / 'requirements/gpu.txt').read_text()
    pinned = dict(re.findall(r'^(nvidia-[\w-]+)==(\S+)$', text, re.M))

    assert pinned == dict(list(gpu.PACKAGES))
    assert f'{gpu.WHEEL}==1.9.1' in text


@pytest.fixture
def wheel(monkeypatch):
    """Pretend that the GPU wheel is there; return what could be loaded, and the versions installed."""
    libraries = {library for _, names in gpu.PACKAGES.values() for library in names}
    there = SimpleNamespace(
        libraries=libraries | {gpu.DRIVER_LIBRARY}, versions=dict(list(gpu.PACKAGES))
    )
    there.versions[gpu.WHEEL] = '1.9.1'
    there.loaded = []

    def load(library):
        name = Path(library).name
        if name in there.libraries:
            there.loaded.append(name)
        return name in there.libraries

    monkeypatch.setattr(gpu, '_loaded', load)
    monkeypatch.setattr(gpu, '_version', there.versions.get)
    monkeypatch.setattr(sys, 'meta_path', list(sys.meta_path))
    monkeypatch.setenv('CUDA_DEVICE_ORDER', 'PCI_BUS_ID')
    return there


def test_libraries_are_loaded_after_what_they_need(wheel):
    assert gpu.load_libraries() == ''
    order = wheel.loaded.index
    assert order('libcuda.so.1') == 0
    assert order('libcublasLt.so.11') < order('libcublas.so.11') < order('libcusolver.so.11')
    assert order('libcusparse.so.11') < order('libcusolver.so.11')
    assert order('libcudnn_ops_infer.so.8') < order('libcudnn.so.8')


def test_a_missing_driver_is_told_when_mxnet_is_imported(wheel, monkeypatch):
    wheel.libraries.remove(gpu.DRIVER_LIBRARY)
    monkeypatch.delitem(sys.modules, 'mxnet')
    gpu.prepare()
    with pytest.raises(
        ImportError, match='needs the NVIDIA driver .libcuda.so.1., and there is none'
    ):
        import mxnet  # noqa: F401


@pytest.mark.parametrize(
    ('found', 'told'), [(None, 'but nvidia-cudnn-cu11 is not'), ('9.1.0', '9.1.0 is installed')]
)
def test_a_missing_library_is_told_with_its_package_and_version(wheel, found, told):
    wheel.libraries.remove('libcudnn.so.8')
    wheel.versions['nvidia-cudnn-cu11'] = found
    problem = gpu.load_libraries()

    assert told in problem
    assert 'pip install --no-deps nvidia-cudnn-cu11==8.9.6.50' in problem


def test_packages_of_another_version_are_listed(wheel):
    wheel.versions['nvidia-nccl-cu11'] = '2.19.3'

    assert gpu.other_versions() == [('nvidia-nccl-cu11', '2.19.3', '2.21.5')]


def test_the_doctor_lists_packages_of_another_version(wheel, machine):
    machine(ADA)
    wheel.versions['nvidia-nccl-cu11'] = '2.19.3'
    row = next(check for check in doctor.examine() if check['name'] == 'CUDA libraries')

    assert row['seen'] == 'nvidia-nccl-cu11 2.19.3 (tried: 2.21.5)'
    assert (row['ok'], row['remedy'], row['needed']) == (False, 'make gpu', False)


def test_the_cpu_wheel_loads_nothing_and_changes_nothing(wheel):
    wheel.versions.clear()
    before = list(sys.meta_path)
    gpu.prepare()

    assert wheel.loaded == []
    assert sys.meta_path == before


# the real wheel, without a card


STUB = """
#define ANSWER(name) int name() { return 100; }  /* CUDA_ERROR_NO_DEVICE */
ANSWER(cuInit) ANSWER(cuDriverGetVersion) ANSWER(cuDeviceGetCount) ANSWER(cuDeviceGet)
ANSWER(cuDevicePrimaryCtxRetain) ANSWER(cuGetErrorString) ANSWER(cuGraphKernelNodeGetParams)
ANSWER(cuGraphNodeGetType) ANSWER(cuLaunchKernel) ANSWER(cuModuleGetFunction)
ANSWER(cuModuleLoadData) ANSWER(cuModuleLoadDataEx) ANSWER(cuModuleUnload)
ANSWER(cuGetProcAddress)
"""
COMPUTE = """
import d2l_ext
from mxnet import np, npx, runtime as features
from d2l_ext import runtime
npx.set_np()
print(features.Features().is_enabled('CUDA'), runtime.device(), float(np.ones((2, 3)).sum()))
"""


@pytest.fixture(scope='module')
def gpu_python():
    python = ROOT / '.venv-gpu' / 'bin' / 'python'
    if not python.exists():
        pytest.skip('needs the GPU wheel: make gpu')
    return python


@pytest.fixture(scope='module')
def stub_driver(tmp_path_factory):
    """Compile a driver's library that knows of no device; return its folder."""
    if not shutil.which('cc'):
        pytest.skip('needs a C compiler')
    folder = tmp_path_factory.mktemp('driver')
    (folder / 'stub.c').write_text(STUB)
    library = folder / gpu.DRIVER_LIBRARY
    command = ['cc', '-shared', '-fPIC', '-o', library, folder / 'stub.c']
    subprocess.run([*command, f'-Wl,-soname,{gpu.DRIVER_LIBRARY}'], check=True)
    return folder


def run(python, code, **environment):
    return subprocess.run(
        [python, '-c', code], env=os.environ | environment, capture_output=True, text=True,
        timeout=300, cwd=ROOT,
    )  # fmt: skip


def test_the_gpu_wheel_imports_and_computes_with_a_stub_for_the_driver(gpu_python, stub_driver):
    done = run(gpu_python, COMPUTE, LD_LIBRARY_PATH=str(stub_driver))

    assert done.stdout.split() == ['True', 'cpu(0)', '6.0'], done.stderr


def test_the_gpu_wheel_without_a_driver_says_so_in_one_sentence(gpu_python):
    done = run(gpu_python, 'import d2l_ext, mxnet')

    sentence = (
        'ImportError: mxnet-cu112 needs the NVIDIA driver (libcuda.so.1), and there is none: '
        'install the driver, or use the CPU build (make run)'
    )
    told = run(gpu_python, 'from d2l_ext.diagnostics import doctor; print(doctor.table())').stdout

    assert done.stderr.strip().splitlines()[-1] == sentence
    assert sentence.removeprefix('ImportError: ') in told


@pytest.fixture
def network(monkeypatch):
    """GoogLeNet, and what MXNet says at its next step."""
    from d2l_ext import networks
    from d2l_ext.training import gluon_learner

    import mxnet as mx

    mx.npx.set_np()

    def fail(self, X, y, lr):
        raise mx.MXNetError(fail.words)

    monkeypatch.setattr(gluon_learner.Learner, '_step', fail)
    net = networks.GoogLeNet()
    net.initialize()
    return net, fail


def train(net, size):
    from d2l_ext import data, training

    train_iter, _ = data.load_data_fashion_mnist(512, size, sample='quick')
    training.fit(net, train_iter, epochs=1, lr=0.1, progress=False)


def test_a_batch_too_large_for_the_card_names_one_that_should_fit(network, monkeypatch):
    from d2l_ext.training.device_limits import fitting_batch

    net, fail = network
    fail.words = 'cudaMalloc retry failed: out of memory'
    card = gpu.Card('Small', 'GPU-1', (7, 5), 2**31)
    monkeypatch.setattr(gpu, 'survey', lambda: ((535, 0), [card]))
    told = (
        r'no memory left for a batch of 512 images \(1, 96, 96\): a batch_size of (\d+) should fit'
    )
    with pytest.raises(MemoryError, match=told + ' into its 2 GiB') as error:
        train(net, 96)
    fits = int(re.search(told, str(error.value))[1])
    assert fits == fitting_batch(net, (1, 96, 96), 2**31)
    assert 64 < fits < 128  # measured on a CPU: 128 take 2.3 GB

    def silent():
        raise gpu.GPUError('no NVML', 'none')

    monkeypatch.setattr(gpu, 'survey', silent)
    with pytest.raises(MemoryError, match='take a batch_size of 256'):
        train(net, 96)


def test_the_command_line_says_it_in_one_sentence(network, capsys):
    from d2l_ext import __main__ as command

    network[1].words = 'cudaMalloc retry failed: out of memory'
    assert command.main(['train', '--profile', 'quick']) == 2
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert told.endswith(
        'no memory left for a batch of 32 images (1, 32, 32): take a batch_size of 16'
    )


def test_other_errors_of_mxnet_are_left_as_they_are(network):
    import mxnet as mx

    net, fail = network
    fail.words = 'Shape inconsistent'
    with pytest.raises(mx.MXNetError, match='Shape inconsistent'):
        train(net, 28)


def test_the_estimated_batch_is_cautious_and_of_use_beside_recorded_peaks():
    from d2l_ext import networks
    from d2l_ext.training.device_limits import fitting_batch

    import mxnet as mx

    mx.npx.set_np()
    record = json.loads((ROOT / 'benchmarks/results/cost.json').read_text())
    seen = 0
    for name in record['rounds'][0]:
        if found := re.fullmatch(r'train (\d+)x\1 batch (\d+) width 1', name):
            size, batch = map(int, found.groups())
            peak = max(numbers[name]['peak_bytes'] for numbers in record['rounds'])
            fits = fitting_batch(networks.GoogLeNet(), (1, size, size), peak)
            assert fits <= batch, name
            assert batch < 64 or fits > batch / 3, name
            seen += 1
    assert seen > 10
