"""The same work as Descents through PyTorch, on the same cores, in float32: steps of SGD a second, batches drawn with replacement, square loss.

Prints the median and the best of several rounds for each network, n = 1000, B = 10, with torch.optim.SGD and with its fused form (foreach) where there is one.

Usage: python torch_sgd.py [rounds]
"""

import statistics
import sys
import time

import torch
from torch import nn

N = 1000
BATCH = 10
STEPS = 500


def network(*widths):
    layers = []
    for fan_in, fan_out in zip(widths, widths[1:]):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def main(rounds):
    torch.manual_seed(1)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, n = {N}, B = {BATCH}, steps a second: median and best of {rounds}")
    for widths in ((784, 32, 32, 1), (784, 500, 500, 1)):
        x, y = torch.randn(N, widths[0]), torch.randn(N, 1)
        for foreach in (False, True):
            model = network(*widths)
            optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, foreach=foreach)
            rates = []
            for _ in range(rounds + 1):
                start = time.perf_counter()
                for _ in range(STEPS):
                    batch = torch.randint(N, (BATCH,))
                    optimizer.zero_grad()
                    loss = 0.5 * ((model(x[batch]) - y[batch]) ** 2).mean()
                    loss.backward()
                    optimizer.step()
                rates.append(STEPS / (time.perf_counter() - start))
            rates = rates[1:]
            print(f"{'-'.join(map(str, widths)):18s} {'foreach' if foreach else 'plain':8s} {statistics.median(rates):10.0f} {max(rates):10.0f}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
