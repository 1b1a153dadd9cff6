"""Writes the .npy and .npz files that the tests of io.plumbline.data read, with NumPy itself.

Usage: python make_npy_fixtures.py            (into ../resources/io/plumbline/data)

Floating-point arrays hold k/4 - 1/2, integers 3k - 4 (unsigned 3k), bool k odd, where k counts the entries in row-major order: exact in every type.
"""

import io
import pathlib
import zipfile

import numpy as np
from numpy.lib import format as npy

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "resources" / "io" / "plumbline" / "data"
SHAPE = (3, 4)


def values(dtype, shape=SHAPE):
    k = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    kind = np.dtype(dtype).kind
    if kind == "f":
        return (k / 4 - 0.5).astype(dtype)
    if kind == "b":
        return k % 2 == 1
    return (3 * k - (4 if kind == "i" else 0)).astype(dtype)


def save(name, array, version=(1, 0)):
    with open(FOLDER / name, "wb") as file:
        npy.write_array(file, array, version=version)


def archive(name, method, arrays):
    """As numpy.savez, but with a fixed date, so that the same arrays give the same bytes."""
    with zipfile.ZipFile(FOLDER / name, "w", method) as file:
        for key, array in arrays.items():
            content = io.BytesIO()
            npy.write_array(content, array)
            member = zipfile.ZipInfo(key + ".npy", (1980, 1, 1, 0, 0, 0))
            member.compress_type = method
            with file.open(member, "w", force_zip64=True) as target:
                target.write(content.getvalue())


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for dtype in ("f2", "f4", "f8", "i2", "i4", "i8", "u2", "u4"):
        save(f"{dtype}-little.npy", values("<" + dtype))
        save(f"{dtype}-big-fortran.npy", np.asfortranarray(values(">" + dtype)))
    for dtype in ("i1", "u1", "bool"):
        save(f"{dtype}.npy", values(dtype))
    save("bool-fortran.npy", np.asfortranarray(values("bool")))
    save("cube-fortran.npy", np.asfortranarray(values("<f8", (2, 3, 5))))
    save("version-2.npy", values("<f4"), (2, 0))
    save("version-3.npy", values("<f8"), (3, 0))
    save("scalar.npy", np.array(-0.25))
    save("vector.npy", values("<f8", (5,)))
    save("empty.npy", np.zeros((0, 4), "<f4"))
    save("complex.npy", np.zeros(2, "<c16"))
    save("structured.npy", np.zeros(2, [("a", "<f4"), ("b", "<i4")]))
    with open(FOLDER / "objects.npy", "wb") as file:
        npy.write_array(file, np.array([None, 1], dtype=object), allow_pickle=True)

    arrays = {"x": values("<f4"), "y": values("<f8", (3,)), "labels": values("<i8", (3,))}
    archive("stored.npz", zipfile.ZIP_STORED, arrays)
    archive("deflated.npz", zipfile.ZIP_DEFLATED, arrays)
    limits = zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT
    zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = 16, 1
    archive("zip64.npz", zipfile.ZIP_DEFLATED, arrays)
    zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = limits


if __name__ == "__main__":
    main()
