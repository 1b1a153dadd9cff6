"""The same work as GramTrick, Products, CnnDerivatives and BlockProducts through torch.func, on the same cores, in float32.

Prints the median and the minimum of each quantity in milliseconds: the gradient, a Hessian product (jvp of grad), 16 of them at once (vmap of jvp of grad), all
per-example gradients (vmap of grad in chunks of 250), and alpha, beta, mu, gamma through J and J J^T. Needs torch; see README for how the figures are compared.

Usage: python torch_func.py [fcn|cnn] [repetitions]

fcn   784-256-256-1 with ReLU, n = 1000
cnn   3 x 32 x 32 images, 3x3 convolutions to 16, 32 and 64 channels with ReLU, 2x2 max pooling after the first two and a global average after the last,
      a dense layer to 1, n = 500: `cnn:3x32x32-16-32-64-1`
"""

import statistics
import sys
import time

import torch
from torch import nn
from torch.func import functional_call, grad, jvp, vmap

CHUNK = 250
DIRECTIONS = 16


def fcn():
    layers = []
    for fan_in, fan_out in zip((784, 256, 256), (256, 256, 1)):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1]), torch.randn(1000, 784)


def cnn():
    layers = []
    for channels_in, channels_out in zip((3, 16, 32), (16, 32, 64)):
        layers += [nn.Conv2d(channels_in, channels_out, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    layers[-1] = nn.AdaptiveAvgPool2d(1)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64, 1)), torch.randn(500, 3, 32, 32)


def main(kind, repetitions):
    torch.manual_seed(1)
    model, x = {"fcn": fcn, "cnn": cnn}[kind]()
    n = len(x)
    theta = {name: value.detach() for name, value in model.named_parameters()}
    y = torch.randn(n)
    direction = {name: torch.randn_like(value) for name, value in theta.items()}
    directions = {name: torch.randn(DIRECTIONS, *value.shape) for name, value in theta.items()}

    def outputs(parameters, inputs):
        return functional_call(model, parameters, (inputs,)).squeeze(-1)

    def loss(parameters):
        return 0.5 * ((outputs(parameters, x) - y) ** 2).mean()

    def block():
        return vmap(lambda tangent: jvp(grad(loss), (theta,), (tangent,))[1])(directions)

    def jacobian():
        one = grad(lambda parameters, example: outputs(parameters, example.unsqueeze(0)).squeeze(0))
        rows = vmap(one, in_dims=(None, 0), chunk_size=CHUNK)(theta, x)
        return torch.cat([rows[name].reshape(n, -1) for name in theta], dim=1)

    def alignment():
        rows = jacobian()
        gram = rows @ rows.T
        residual = outputs(theta, x) - y
        risk = 0.5 * (residual**2).mean()
        s = gram @ residual
        fisher = (gram**2).sum() / n**2
        weighted = residual[:, None] * gram * residual[None, :]
        gradient = residual @ s / n**2
        second = (weighted**2).sum() / n**2
        noise = (second - 2 * ((residual * s) ** 2).sum() / n**3 + gradient**2).sqrt()
        trace = ((gram * residual[None, :]) ** 2).sum() / n**2 - (s**2).sum() / n**3
        chi = (gram**2).sum(1) / n
        return trace / (fisher.sqrt() * noise), noise / (2 * risk * fisher.sqrt()), trace / (2 * risk * fisher), chi.min() / fisher

    work = {
        "gradient": lambda: grad(loss)(theta),
        "Hessian product": lambda: jvp(grad(loss), (theta,), (direction,)),
        f"{DIRECTIONS} Hessian products": block,
        "per-example gradients": jacobian,
        "alpha, beta, mu, gamma": alignment,
    }
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {kind}, p = {sum(t.numel() for t in theta.values())}, n = {n}, median and minimum of {repetitions}")
    for name, function in work.items():
        function()
        times = []
        for _ in range(repetitions):
            start = time.perf_counter()
            function()
            times.append(1e3 * (time.perf_counter() - start))
        print(f"{name:24s} {statistics.median(times):10.1f} ms {min(times):10.1f} ms")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "fcn", int(sys.argv[2]) if len(sys.argv) > 2 else 7)
