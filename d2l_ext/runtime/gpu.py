"""NVIDIA GPUs for MXNet's GPU wheel: its CUDA libraries from wheels, and the cards that it can use.

The wheel, mxnet-cu112 1.9.1, holds machine code for some architectures and none to be compiled later: on
another card its first computation crashes or hangs. So cards are judged by what NVML, the driver's
own library, tells of them, before MXNet is asked for anything.
"""

import ctypes
import importlib.abc
import importlib.util
import os
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

WHEEL = 'mxnet-cu112'
# package and version -> its folder under nvidia/, its libraries; each after what it needs itself
PACKAGES = {
    ('nvidia-cuda-runtime-cu11', '11.8.89'): ('cuda_runtime', ['libcudart.so.11.0']),
    ('nvidia-cuda-nvrtc-cu11', '11.8.89'): ('cuda_nvrtc', ['libnvrtc.so.11.2']),
    ('nvidia-cublas-cu11', '11.11.3.6'): ('cublas', ['libcublasLt.so.11', 'libcublas.so.11']),
    ('nvidia-cufft-cu11', '10.9.0.58'): ('cufft', ['libcufft.so.10']),
    ('nvidia-curand-cu11', '10.3.0.86'): ('curand', ['libcurand.so.10']),
    ('nvidia-cusparse-cu11', '11.7.5.86'): ('cusparse', ['libcusparse.so.11']),
    ('nvidia-cusolver-cu11', '11.4.1.48'): ('cusolver', ['libcusolver.so.11']),
    ('nvidia-cudnn-cu11', '8.9.6.50'): (
        'cudnn',
        [
            'libcudnn_ops_infer.so.8', 'libcudnn_ops_train.so.8', 'libcudnn_cnn_infer.so.8',
            'libcudnn_cnn_train.so.8', 'libcudnn_adv_infer.so.8', 'libcudnn_adv_train.so.8',
            'libcudnn.so.8',
        ],
    ),
    ('nvidia-nccl-cu11', '2.21.5'): ('nccl', ['libnccl.so.2']),
    ('nvidia-nvtx-cu11', '11.8.86'): ('nvtx', ['libnvToolsExt.so.1']),
}  # fmt: skip
DRIVER_LIBRARY = 'libcuda.so.1'
OLDEST_DRIVER = (450, 80, 2)  # of CUDA 11, by NVIDIA's table of minor version compatibility
ARCHITECTURES = ((5, 0), (6, 0), (7, 0), (8, 0), (8, 6))  # that the wheel holds code for
CPU = 'train on the CPU: the quick profile is made for it'
TWIN = 'use the CPU build (make run), or PyTorch on this card (lesson 12)'


@dataclass(frozen=True)
class Card:
    """A GPU as NVML tells of it: `capability` (major, minor), `memory` in bytes or None."""

    name: str
    uuid: str
    capability: tuple
    memory: int | None

    @property
    def usable(self) -> bool:
        """Tell whether the wheel holds code for it: of its major version, and no newer a minor."""
        major, minor = self.capability
        return any(major == m and minor >= n for m, n in ARCHITECTURES)

    def __str__(self):
        memory = f', {self.memory / 2**30:.0f} GiB' if self.memory else ''
        return f'{self.name} (sm_{"".join(map(str, self.capability))}{memory})'


@dataclass(frozen=True)
class State:
    """What there is to compute on: `usable`, numbers of the GPUs that compute, in MXNet's count."""

    usable: tuple
    seen: str
    remedy: str = ''


def prepare():
    """Load what MXNet's GPU wheel needs, if that is the one installed.

    What cannot be loaded is told when mxnet is imported, as an ImportError that says what to do.
    """
    if installed():
        # MXNet is to count the cards as NVML does
        os.environ.setdefault('CUDA_DEVICE_ORDER', 'PCI_BUS_ID')
        problem = load_libraries()
        if problem:
            sys.meta_path.insert(0, Refusal('mxnet', problem))


def installed() -> bool:
    """Tell whether the GPU wheel is the one installed."""
    return _version(WHEEL) is not None


class Refusal(importlib.abc.MetaPathFinder):
    """Refuse to import `name`, for a `reason` that a person can read."""

    def __init__(self, name, reason):
        self.name, self.reason = name, reason

    def find_spec(self, name, path=None, target=None):
        if name == self.name:
            raise ImportError(self.reason, name=name)


def refused() -> bool:
    """Tell whether mxnet is refused here, for a reason that says what to do."""
    return any(isinstance(finder, Refusal) for finder in sys.meta_path)


def load_libraries() -> str:
    """Load the driver's and CUDA's libraries for all to use; say what keeps one from loading, or ''."""
    if not _loaded(DRIVER_LIBRARY):
        return (
            f'{WHEEL} needs the NVIDIA driver ({DRIVER_LIBRARY}), and there is none: install '
            'the driver, or use the CPU build (make run)'
        )
    for (package, wanted), (folder, libraries) in PACKAGES.items():
        for library in libraries:
            if not (_loaded(_folder(folder) / library) or _loaded(library)):
                found = _version(package)
                told = f'{package} {found} is installed' if found else f'{package} is not'
                return (
                    f'{WHEEL} needs {library} of {package} {wanted}, but {told}: make gpu, or '
                    f'pip install --no-deps {package}=={wanted}'
                )
    return ''


def other_versions() -> list:
    """Return (package, installed, wanted) of the CUDA packages of another version than tried."""
    found = [(package, _version(package), wanted) for package, wanted in PACKAGES]
    return [row for row in found if row[1] not in (None, row[2])]


def state(cuda) -> State:
    """Return what the cards here are good for; `cuda` tells whether MXNet is the GPU build."""
    try:
        driver, cards = survey()
    except GPUError as error:
        if cuda:
            return State((), str(error), error.remedy)
        return State((), 'none used: this is the CPU build of MXNet')
    shown = visible(cards, os.environ.get('CUDA_VISIBLE_DEVICES'))
    usable = tuple(i for i, card in enumerate(shown) if card.usable)
    told = ', '.join(map(str, shown))
    if not shown:
        hidden = f'{len(cards)} GPUs, none in CUDA_VISIBLE_DEVICES' if cards else 'no GPU found'
        return State((), hidden, 'unset CUDA_VISIBLE_DEVICES' if cards else CPU if cuda else '')
    if not usable:
        old = shown[0].capability < ARCHITECTURES[0]
        return State((), f'{told}: too {"old" if old else "new"} for MXNet 1.9.1', TWIN)
    if not cuda:
        return State((), f'{told}, not used: this is the CPU build of MXNet', 'make gpu')
    if driver < OLDEST_DRIVER:
        least = '.'.join(map(str, OLDEST_DRIVER))
        return State(
            (), f'{told}, driver {".".join(map(str, driver))}',
            f'update the NVIDIA driver to {least} or later, or use the CPU build (make run)',
        )  # fmt: skip
    return State(usable, told)


class GPUError(Exception):
    """The driver cannot be asked: why, and the remedy."""

    def __init__(self, why, remedy):
        super().__init__(why)
        self.remedy = remedy


def survey():
    """Return the driver's version as a tuple, and a list of Card, in the order of the PCI bus.

    Raises GPUError, with the reason and the remedy, where NVML cannot tell.
    """
    try:
        import pynvml
    except ImportError:
        raise GPUError('the package nvidia-ml-py is missing', 'pip install nvidia-ml-py') from None
    reasons = {
        pynvml.NVML_ERROR_LIBRARY_NOT_FOUND: ('no NVIDIA driver', 'install the NVIDIA driver'),
        pynvml.NVML_ERROR_DRIVER_NOT_LOADED: (
            'the NVIDIA driver is installed, but not running', 'reboot, or modprobe nvidia',
        ),
        pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: (
            'the NVIDIA driver was updated while it ran', 'reboot',
        ),
        pynvml.NVML_ERROR_NO_PERMISSION: (
            'this user may not use the GPU', 'ask for access to /dev/nvidia*',
        ),
    }  # fmt: skip
    try:
        pynvml.nvmlInit()
        try:
            driver = tuple(map(int, _text(pynvml.nvmlSystemGetDriverVersion()).split('.')))
            handles = map(pynvml.nvmlDeviceGetHandleByIndex, range(pynvml.nvmlDeviceGetCount()))
            return driver, [_card(pynvml, handle) for handle in handles]
        finally:
            pynvml.nvmlShutdown()
    except pynvml.NVMLError as error:
        why, remedy = reasons.get(error.value, (f'NVML says: {error}', 'look into nvidia-smi'))
        raise GPUError(why, remedy) from None


def _card(pynvml, handle):
    try:
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle).total
    except pynvml.NVMLError:  # of a card that is divided (MIG), or has none of its own
        memory = None
    return Card(
        _text(pynvml.nvmlDeviceGetName(handle)), _text(pynvml.nvmlDeviceGetUUID(handle)),
        tuple(pynvml.nvmlDeviceGetCudaComputeCapability(handle)), memory,
    )  # fmt: skip


def visible(cards, setting) -> list:
    """Return the cards that CUDA_VISIBLE_DEVICES leaves, in its order: numbers or UUIDs.

    As CUDA reads it: all that stand before the first that is not there.
    """
    if setting is None:
        return list(cards)
    shown = []
    for entry in (part.strip() for part in setting.split(',')):
        if entry.isdigit():
            found = cards[int(entry) : int(entry) + 1]
        else:
            found = [card for card in cards if entry and card.uuid.startswith(entry)]
        if len(found) != 1:
            break
        shown += found
    return shown


def _loaded(library):
    try:
        ctypes.CDLL(str(library), ctypes.RTLD_GLOBAL)
    except OSError:
        return False
    return True


def _folder(name) -> Path:
    spec = importlib.util.find_spec('nvidia')
    roots = spec.submodule_search_locations if spec else []
    return next((Path(r) / name / 'lib' for r in roots if (Path(r) / name).exists()), Path(name))


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _text(told):
    return told.decode() if isinstance(told, bytes) else told
