"""The same work as GramTrick and Products through torch.func, on the same cores: FCN 784-256-256-1 with ReLU, n = 1000, float32.

Prints the median and the minimum of each quantity in milliseconds: the gradient, a Hessian product (jvp of grad), all per-example gradients (vmap of grad in
chunks of 250), and alpha, beta, mu, gamma through J and J J^T. Needs torch; see README for how the figures are compared.

Usage: python torch_fcn.py [repetitions]
"""

import statistics
import sys
import time

import torch
from torch.func import functional_call, grad, jvp, vmap

N, WIDTHS = 1000, (784, 256, 256, 1)
CHUNK = 250


def main(repetitions):
    torch.manual_seed(1)
    layers = []
    for fan_in, fan_out in zip(WIDTHS, WIDTHS[1:]):
        layers += [torch.nn.Linear(fan_in, fan_out), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    theta = {name: value.detach() for name, value in model.named_parameters()}
    x, y = torch.randn(N, WIDTHS[0]), torch.randn(N)
    direction = {name: torch.randn_like(value) for name, value in theta.items()}

    def outputs(parameters, inputs):
        return functional_call(model, parameters, (inputs,)).squeeze(-1)

    def loss(parameters):
        return 0.5 * ((outputs(parameters, x) - y) ** 2).mean()

    def jacobian():
        one = grad(lambda parameters, example: outputs(parameters, example.unsqueeze(0)).squeeze(0))
        rows = vmap(one, in_dims=(None, 0), chunk_size=CHUNK)(theta, x)
        return torch.cat([rows[name].reshape(N, -1) for name in theta], dim=1)

    def alignment():
        rows = jacobian()
        gram = rows @ rows.T
        residual = outputs(theta, x) - y
        risk = 0.5 * (residual**2).mean()
        s = gram @ residual
        fisher = (gram**2).sum() / N**2
        weighted = residual[:, None] * gram * residual[None, :]
        gradient = residual @ s / N**2
        second = (weighted**2).sum() / N**2
        noise = (second - 2 * ((residual * s) ** 2).sum() / N**3 + gradient**2).sqrt()
        trace = ((gram * residual[None, :]) ** 2).sum() / N**2 - (s**2).sum() / N**3
        chi = (gram**2).sum(1) / N
        return trace / (fisher.sqrt() * noise), noise / (2 * risk * fisher.sqrt()), trace / (2 * risk * fisher), chi.min() / fisher

    work = {
        "gradient": lambda: grad(loss)(theta),
        "Hessian product": lambda: jvp(grad(loss), (theta,), (direction,)),
        "per-example gradients": jacobian,
        "alpha, beta, mu, gamma": alignment,
    }
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, n = {N}, median and minimum of {repetitions}")
    for name, function in work.items():
        function()
        times = []
        for _ in range(repetitions):
            start = time.perf_counter()
            function()
            times.append(1e3 * (time.perf_counter() - start))
        print(f"{name:24s} {statistics.median(times):10.1f} ms {min(times):10.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
