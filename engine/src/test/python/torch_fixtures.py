"""What the scripts that make fixtures share: export in a variant, and where each parameter of a model is in the file.

A variant: exporter ("script" or "dynamo"), opset, precision, then options among
  raw       constants are not folded (dynamo: not optimised either)
  fixed     the batch axis is fixed at three examples
  external  weights beside the file
and behind a colon the form of the model.
"""
import io
import logging
import math
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import onnx
import torch

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
torch.backends.nnpack.set_flags(False)


def export(model, shape, variant, path):
    """Writes `path`; node metadata, which quotes the exporting program's source, is left out."""
    exporter, opset, precision, *options = variant.partition(":")[0].split("-")
    model = model.double() if precision == "f64" else model.float()
    example = torch.randn(3, *shape, dtype=torch.float64 if precision == "f64" else torch.float32)
    fixed, raw = "fixed" in options, "raw" in options
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        if exporter == "script":
            torch.onnx.export(model, (example,), path, dynamo=False, opset_version=int(opset), do_constant_folding=not raw, input_names=["x"],
                              output_names=["f"], dynamic_axes=None if fixed else {"x": {0: "n"}, "f": {0: "n"}})
        else:
            torch.onnx.export(model, (example,), path, dynamo=True, opset_version=int(opset), optimize=not raw, input_names=["x"], output_names=["f"],
                              dynamic_shapes=None if fixed else ({0: torch.export.Dim("n")},), external_data=False)
    written = onnx.load(path)
    for node in written.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    if "external" in options:
        onnx.save_model(written, path, save_as_external_data=True, location=Path(path).name + ".data", size_threshold=0)
    else:
        onnx.save_model(written, path)
    return onnx.load(path)


def layout(written, model):
    """θ's order: (initialiser, shape, trainable) and how each parameter of the model is made of it: itself, transposed, or another one of equal value."""
    weights = {k: w.detach().double() for k, w in list(model.named_parameters()) + list(model.named_buffers()) if w.is_floating_point()}
    trainable = {k for k, w in model.named_parameters() if w.requires_grad}
    entries, sources = [], {}
    for initialiser in written.graph.initializer:
        value = torch.from_numpy(onnx.numpy_helper.to_array(initialiser).copy())
        if not value.is_floating_point():
            continue
        name, value = initialiser.name, value.double()
        if name in weights:
            entries.append((name, tuple(value.shape), name in trainable))
            sources[name] = (name, False)
            continue
        transposed = [k for k, w in weights.items() if w.dim() == 2 and k not in sources and w.shape == value.T.shape and bool((w.T == value).all())]
        if transposed:
            entries.append((name, tuple(value.shape), transposed[0] in trainable))
            sources[transposed[0]] = (name, True)
            continue
        same = [k for k, w in weights.items() if k not in sources and w.shape == value.shape and bool((w == value).all())]
        if same:
            entries.append((name, tuple(value.shape), same[0] in trainable))
            sources[same[0]] = (name, False)
            continue
        if value.dim() > 0:
            raise SystemExit(f"{name} {tuple(value.shape)} is no weight of the model")
        # What is left is a number written in the program, which the exporter made an initialiser.
    for k, w in weights.items():
        if k not in sources:
            merged = [name for name, shape, _ in entries if shape == tuple(w.shape) and bool((weights.get(name, torch.full((), math.nan)) == w).all())]
            if not merged:
                raise SystemExit(f"{k} is in no initialiser")
            sources[k] = (merged[0], False)
    return entries, sources
