"""Cuts the first 1,000 training images of Fashion-MNIST out of its IDX files: what `fashion-mnist-sample` reads.

Usage: python make_fashion_mnist_sample.py FOLDER     (with train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz)
"""

import gzip
import io
import pathlib
import sys
import zipfile

import numpy as np

COUNT = 1000
HERE = pathlib.Path(__file__).resolve().parent
TARGET = HERE.parent.parent / "main" / "resources" / "io" / "plumbline" / "data" / "fashion-mnist-1000.npz"


def main(folder):
    with gzip.open(folder / "train-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(16 + COUNT * 784), np.uint8, offset=16).reshape(COUNT, 28, 28)
    with gzip.open(folder / "train-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(8 + COUNT), np.uint8, offset=8)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in (("images", images), ("labels", labels)):
            content = io.BytesIO()
            np.save(content, array)
            member = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
            archive.writestr(member, content.getvalue(), zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
