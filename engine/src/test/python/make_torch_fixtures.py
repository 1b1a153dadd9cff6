#!/usr/bin/env python3
"""Writes the ONNX files and reference figures of engine/src/test/resources/torch: networks as PyTorch exports them, and what PyTorch computes for them.

    python3 engine/src/test/python/make_torch_fixtures.py [FOLDER]

Needs torch, onnx, onnxscript and numpy; made with torch 2.13, onnx 1.23, onnxscript 0.7. Weights, data and directions are seeded by the network's name.

FOLDER/NETWORK.npz          figures of a network, all float64, computed with dense matrices; letters as below
FOLDER/NETWORK--VARIANT.onnx  the same network as one exporter wrote it (float32 or float64 weights; every weight is representable in float32
                            unless the network is in DOUBLE_ONLY, so that all variants have the same theta)
FOLDER/parameters.tsv       file, initialiser, shape, frozen or trainable: a row each, in theta's order
FOLDER/operators.tsv        file, opset, operators in it

n examples, K outputs, p parameters. Square loss L = mean_i ½‖f_i − y_i‖².
x (n, ...)  y (n, K)  theta (p)  v (p)  u (n, K)
outputs, residuals (n, K)  loss ()  gradient (p)
jacobian (n·K, p), row i·K + k = ∇_θ f_k(x_i)            gram = J Jᵀ (n·K, n·K)     hessian (p, p) where p ≤ 64
jacobianV = J v (n, K)     jacobianTransposeU = Jᵀ u (p)  hessianV, gaussNewtonV = G v, noiseCovarianceV = Σ v (p)
alpha beta mu mu1 mu2 gamma gammaLambda chi (n)  gradientNorm
fisherTrace fisherFrobenius fisherTopEigenvalue           G = JᵀJ/n
noiseTrace noiseFrobenius noiseTraceWithFisher            Σ = Σ₁ − ∇L∇Lᵀ, Σ₁ = mean_i ∇L_i∇L_iᵀ
"""
import math
import sys
import zlib
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx.reference import ReferenceEvaluator
from torch import nn
from torch.func import functional_call, hessian, jacrev, jvp, vjp

from torch_fixtures import export, layout

LARGEST_HESSIAN = 64


class Diagonal(nn.Module):
    """x · (u∘u − v∘v) for the ways in which it is written."""

    def __init__(self, width, form):
        super().__init__()
        self.u = nn.Parameter(torch.randn(width))
        self.v = nn.Parameter(torch.randn(width))
        self.form = form

    def forward(self, x):
        u, v = self.u, self.v
        match self.form:
            case "product":
                return ((u * u - v * v) * x).sum(-1, keepdim=True)
            case "power":
                return x @ (u**2 - v**2)
            case "column":
                return x @ (u.pow(2) - v.pow(2)).unsqueeze(1)
            case "layers":
                return ((x * u) * u - (x * v) * v).sum(1)


class DiagonalTied(nn.Module):
    """x · (u∘u)."""

    def __init__(self, width):
        super().__init__()
        self.u = nn.Parameter(torch.randn(width))

    def forward(self, x):
        return (x * (self.u * self.u)).sum(-1, keepdim=True)


class Vector(nn.Module):
    """x · w: what is left of a diagonal network whose expression of parameters was folded."""

    def __init__(self, w):
        super().__init__()
        self.w = nn.Parameter(w)

    def forward(self, x):
        return x @ self.w


class RandomFeatures(nn.Module):
    """a · relu(W x) / √m with W fixed: a parameter that takes no gradient, or a buffer."""

    def __init__(self, width, features, buffer):
        super().__init__()
        w = torch.randn(width, features)
        if buffer:
            self.register_buffer("w", w)
        else:
            self.w = nn.Parameter(w, requires_grad=False)
        self.a = nn.Parameter(torch.randn(features))

    def forward(self, x):
        return torch.relu(x @ self.w) / math.sqrt(self.w.shape[1]) @ self.a


class Fixup(nn.Module):
    """Residual blocks with scalar biases and a scalar multiplier, dense."""

    def __init__(self, width, outputs, zero):
        super().__init__()
        self.first = nn.Linear(width, width, bias=False)
        self.second = nn.Linear(width, width, bias=False)
        self.out = nn.Linear(width, outputs)
        value = (lambda shape: torch.zeros(shape)) if zero else (lambda shape: 0.3 * torch.randn(shape))
        self.bias1 = nn.Parameter(value((1,)))
        self.bias2 = nn.Parameter(value((1,)))
        self.bias3 = nn.Parameter(value(()))
        self.scale = nn.Parameter(torch.tensor([1.25]))

    def forward(self, x):
        h = torch.tanh(self.first(x + self.bias1) + self.bias2)
        h = self.second(h) * self.scale + self.bias3
        return self.out(torch.relu(x + h) - 0.5 * h)


class TiedLinear(nn.Module):
    """One dense layer used twice."""

    def __init__(self, width):
        super().__init__()
        self.layer = nn.Linear(width, width)
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        return self.out(torch.tanh(self.layer(torch.tanh(self.layer(x)))))


class Autoencoder(nn.Module):
    """tanh(x Wᵀ) W + b."""

    def __init__(self, width, code):
        super().__init__()
        self.W = nn.Parameter(torch.randn(code, width) / 2)
        self.b = nn.Parameter(torch.randn(width) / 2)

    def forward(self, x):
        return nn.functional.linear(torch.tanh(nn.functional.linear(x, self.W)), self.W.t(), self.b)


class AutoencoderUntied(nn.Module):
    """tanh(x Wᵀ) tᵀ + b: what is left of an autoencoder whose transposed weight was folded into an initialiser of its own."""

    def __init__(self, tied):
        super().__init__()
        self.W = nn.Parameter(tied.W.detach().clone())
        self.b = nn.Parameter(tied.b.detach().clone())
        self.t = nn.Parameter(tied.W.detach().t().contiguous().clone())

    def forward(self, x):
        return nn.functional.linear(torch.tanh(nn.functional.linear(x, self.W)), self.t, self.b)


class Images(nn.Module):
    """Images (1, 2, 3) flattened in the ways in which it is written; the output as a vector or a column."""

    def __init__(self, form):
        super().__init__()
        self.layer = nn.Linear(6, 5)
        self.out = nn.Linear(5, 1)
        self.form = form

    def forward(self, x):
        match self.form:
            case "flatten":
                x = torch.flatten(x, 1)
            case "view":
                x = x.view(x.size(0), -1)
            case "squeeze":
                x = x.squeeze(1).reshape(-1, 6)
            case "unsqueeze":
                x = x.unsqueeze(-1).reshape(x.shape[0], 6)
        return self.out(torch.tanh(self.layer(x))).squeeze(1)


def fcn(sizes, *activations, bias=True):
    layers = []
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        layers.append(nn.Linear(a, b, bias=bias))
        if i < len(sizes) - 2:
            layers.append(activations[i % len(activations)] if activations else nn.Identity())
    return nn.Sequential(*layers)


VARIANTS_BOTH = ["script-13-f32", "dynamo-20-f64"]


def networks():
    """name → (models by variant prefix, input shape, n, variants); a model is a function so that its weights are seeded by the name."""
    return {
        "fcn-relu": (lambda f: fcn([6, 5, 4, 1], nn.ReLU()), (6,), 20, [
            "script-13-f32", "script-23-f64", "dynamo-18-f32", "dynamo-25-f64", "script-17-f32-fixed", "dynamo-20-f64-fixed", "dynamo-20-f32-external"]),
        "fcn-tanh-k10": (lambda f: fcn([5, 6, 10], nn.Tanh()), (5,), 12, ["script-15-f32", "dynamo-20-f64"]),
        "fcn-gelu": (lambda f: fcn([5, 5, 4, 1], nn.GELU()), (5,), 16, [
            "script-13-f32", "script-13-f64", "dynamo-18-f32", "dynamo-18-f64-raw", "script-20-f32", "dynamo-24-f64"]),
        "fcn-gelu-k10": (lambda f: fcn([4, 5, 10], nn.GELU()), (4,), 12, ["script-17-f64", "dynamo-20-f32"]),
        "fcn-gelu-tanh": (lambda f: fcn([5, 5, 4, 1], nn.GELU("tanh")), (5,), 16, [
            "script-13-f32", "script-14-f64", "dynamo-18-f32", "dynamo-18-f64-raw", "script-21-f64", "dynamo-22-f32"]),
        "fcn-mixed": (lambda f: fcn([4, 4, 4, 4, 4, 4, 2], nn.Sigmoid(), nn.Softplus(), nn.SiLU(), nn.ELU(0.7), nn.LeakyReLU()), (4,), 16, [
            "script-13-f32", "dynamo-20-f64", "dynamo-18-f32-raw"]),
        "fcn-double": (lambda f: fcn([5, 4, 2], nn.Softplus(beta=2.0)), (5,), 16, ["script-16-f64", "dynamo-23-f64"]),
        "deep-linear": (lambda f: fcn([6, 5, 4, 1], bias=False), (6,), 20, ["script-13-f32-raw", "dynamo-20-f64"]),
        "deep-linear-folded": (lambda f: fcn([6, 5, 4, 1], bias=False), (6,), 20, ["script-16-f32"]),
        "diagonal": (lambda f: Diagonal(9, f), (9,), 16, [
            "script-13-f32-raw:product", "script-17-f64:power", "script-13-f32:column", "dynamo-20-f64:layers", "dynamo-20-f32-raw:power"]),
        "diagonal-tied": (lambda f: DiagonalTied(9), (9,), 16, ["script-13-f32-raw", "dynamo-20-f64-raw"]),
        "diagonal-folded": (lambda f: Diagonal(9, f), (9,), 16, ["script-13-f32:product", "dynamo-20-f32:product"]),
        "random-features": (lambda f: RandomFeatures(5, 16, f == "buffer"), (5,), 24, ["script-13-f64", "dynamo-20-f64", "dynamo-20-f64:buffer"]),
        "fixup": (lambda f: Fixup(5, 2, False), (5,), 14, ["script-13-f32-raw", "dynamo-20-f64"]),
        "fixup-merged": (lambda f: Fixup(5, 2, True), (5,), 14, ["script-13-f64"]),
        "tied-linear": (lambda f: TiedLinear(5), (5,), 16, VARIANTS_BOTH),
        "autoencoder": (lambda f: Autoencoder(6, 4), (6,), 12, ["script-13-f32-raw", "dynamo-20-f64-raw"]),
        "autoencoder-untied": (lambda f: Autoencoder(6, 4), (6,), 12, ["dynamo-20-f64"]),
        "images": (lambda f: Images(f), (1, 2, 3), 16, [
            "script-13-f32:flatten", "script-13-f32:view", "dynamo-20-f64:view", "dynamo-20-f32-raw:view", "script-13-f64:squeeze",
            "dynamo-18-f32-raw:squeeze", "dynamo-20-f64:unsqueeze", "script-16-f32-raw-fixed:view", "script-16-f32:unsqueeze", "dynamo-20-f64-raw:flatten"]),
    }


DOUBLE_ONLY = {"fcn-double"}


def figures(model, entries, sources, x, y, generator):
    """Everything from dense matrices, as the definitions say it."""
    weights = {k: w.detach().double() for k, w in list(model.named_parameters()) + list(model.named_buffers())}
    initial = {}
    for k, (name, is_transposed) in sources.items():
        initial[name] = weights[k].T if is_transposed else weights[k]
    theta = torch.cat([initial[name].reshape(-1) for name, _, trainable in entries if trainable])

    def outputs(theta, inputs):
        values, offset = dict(initial), 0
        for name, shape, trainable in entries:
            if trainable:
                size = math.prod(shape)
                values[name] = theta[offset:offset + size].reshape(shape)
                offset += size
        call = {k: (values[name].T if is_transposed else values[name]) for k, (name, is_transposed) in sources.items()}
        return functional_call(model, call, (inputs,)).reshape(inputs.shape[0], -1)

    def loss(theta):
        return 0.5 * (outputs(theta, x) - y).square().sum() / x.shape[0]

    f = outputs(theta, x)
    n, k = f.shape
    p = theta.numel()
    r = f - y
    jacobian = jacrev(lambda t: outputs(t, x))(theta).reshape(n * k, p).detach()
    v = torch.randn(p, generator=generator, dtype=torch.float64)
    u = torch.randn(n, k, generator=generator, dtype=torch.float64)
    gradient = torch.func.grad(loss)(theta)
    per_example = torch.einsum("ik,ikp->ip", r, jacobian.reshape(n, k, p))
    big_g = jacobian.T @ jacobian / n
    first = per_example.T @ per_example / n
    second = torch.outer(gradient, gradient)
    sigma = first - second
    h = hessian(loss)(theta)
    value = loss(theta).item()
    frobenius = torch.linalg.norm
    chi = torch.einsum("ikp,pq,ikq->i", jacobian.reshape(n, k, p), big_g, jacobian.reshape(n, k, p))
    blocks = torch.einsum("ikp,pq,ilq->ikl", jacobian.reshape(n, k, p), big_g, jacobian.reshape(n, k, p))
    g2 = frobenius(big_g).item() ** 2
    out = {
        "x": x, "y": y, "theta": theta, "v": v, "u": u,
        "outputs": f, "residuals": r, "loss": value, "gradient": gradient,
        "jacobianV": jvp(lambda t: outputs(t, x), (theta,), (v,))[1],
        "jacobianTransposeU": vjp(lambda t: outputs(t, x), theta)[1](u)[0],
        "hessianV": jvp(torch.func.grad(loss), (theta,), (v,))[1],
        "gaussNewtonV": big_g @ v, "noiseCovarianceV": sigma @ v,
        "jacobian": jacobian, "gram": jacobian @ jacobian.T,
        "alpha": torch.trace(big_g @ sigma) / (frobenius(big_g) * frobenius(sigma)),
        "beta": frobenius(sigma) / (2 * value * frobenius(big_g)),
        "mu": torch.trace(sigma @ big_g) / (2 * value * g2),
        "mu1": torch.trace(first @ big_g) / (2 * value * g2),
        "mu2": torch.trace(second @ big_g) / (2 * value * g2),
        "gamma": chi.min() / chi.mean(), "gammaLambda": torch.linalg.eigvalsh(blocks).min() / chi.mean(), "chi": chi,
        "gradientNorm": frobenius(gradient),
        "fisherTrace": torch.trace(big_g), "fisherFrobenius": frobenius(big_g), "fisherTopEigenvalue": torch.linalg.eigvalsh(big_g).max(),
        "noiseTrace": torch.trace(sigma), "noiseFrobenius": frobenius(sigma), "noiseTraceWithFisher": torch.trace(sigma @ big_g),
    }
    if p <= LARGEST_HESSIAN:
        out["hessian"] = h
    return out, outputs


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for old in [*folder.glob("*.onnx"), *folder.glob("*.onnx.data"), *folder.glob("*.npz"), *folder.glob("*.tsv")]:
        old.unlink()
    parameter_rows, operator_rows = [], []
    for name, (build, shape, n, variants) in networks().items():
        seed = zlib.crc32(name.removesuffix("-folded").removesuffix("-untied").encode())
        generator = torch.Generator().manual_seed(seed)
        x = torch.randn(n, *shape, generator=generator, dtype=torch.float64).float().double()
        expected = None
        for variant in variants:
            torch.manual_seed(seed)
            if name in DOUBLE_ONLY:
                torch.set_default_dtype(torch.float64)
            model = build(variant.partition(":")[2])
            torch.set_default_dtype(torch.float32)
            file = f"{name}--{variant.replace(':', '-')}.onnx"
            written = export(model, shape, variant, str(folder / file))
            operator_rows.append([file, str(next(o.version for o in written.opset_import if not o.domain)),
                                  " ".join(sorted({node.op_type for node in written.graph.node}))])
            model = model.double()
            reference = model
            if name == "diagonal-folded":
                reference = Vector((model.u * model.u - model.v * model.v).detach() if "f64" in variant
                                   else (model.u.float() * model.u.float() - model.v.float() * model.v.float()).detach().double())
            if name == "autoencoder-untied":
                reference = AutoencoderUntied(model)
            entries, sources = layout(written, reference)
            # Exporters name what they folded as they please: names stand in parameters.tsv, one row a file.
            for parameter, extent, trainable in entries:
                parameter_rows.append([file, parameter, "x".join(map(str, extent)) or "scalar", "trainable" if trainable else "frozen"])
            if expected is None:
                with torch.no_grad():
                    k = reference(x).reshape(n, -1).shape[1]
                y = torch.randn(n, k, generator=generator, dtype=torch.float64).float().double()
                expected, outputs = figures(reference, entries, sources, x, y, generator)
                np.savez_compressed(folder / f"{name}.npz", **{key: np.asarray(value, dtype=np.float64) for key, value in
                                                    {key: value.detach().numpy() if torch.is_tensor(value) else value for key, value in expected.items()}.items()})
            else:
                theta = torch.cat([torch.from_numpy(onnx.numpy_helper.to_array(i).astype(np.float64)).reshape(-1) for i in written.graph.initializer
                                   if i.name in {e[0] for e in entries if e[2]}])
                if not torch.equal(theta, expected["theta"]):
                    raise SystemExit(f"{file}: theta differs from {name}.npz")
            double = "f64" in variant
            precision = np.float64 if double else np.float32
            inputs = x[:3] if "fixed" in variant else x
            seen = ReferenceEvaluator(str(folder / file)).run(None, {"x": inputs.numpy().astype(precision)})[0].reshape(inputs.shape[0], -1)
            error = np.abs(seen - expected["outputs"].detach().numpy()[:inputs.shape[0]]).max()
            if not error <= (1e-7 if double else 1e-5):
                raise SystemExit(f"{file}: the file computes something else than the model (outputs differ by {error})")
            print(f"{file:48} p={expected['theta'].numel():4} alpha={float(expected['alpha']):.4f} mu={float(expected['mu']):.4f} "
                  f"outputs within {error:.1e}  {operator_rows[-1][2]}")
    for title, rows in (("parameters.tsv", parameter_rows), ("operators.tsv", operator_rows)):
        (folder / title).write_text("".join("\t".join(row) + "\n" for row in rows))
    print(f"{sum(f.stat().st_size for f in folder.iterdir()):,} bytes in {len(list(folder.iterdir()))} files")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "resources" / "torch")
