"""The work of torch_func.py for the fully-connected network, compiled by JAX, in float32 with products of matrices at the highest precision.

Prints the median and the minimum of each quantity in milliseconds: the gradient, a Hessian product (jvp of grad), all per-example gradients (vmap of grad in chunks
of 250), and the squared Frobenius norm of J J^T through the gradients (the tangent kernel as users write it). Needs jax; see README for how the figures are compared.

Usage: python jax_func.py [repetitions] [examples]
"""

import statistics
import sys
import time

import jax
import jax.numpy as jnp

SIZES = (784, 256, 256, 1)
CHUNK = 250


def outputs(theta, x):
    for layer, (weight, bias) in enumerate(theta):
        x = x @ weight + bias
        x = jax.nn.relu(x) if layer < len(theta) - 1 else x
    return x[..., 0]


def main(repetitions, n):
    jax.config.update("jax_default_matmul_precision", "highest")
    keys = jax.random.split(jax.random.key(1), 2 * len(SIZES))
    theta = [
        (jax.random.normal(keys[l], (fan_in, fan_out)) / fan_in**0.5, jnp.zeros(fan_out)) for l, (fan_in, fan_out) in enumerate(zip(SIZES, SIZES[1:]))
    ]
    direction = jax.tree.map(lambda t: jax.random.normal(keys[-1], t.shape), theta)
    x = jax.random.normal(keys[-2], (n, SIZES[0]))
    y = jax.random.normal(keys[-3], (n,))

    def loss(parameters):
        return 0.5 * ((outputs(parameters, x) - y) ** 2).mean()

    def jacobian(parameters):
        rows = jax.lax.map(lambda example: jax.grad(outputs)(parameters, example), x, batch_size=CHUNK)
        return jnp.concatenate([leaf.reshape(n, -1) for leaf in jax.tree.leaves(rows)], axis=1)

    def gram(parameters):
        rows = jacobian(parameters)
        return ((rows @ rows.T) ** 2).sum()

    work = {
        "gradient": jax.jit(jax.grad(loss)),
        "Hessian product": jax.jit(lambda parameters: jax.jvp(jax.grad(loss), (parameters,), (direction,))[1]),
        "per-example gradients": jax.jit(jacobian),
        "J J^T, squared norm": jax.jit(gram),
    }
    print(f"jax {jax.__version__}, {jax.devices()[0].device_kind}, n = {n}, median and minimum of {repetitions}")
    for name, function in work.items():
        try:
            jax.block_until_ready(function(theta))
        except Exception as failure:  # whatever the runtime throws when memory is short
            print(f"{name:24s} failed: {str(failure).splitlines()[0][:100]}")
            continue
        times = []
        for _ in range(repetitions):
            start = time.perf_counter()
            jax.block_until_ready(function(theta))
            times.append(1e3 * (time.perf_counter() - start))
        print(f"{name:24s} {statistics.median(times):10.3f} ms {min(times):10.3f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7, int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
