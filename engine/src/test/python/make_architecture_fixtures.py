#!/usr/bin/env python3
"""Writes engine/src/test/resources/architectures: what PyTorch computes for models that are built as the built-in networks of images are defined.

    python3 engine/src/test/python/make_architecture_fixtures.py [FOLDER]

Needs torch and numpy; made with torch 2.13. Prints numbers of parameters of larger models.

FOLDER/parameters.tsv  file, built-in network, parameter, shape: a row each, in the order of parameters()
FOLDER/FILE.npz        x (n, C, H, W)  y (n, K)  theta (p)  v (p)  outputs (n, K), and of L = mean_i ½‖f_i − y_i‖²: gradient (p), hessianV = ∇²L v (p);
                       float64. theta is no initialisation: no entry is 0 or 1 on purpose.
"""
import math
import sys
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.func import functional_call, grad, jvp
from torch.nn.functional import avg_pool2d, pad

CONFIGURATIONS = {
    11: "64 M 128 M 256 256 M 512 512 M 512 512 M",
    13: "64 64 M 128 128 M 256 256 M 512 512 M 512 512 M",
    16: "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M",
    19: "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512 M",
}


class Cnn(nn.Module):
    def __init__(self, channels, hidden, outputs, activation):
        super().__init__()
        self.activation = activation
        self.convolutions = len(hidden)
        for i, (a, b) in enumerate(zip([channels, *hidden], hidden)):
            self.add_module(str(i + 1), nn.Conv2d(a, b, 3, padding=1))
        self.add_module(str(len(hidden) + 1), nn.Linear(hidden[-1], outputs))

    def forward(self, x):
        for i in range(1, self.convolutions + 1):
            x = self.activation(self.get_submodule(str(i))(x))
            x = nn.functional.max_pool2d(x, 2) if i < self.convolutions else x.mean((2, 3))
        return self.get_submodule(str(self.convolutions + 1))(x)


class Vgg(nn.Module):
    def __init__(self, depth, width=1.0, outputs=1, shape=(3, 32, 32), activation=nn.ReLU):
        super().__init__()
        layers, channels = [], shape[0]
        for word in CONFIGURATIONS[depth].split():
            if word == "M":
                layers.append(nn.MaxPool2d(2))
            else:
                out = max(1, math.floor(int(word) * width + 0.5))
                layers += [nn.Conv2d(channels, out, 3, padding=1), activation()]
                channels = out
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(channels * (shape[1] // 32) * (shape[2] // 32), outputs)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def scalar(value):
    return nn.Parameter(torch.full((1,), value))


class FixupBlock(nn.Module):
    """Attributes are created in the order of the authors' code (github.com/hongyi-zhang/Fixup, cifar/models/fixup_resnet_cifar.py)."""

    def __init__(self, channels, out, stride, activation):
        super().__init__()
        self.stride = stride
        self.activation = activation
        self.bias1a = scalar(0.0)
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bias1b = scalar(0.0)
        self.bias2a = scalar(0.0)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.scale = scalar(1.0)
        self.bias2b = scalar(0.0)

    def forward(self, x):
        h = self.activation(self.conv1(x + self.bias1a) + self.bias1b)
        h = self.conv2(h + self.bias2a) * self.scale + self.bias2b
        if self.stride > 1:
            x = avg_pool2d(x + self.bias1a, 1, self.stride)
            x = pad(x, (0, 0, 0, 0, 0, x.shape[1]))
        return self.activation(h + x)


class FixupResNet(nn.Module):
    def __init__(self, depth, width=1.0, outputs=1, shape=(3, 32, 32), activation=nn.ReLU):
        super().__init__()
        channels = max(1, math.floor(16 * width + 0.5))
        self.activation = activation()
        self.conv1 = nn.Conv2d(shape[0], channels, 3, padding=1, bias=False)
        self.bias1 = scalar(0.0)
        for stage in (1, 2, 3):
            blocks = []
            for b in range((depth - 2) // 6):
                halves = stage > 1 and b == 0
                out = 2 * channels if halves else channels
                blocks.append(FixupBlock(channels, out, 2 if halves else 1, self.activation))
                channels = out
            self.add_module(f"layer{stage}", nn.Sequential(*blocks))
        self.bias2 = scalar(0.0)
        self.fc = nn.Linear(channels, outputs)

    def forward(self, x):
        x = self.activation(self.conv1(x) + self.bias1)
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)) + self.bias2)


# file, built-in network, model, input, examples
NETWORKS = [
    ("cnn-relu", "cnn:2x8x4-3-5-4-2", Cnn(2, [3, 5, 4], 2, nn.ReLU()), (2, 8, 4), 3),
    ("cnn-gelu", "cnn:1x3x5-2-3:gelu", Cnn(1, [2], 3, nn.GELU()), (1, 3, 5), 3),
    ("vgg11", "vgg11:outputs=2,width=0.006,input=2x32x64", Vgg(11, 0.006, 2, (2, 32, 64)), (2, 32, 64), 1),
    ("vgg13", "vgg13:width=0.009", Vgg(13, 0.009), (3, 32, 32), 2),
    ("vgg16", "vgg16:input=1x64x32,width=0.006,activation=tanh", Vgg(16, 0.006, 1, (1, 64, 32), nn.Tanh), (1, 64, 32), 1),
    ("vgg19", "vgg19:activation=elu,outputs=3,width=0.006", Vgg(19, 0.006, 3, activation=nn.ELU), (3, 32, 32), 1),
    ("resnet20", "resnet20:width=0.07,outputs=3,input=2x9x6", FixupResNet(20, 0.07, 3, (2, 9, 6)), (2, 9, 6), 3),
    ("resnet32", "resnet32:input=3x8x7,width=0.09,activation=silu", FixupResNet(32, 0.09, 1, (3, 8, 7), nn.SiLU), (3, 8, 7), 2),
]


def randomise(model, generator):
    """He's law for weights, N(1, 0.2²) for multipliers and N(0, 0.2²) for biases, to the nearest 1/1024: files compress better."""
    with torch.no_grad():
        for name, w in model.named_parameters():
            mean = 1 if name.endswith("scale") else 0
            deviation = (2 / w[0].numel()) ** 0.5 if w.dim() > 1 else 0.2
            w.copy_(torch.round((mean + deviation * torch.randn(w.shape, generator=generator)) * 1024) / 1024)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for file, text, model, shape, n in NETWORKS:
        generator = torch.Generator().manual_seed(zlib.crc32(file.encode()))
        randomise(model, generator)
        model = model.double()
        x = torch.randint(-16, 17, (n, *shape), generator=generator).double() / 8
        weights = {name: w.detach() for name, w in model.named_parameters()}
        outputs = model(x).detach()
        y = torch.randint(-16, 17, outputs.shape, generator=generator).double() / 8
        v = {name: torch.randint(-16, 17, w.shape, generator=generator).double() / 8 for name, w in weights.items()}

        def loss(weights):
            return 0.5 * (functional_call(model, weights, (x,)) - y).square().sum() / n

        gradient, product = jvp(grad(loss), (weights,), (v,))
        vectors = {"theta": weights, "v": v, "gradient": gradient, "hessianV": product}
        np.savez_compressed(folder / f"{file}.npz", x=x.numpy(), y=y.numpy(), outputs=outputs.numpy(),
                            **{key: torch.cat([vector[name].reshape(-1) for name in weights]).numpy() for key, vector in vectors.items()})
        rows += [[file, text, name, "x".join(map(str, w.shape))] for name, w in model.named_parameters()]
    (folder / "parameters.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    for name, model in [("cnn:3x32x32-16-32-64-1", Cnn(3, [16, 32, 64], 1, nn.ReLU())), ("vgg11", Vgg(11)), *((f"vgg{d}:width=0.25", Vgg(d, 0.25)) for d in CONFIGURATIONS),
                        ("vgg11:width=0.125,outputs=10", Vgg(11, 0.125, 10)), *((f"resnet{d}", FixupResNet(d)) for d in (20, 32, 44, 56, 110)),
                        ("resnet110:outputs=10", FixupResNet(110, 1, 10))]:
        print(name, sum(w.numel() for w in model.parameters()))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1] / "resources" / "architectures")
