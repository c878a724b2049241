"""(b) PyTorch eager as the book writes it; (c) the same in channels_last; and in bfloat16.

The book: Dive into Deep Learning, PyTorch edition: lazy convolutions, ReLU after each of them (stage 2
included), Xavier, SGD, four data workers, PyTorch's default threads. Its data set is torchvision's,
whose Resize and ToTensor are done here by the same calls of Pillow and PyTorch.
"""

import ast
import os

from ..driver import ROOT
from .clock import BATCH, SIZE, Clock
from .images import originals

WORKERS = 4  # d2l.get_dataloader_workers()


def measure(
    steps, warm_up, layout='contiguous_format', precision='float32', batch=BATCH, size=SIZE,
    sample='lecture',
):  # fmt: skip
    """Return images/s; `layout` is a memory format of PyTorch, `precision` one of its types."""
    torch = _torch()
    layout = getattr(torch, layout)
    net = network().to(memory_format=layout)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    loss = torch.nn.CrossEntropyLoss()
    mixed = torch.autocast('cpu', torch.bfloat16, enabled=precision == 'bfloat16')
    total, clock = [0.0, 0.0, 0], Clock(steps, warm_up, batch=batch)
    # the loop of the book's train_ch6, without its plot
    net.train()
    for X, y in loader(*originals(sample)[:2], batch, size):
        optimizer.zero_grad()
        X = X.to(memory_format=layout)
        with mixed:
            y_hat = net(X)
            batch_loss = loss(y_hat, y)
        batch_loss.backward()
        optimizer.step()
        with torch.no_grad():
            correct = float((y_hat.argmax(axis=1).type(y.dtype) == y).sum())
            total = [total[0] + float(batch_loss * len(y)), total[1] + correct, total[2] + len(y)]
        if clock.step():
            return {'images_per_s': clock.images_per_s()}


def count_parameters():
    """Return the number of values of all parameters."""
    return {'parameters': sum(weight.numel() for weight in network().parameters())}


def _torch():
    import d2l_ext  # noqa: F401  for the images

    os.environ.pop('OMP_NUM_THREADS', None)  # PyTorch's default threads
    import torch

    return torch


def network():
    """Build the book's GoogLeNet for one channel and ten classes, initialized by Xavier."""
    torch = _torch()
    from torch import nn
    from torch.nn import functional as F

    class Inception(nn.Module):
        def __init__(self, c1, c2, c3, c4):
            super().__init__()
            self.b1_1 = nn.LazyConv2d(c1, kernel_size=1)
            self.b2_1 = nn.LazyConv2d(c2[0], kernel_size=1)
            self.b2_2 = nn.LazyConv2d(c2[1], kernel_size=3, padding=1)
            self.b3_1 = nn.LazyConv2d(c3[0], kernel_size=1)
            self.b3_2 = nn.LazyConv2d(c3[1], kernel_size=5, padding=2)
            self.b4_1 = nn.MaxPool2d(kernel_size=3, stride=1, padding=1)
            self.b4_2 = nn.LazyConv2d(c4, kernel_size=1)

        def forward(self, x):
            b1 = F.relu(self.b1_1(x))
            b2 = F.relu(self.b2_2(F.relu(self.b2_1(x))))
            b3 = F.relu(self.b3_2(F.relu(self.b3_1(x))))
            b4 = F.relu(self.b4_2(self.b4_1(x)))
            return torch.cat((b1, b2, b3, b4), dim=1)

    def stage(name):
        return [
            Inception(c1, (r3, c3), (r5, c5), c4)
            for block, (c1, r3, c3, r5, c5, c4) in channels().items()
            if block.startswith(name)
        ]

    def pool():
        return nn.MaxPool2d(kernel_size=3, stride=2, padding=1)

    net = nn.Sequential(
        nn.Sequential(nn.LazyConv2d(64, kernel_size=7, stride=2, padding=3), nn.ReLU(), pool()),
        nn.Sequential(
            nn.LazyConv2d(64, kernel_size=1), nn.ReLU(),
            nn.LazyConv2d(192, kernel_size=3, padding=1), nn.ReLU(), pool(),
        ),
        nn.Sequential(*stage('3'), pool()),
        nn.Sequential(*stage('4'), pool()),
        nn.Sequential(*stage('5'), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten()),
        nn.LazyLinear(10),
    )  # fmt: skip
    net(torch.zeros(1, 1, SIZE, SIZE))

    def init_weights(module):
        if type(module) in (nn.Linear, nn.Conv2d):
            nn.init.xavier_uniform_(module.weight)

    return net.apply(init_weights)


def channels() -> dict:
    """Return the course's table GOOGLENET, read and not imported: MXNet stays out of this process."""
    tree = ast.parse((ROOT / 'd2l_ext/networks/googlenet.py').read_text(encoding='utf-8'))
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets[0].id == 'GOOGLENET':
            return ast.literal_eval(node.value)
    raise LookupError('d2l_ext/networks/googlenet.py has no table GOOGLENET')


def loader(images, labels, batch, size):
    """Return the book's DataLoader over the images, resized and scaled one by one."""
    torch = _torch()
    import numpy as np
    from PIL import Image

    class Resized(torch.utils.data.Dataset):
        def __len__(self):
            return len(images)

        def __getitem__(self, index):
            image = Image.fromarray(images[index]).resize((size, size), Image.BILINEAR)
            X = torch.from_numpy(np.array(image, copy=True))[None].to(torch.float32).div(255)
            return X, int(labels[index])

    return torch.utils.data.DataLoader(Resized(), batch, shuffle=True, num_workers=WORKERS)
