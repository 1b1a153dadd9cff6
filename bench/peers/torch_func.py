"""The same work as GramTrick, Products, CnnDerivatives and BlockProducts through torch.func, in float32 (products of matrices too: TF32 is off), on the same cores or GPU.

Prints the median and the minimum of each quantity in milliseconds: the gradient, a Hessian product (jvp of grad), 16 of them at once (vmap of jvp of grad), all
per-example gradients (vmap of grad in chunks of 250), and alpha, beta, mu, gamma through J and J J^T. Needs torch; see README for how the figures are compared.

Usage: python torch_func.py [fcn|cnn|vgg11] [repetitions] [cpu|cuda] [examples]

fcn   784-256-256-1 with ReLU, n = 1000
cnn   3 x 32 x 32 images, 3x3 convolutions to 16, 32 and 64 channels with ReLU, 2x2 max pooling after the first two and a global average after the last,
      a dense layer to 1, n = 500: `cnn:3x32x32-16-32-64-1`
vgg11 that network on 3 x 32 x 32 images with one output, n = 256
"""

import statistics
import sys
import time

import torch
from torch import nn
from torch.func import functional_call, grad, jvp, vmap

CHUNK = 250
DIRECTIONS = 16


def fcn(n=1000):
    layers = []
    for fan_in, fan_out in zip((784, 256, 256), (256, 256, 1)):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1]), torch.randn(n, 784)


def cnn(n=500):
    layers = []
    for channels_in, channels_out in zip((3, 16, 32), (16, 32, 64)):
        layers += [nn.Conv2d(channels_in, channels_out, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    layers[-1] = nn.AdaptiveAvgPool2d(1)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64, 1)), torch.randn(n, 3, 32, 32)


def vgg11(n=256):
    layers, channels_in = [], 3
    for stage in ((64,), (128,), (256, 256), (512, 512), (512, 512)):
        for channels in stage:
            layers += [nn.Conv2d(channels_in, channels, 3, padding=1), nn.ReLU()]
            channels_in = channels
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512, 1)), torch.randn(n, 3, 32, 32)


def main(kind, repetitions, device, *examples):
    torch.manual_seed(1)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    model, x = {"fcn": fcn, "cnn": cnn, "vgg11": vgg11}[kind](*examples)
    model, x = model.to(device), x.to(device)
    n = len(x)
    theta = {name: value.detach() for name, value in model.named_parameters()}
    y = torch.randn(n, device=device)
    direction = {name: torch.randn_like(value) for name, value in theta.items()}
    directions = {name: torch.randn(DIRECTIONS, *value.shape, device=device) for name, value in theta.items()}

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
    where = torch.cuda.get_device_name() if device == "cuda" else f"{torch.get_num_threads()} threads"
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    print(f"torch {torch.__version__}, {where}, {kind}, p = {sum(t.numel() for t in theta.values())}, n = {n}, median and minimum of {repetitions}")
    for name, function in work.items():
        try:
            function()
        except torch.OutOfMemoryError as failure:
            print(f"{name:24s} out of memory: {str(failure).splitlines()[0]}")
            continue
        wait()
        times = []
        for _ in range(repetitions):
            start = time.perf_counter()
            function()
            wait()
            times.append(1e3 * (time.perf_counter() - start))
        print(f"{name:24s} {statistics.median(times):10.1f} ms {min(times):10.1f} ms")


if __name__ == "__main__":
    arguments = sys.argv[1:] + ["fcn", "7", "cpu"][len(sys.argv) - 1 :]
    main(arguments[0], int(arguments[1]), arguments[2], *map(int, arguments[3:]))
