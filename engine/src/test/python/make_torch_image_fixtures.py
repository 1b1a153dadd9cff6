#!/usr/bin/env python3
"""Writes engine/src/test/resources/torch/images: networks of images as PyTorch exports them, and what PyTorch computes for them.

    python3 engine/src/test/python/make_torch_image_fixtures.py [FOLDER [NETWORK...]]

Needs torch, onnx, onnxscript, onnxruntime and numpy; made with torch 2.13, onnx 1.23, onnxscript 0.7, onnxruntime 1.30. Weights and data are seeded by the network's name. Every weight is
representable in float32, so that all variants of a network have the same theta. Data are drawn again until float32 gives the same gradient to 1e-4: then
no ReLU and no maximum is decided by rounding.

FOLDER/NETWORK.npz            figures of a network, computed in float64; letters as below
FOLDER/NETWORK--VARIANT.onnx  the same network as one exporter wrote it
FOLDER/parameters.tsv         file, initialiser, shape, frozen or trainable: a row each, in theta's order
FOLDER/operators.tsv          file, opset, operators in it

n examples, K outputs, p parameters. Square loss L = mean_i ½‖f_i − y_i‖². theta is in the ONNX file. Directions are not stored:

    w(i) = ((i · 2654435761) mod 2³²)/2³¹ − 1,   v_i = w(i + 1), i < p,   u_j = w(j + 1000001), j < n·K

x (n, ...) float32   y (n, K) float32   outputs (n, K)   loss ()   jacobianV = J v (n, K)   gram = J Jᵀ (n·K, n·K)   chi (n)
gradient, jacobianTransposeU = Jᵀu, hessianV = H v, gaussNewtonV = G v, noiseCovarianceV = Σ v: of length p, of which every `stride`-th entry is stored,
from the first on; NAMESums (3) = norm, product with v, sum of all entries; of theta only thetaSums
alpha beta mu mu1 mu2 gamma gammaLambda gradientNorm fisherTrace fisherFrobenius noiseTrace noiseFrobenius noiseTraceWithFisher
                              G = JᵀJ/n, Σ = Σ₁ − ∇L∇Lᵀ, Σ₁ = mean_i ∇L_i∇L_iᵀ, by their Gram matrices: ‖AᵀA‖_F = ‖AAᵀ‖_F
"""
import math
import sys
import zlib
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnx.reference import ReferenceEvaluator
from torch import nn
from torch.func import functional_call, jvp, vjp
from torch.nn import functional as F

from torch_fixtures import export, layout

# Parameters up to which a stride is taken.
STRIDES = {100: 1, 2000: 7, 30000: 97, 1000000: 997}


def cnn(activation, pool, outputs):
    """Three convolutions, a pooling, and the mean over positions."""
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), activation(), pool(2), nn.Conv2d(4, 5, 3, padding=1), activation(), nn.Conv2d(5, 6, 3, stride=2, padding=1),
        activation(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, outputs))


def vgg11(divisor):
    """VGG-11 for images of 32 x 32, narrower, with one dense layer behind the convolutions."""
    layers, channels = [], 3
    for width in (64, "pool", 128, "pool", 256, 256, "pool", 512, 512, "pool", 512, 512, "pool"):
        if width == "pool":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(channels, width // divisor, 3, padding=1), nn.ReLU()]
            channels = width // divisor
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels, 10))


class FixupBlock(nn.Module):
    def __init__(self, inputs, channels):
        super().__init__()
        stride = 1 if inputs == channels else 2
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bias1a, self.bias1b, self.bias2a, self.bias2b = (nn.Parameter(torch.zeros(1)) for _ in range(4))
        self.scale = nn.Parameter(torch.ones(1))
        self.stride = stride

    def forward(self, x):
        shortcut = x
        if self.stride > 1:
            shortcut = F.avg_pool2d(x + self.bias1a, 1, 2)
            shortcut = torch.cat((shortcut, torch.zeros_like(shortcut)), 1)
        h = torch.relu(self.conv1(x + self.bias1a) + self.bias1b)
        return torch.relu(self.conv2(h + self.bias2a) * self.scale + self.bias2b + shortcut)


class FixupResNet20(nn.Module):
    """Three stages of three blocks without normalisation (Zhang, Dauphin & Ma 2019), a quarter as wide."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, 1, 1, bias=False)
        self.bias1, self.bias2 = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
        self.blocks = nn.Sequential(*(FixupBlock(a, b) for a, b in ((4, 4), (4, 4), (4, 4), (4, 8), (8, 8), (8, 8), (8, 16), (16, 16), (16, 16))))
        self.fc = nn.Linear(16, 10)

    def forward(self, x):
        x = self.blocks(torch.relu(self.conv1(x) + self.bias1))
        return self.fc(x.mean((2, 3)) + self.bias2)


class ResNet(nn.Module):
    """Two residual blocks with batch normalisation, the second behind a shortcut of 1 x 1."""

    def __init__(self):
        super().__init__()
        conv, norm = (lambda *a, **k: nn.Conv2d(*a, bias=False, **k)), nn.BatchNorm2d
        self.stem = nn.Sequential(conv(2, 4, 3, padding=1), norm(4), nn.ReLU())
        self.a = nn.Sequential(conv(4, 4, 3, padding=1), norm(4), nn.ReLU(), conv(4, 4, 3, padding=1), norm(4))
        self.b = nn.Sequential(conv(4, 6, 3, stride=2, padding=1), norm(6), nn.ReLU(), conv(6, 6, 3, padding=1), norm(6))
        self.shortcut = nn.Sequential(conv(4, 6, 1, stride=2), norm(6))
        self.pool, self.fc, self.last = nn.AdaptiveAvgPool2d(1), nn.Linear(6, 5), nn.BatchNorm1d(5)

    def forward(self, x):
        x = self.stem(x)
        x = torch.relu(x + self.a(x))
        x = torch.relu(self.shortcut(x) + self.b(x))
        return self.last(self.fc(torch.flatten(self.pool(x), 1)))


class Convolutions(nn.Module):
    """Strides, uneven padding on either side, negative padding, dilation, groups, even windows that keep the size, and one axis."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(2, 1))
        self.groups = nn.Conv2d(4, 6, 3, dilation=(1, 2), padding=(1, 2), groups=2)
        self.same = nn.Conv2d(6, 3, (2, 4), padding="same")
        self.line = nn.Conv1d(3, 2, 3, stride=2, padding=1)
        self.fc = nn.Linear(46, 2)

    def forward(self, x):
        x = F.softplus(self.first(F.pad(x, (1, 2, 0, 1))))
        x = torch.tanh(self.groups(F.pad(x, (-1, 0, 1, -1))))
        x = F.silu(self.same(x))
        return self.fc(torch.flatten(self.line(torch.flatten(x, 2)), 1))


def hard_sigmoid(x):
    """PyTorch's own has no second derivative."""
    return F.hardsigmoid(x) if torch.onnx.is_in_onnx_export() else F.hardtanh(x / 6 + 0.5, 0, 1)


class Mobile(nn.Module):
    """Depthwise convolutions, ReLU6, hard swish and hard sigmoid, squeeze and excitation, layer normalisation over channels and over everything."""

    def __init__(self):
        super().__init__()
        self.expand, self.depth, self.project = nn.Conv2d(3, 6, 1), nn.Conv2d(6, 6, 3, 2, 1, groups=6), nn.Conv2d(6, 4, 1)
        self.squeeze, self.excite = nn.Conv2d(6, 2, 1), nn.Conv2d(2, 6, 1)
        self.channels, self.all, self.fc = nn.LayerNorm(4), nn.LayerNorm([4, 3, 4]), nn.Linear(48, 3)

    def forward(self, x):
        x = F.hardswish(self.depth(F.relu6(4 * self.expand(x))))
        x = x * hard_sigmoid(self.excite(F.relu(self.squeeze(F.adaptive_avg_pool2d(x, 1)))))
        x = self.channels(self.project(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return self.fc(torch.flatten(self.all(F.hardtanh(x, -1.5, 1.25)), 1))


class TiedConvolutions(nn.Module):
    """One convolution twice, and its weights once more with channels in and out exchanged."""

    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 3, 3, padding=1), nn.Linear(3, 2)

    def forward(self, x):
        x = torch.tanh(self.conv(torch.tanh(self.conv(x))))
        return self.fc(F.conv2d(x, self.conv.weight.transpose(0, 1)).mean((2, 3)))


class Pools(nn.Module):
    """Poolings of every kind side by side."""

    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(2, 3, 3, padding=1), nn.Linear(3 * (16 + 16 + 4 + 6 + 1), 2)

    def forward(self, x):
        x = torch.tanh(self.conv(x))
        y = (F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=True), F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False),
             F.max_pool2d(x, 3, 3, 1, dilation=2, ceil_mode=True), F.adaptive_avg_pool2d(x, (3, 2)), F.adaptive_max_pool2d(x, 1))
        return self.fc(torch.cat([torch.flatten(a, 1) for a in y], 1).square())


class Parts(nn.Module):
    """Channels split, gated, shuffled, subsampled and put together again; group, instance and root-mean-square normalisation; quotients and powers."""

    def __init__(self):
        super().__init__()
        self.conv, self.group, self.instance = nn.Conv2d(2, 8, 3), nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, affine=True)
        self.gain, self.fc = nn.Parameter(torch.ones(4)), nn.Linear(36, 2)

    def forward(self, x):
        a, b = self.conv(x).chunk(2, 1)
        x = self.group(a * torch.sigmoid(b))
        x = x.view(x.size(0), 2, 2, x.size(2), x.size(3)).transpose(1, 2).reshape(x.shape)
        x = torch.cat((x[:, :1] * 0, x[:, ::2], self.instance(x)[:, 1:3], x[:, -1:] * self.gain[0]), 1)
        x = x * self.gain[:1] / torch.sqrt(x.square().mean(1, keepdim=True) + 0.5) + torch.exp(-x.abs()) * torch.log(1.5 + x * x)
        x = torch.maximum(x, 0.5 * x[:, :1]) + (1 + x * x) ** -0.5
        return self.fc(torch.flatten(x[:, :, ::2, 1:-1], 1)[:, 4:40])


# name → (model by form, input shape, n, variants)
NETWORKS = {
    "cnn-relu": (lambda f: cnn(nn.ReLU, nn.MaxPool2d, 1), (2, 8, 8), 6, [
        "script-13-f32", "script-20-f64-raw", "dynamo-18-f32", "dynamo-25-f64", "dynamo-20-f32-raw"]),
    "cnn-gelu": (lambda f: cnn(nn.GELU, nn.AvgPool2d, 3), (2, 8, 8), 5, ["script-13-f32", "script-23-f64", "dynamo-18-f64", "dynamo-20-f32-raw"]),
    "vgg11-8": (lambda f: vgg11(8), (3, 32, 32), 4, ["dynamo-20-f32"]),
    "vgg11-32": (lambda f: vgg11(32), (3, 32, 32), 4, ["script-13-f32"]),
    "fixup-resnet20": (lambda f: FixupResNet20(), (3, 16, 16), 4, ["script-13-f32-raw", "dynamo-20-f32"]),
    "resnet-bn": (lambda f: ResNet(), (2, 6, 6), 5, ["script-13-f32-raw", "script-17-f64-raw", "dynamo-20-f32-raw", "dynamo-25-f64-raw"]),
    "convolutions": (lambda f: Convolutions(), (2, 7, 6), 5, [
        "script-13-f32", "script-17-f32-raw", "dynamo-18-f32", "dynamo-24-f32-raw", "script-20-f32-raw-fixed"]),
    "mobile": (lambda f: Mobile(), (3, 6, 8), 5, ["script-13-f32", "script-17-f64", "dynamo-20-f32", "dynamo-23-f64-raw"]),
    "tied-convolutions": (lambda f: TiedConvolutions(), (3, 6, 5), 5, ["script-13-f32-raw", "dynamo-20-f64-raw"]),
    "pools": (lambda f: Pools(), (2, 6, 6), 5, ["script-13-f32", "script-19-f64-raw", "dynamo-18-f64", "dynamo-22-f32-raw"]),
    "parts": (lambda f: Parts(), (2, 7, 8), 5, ["script-13-f32-raw", "dynamo-18-f32-raw", "dynamo-25-f64-raw"]),
}


def randomise(model):
    """Nothing is 0 or 1: activations keep their size from layer to layer, residual branches add a third."""
    for name, w in [*model.named_parameters(), *model.named_buffers()]:
        with torch.no_grad():
            if name.endswith("running_var"):
                w.copy_(0.5 + torch.rand(w.shape))
            elif w.is_floating_point() and w.dim() > 1:
                w.copy_(torch.randn(w.shape) * math.sqrt(2 / w[0].numel()) * (0.3 if name.endswith("conv2.weight") else 1))
            elif w.is_floating_point():
                w.copy_((1 if name.endswith(("weight", "scale", "gain")) else 0) + 0.2 * torch.randn(w.shape))


def direction(count, start):
    return torch.tensor([(i * 2654435761 % 2**32) / 2**31 - 1 for i in range(start, start + count)], dtype=torch.float64)


class Flat:
    """A model as a function of theta, in the precision of theta."""

    def __init__(self, model, entries, sources):
        self.model, self.entries, self.sources = model, entries, sources
        weights = dict([*model.named_parameters(), *model.named_buffers()])
        self.initial = {name: weights[k].detach().T if turned else weights[k].detach() for k, (name, turned) in sources.items()}
        self.theta = torch.cat([self.initial[name].reshape(-1) for name, _, trainable in entries if trainable])

    def __call__(self, theta, x):
        values, offset = {k: w.to(theta.dtype) for k, w in self.initial.items()}, 0
        for name, shape, trainable in self.entries:
            if trainable:
                size = math.prod(shape)
                values[name] = theta[offset:offset + size].reshape(shape)
                offset += size
        call = {k: (values[name].T if turned else values[name]) for k, (name, turned) in self.sources.items()}
        return functional_call(self.model, call, (x,)).reshape(x.shape[0], -1)

    def gradient(self, theta, x, y):
        return torch.func.grad(lambda t: 0.5 * (self(t, x) - y).square().sum() / x.shape[0])(theta)


def data(flat, shape, n, generator):
    """Examples at which float32 computes the gradient of float64."""
    for _ in range(100):
        x = torch.randn(n, *shape, generator=generator)
        k = flat(flat.theta, x.double()).shape[1]
        y = torch.randn(n, k, generator=generator)
        exact, single = flat.gradient(flat.theta, x.double(), y.double()), flat.gradient(flat.theta.float(), x, y).double()
        if (exact - single).abs().max() <= 1e-4 * exact.abs().max():
            return x, y
    raise SystemExit("no data without a kink nearby")


def figures(flat, x, y):
    theta, n = flat.theta, x.shape[0]
    f, pull = vjp(lambda t: flat(t, x), theta)
    k, p, r = f.shape[1], theta.numel(), f - y
    u, v = direction(n * k, 1000001).reshape(n, k), direction(p, 1)
    jacobian = torch.stack([pull(e.reshape(n, k))[0] for e in torch.eye(n * k, dtype=torch.float64)])
    gradient = flat.gradient(theta, x, y)
    each = torch.einsum("ik,ikp->ip", r, jacobian.reshape(n, k, p))
    centred = each - gradient
    value = 0.5 * r.square().sum().item() / n
    norm = torch.linalg.norm
    gram = jacobian @ jacobian.T
    fisher, noise = norm(gram) / n, norm(centred @ centred.T) / n
    fisher_noise, fisher_first = (jacobian @ centred.T).square().sum() / n**2, (jacobian @ each.T).square().sum() / n**2
    fisher_mean = (jacobian @ gradient).square().sum() / n
    rows = gram.reshape(n, k, n * k)
    chi = rows.square().sum((1, 2)) / n
    scale = 2 * value * fisher**2
    long = {
        "theta": theta, "gradient": gradient, "jacobianTransposeU": pull(u)[0], "hessianV": torch.func.grad(lambda t: flat.gradient(t, x, y) @ v)(theta),
        "gaussNewtonV": jacobian.T @ (jacobian @ v) / n, "noiseCovarianceV": centred.T @ (centred @ v) / n}
    stride = next(stride for most, stride in STRIDES.items() if p <= most)
    out = {
        "outputs": f, "loss": value, "jacobianV": jvp(lambda t: flat(t, x), (theta,), (v,))[1], "gram": gram, "chi": chi, "stride": stride,
        "alpha": fisher_noise / (fisher * noise), "beta": noise / (2 * value * fisher), "mu": fisher_noise / scale, "mu1": fisher_first / scale,
        "mu2": fisher_mean / scale, "gamma": chi.min() / chi.mean(),
        "gammaLambda": torch.linalg.eigvalsh(rows @ rows.transpose(1, 2) / n).min() / chi.mean(), "gradientNorm": norm(gradient),
        "fisherTrace": torch.trace(gram) / n, "fisherFrobenius": fisher, "noiseTrace": centred.square().sum() / n, "noiseFrobenius": noise,
        "noiseTraceWithFisher": fisher_noise}
    for name, w in long.items():
        if name != "theta":
            out[name] = w[::stride]
        out[name + "Sums"] = torch.stack([norm(w), w @ v, w.sum()])
    return {key: np.asarray(w.detach().numpy() if torch.is_tensor(w) else w, dtype=np.float64) for key, w in out.items()}


def evaluated(path, inputs, double):
    """By onnxruntime, or in float64, for which it has no convolution, by onnx."""
    if double:
        return ReferenceEvaluator(str(path)).run(None, {"x": inputs.astype(np.float64)})[0]
    return onnxruntime.InferenceSession(str(path)).run(None, {"x": inputs})[0]


def main(folder, only):
    folder.mkdir(parents=True, exist_ok=True)
    rows = {"parameters.tsv": [], "operators.tsv": []}
    for title, kept in rows.items():
        path = folder / title
        kept += [line.split("\t") for line in path.read_text().splitlines() if only and line.split("--")[0] not in only] if path.exists() else []
    for name, (build, shape, n, variants) in NETWORKS.items():
        if only and name not in only:
            continue
        for old in [*folder.glob(f"{name}--*.onnx"), *folder.glob(f"{name}.npz")]:
            old.unlink()
        seed = zlib.crc32(name.encode())
        expected = None
        for variant in variants:
            torch.manual_seed(seed)
            model = build(variant.partition(":")[2]).eval()
            randomise(model)
            file = f"{name}--{variant.replace(':', '-')}.onnx"
            written = export(model, shape, variant, str(folder / file))
            model = model.double()
            entries, sources = layout(written, model)
            flat = Flat(model, entries, sources)
            if expected is None:
                x, y = data(flat, shape, n, torch.Generator().manual_seed(seed))
                theta, expected = flat.theta, figures(flat, x.double(), y.double())
                np.savez_compressed(folder / f"{name}.npz", x=x.numpy(), y=y.numpy(), **expected)
            elif not torch.equal(theta, flat.theta):
                raise SystemExit(f"{file}: theta differs from {name}.npz")
            rows["parameters.tsv"] += [[file, e, "x".join(map(str, extent)) or "scalar", "trainable" if t else "frozen"] for e, extent, t in entries]
            operators = " ".join(sorted({node.op_type for node in written.graph.node}))
            rows["operators.tsv"].append([file, str(next(o.version for o in written.opset_import if not o.domain)), operators])
            double = "f64" in variant
            inputs = x[:3] if "fixed" in variant else x
            seen = evaluated(folder / file, inputs.numpy(), double)
            error = np.abs(seen.reshape(inputs.shape[0], -1) - expected["outputs"][:inputs.shape[0]]).max() / np.abs(expected["outputs"]).max()
            if not error <= (1e-7 if double else 1e-5):
                raise SystemExit(f"{file}: the file computes something else than the model (outputs differ by {error})")
            print(f"{file:48} p={theta.numel():6} alpha={float(expected['alpha']):.4f} mu={float(expected['mu']):.4f} outputs within {error:.1e}  {operators}",
                  flush=True)
    for title, kept in rows.items():
        (folder / title).write_text("".join("\t".join(row) + "\n" for row in kept))
    print(f"{sum(f.stat().st_size for f in folder.iterdir()):,} bytes in {len(list(folder.iterdir()))} files")


if __name__ == "__main__":
    default = Path(__file__).resolve().parent.parent / "resources" / "torch" / "images"
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else default, sys.argv[2:])
