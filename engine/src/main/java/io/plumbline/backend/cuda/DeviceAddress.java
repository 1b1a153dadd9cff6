package io.plumbline.backend.cuda;

import jcuda.driver.CUdeviceptr;

/// A device address that can be read, and computed with.
final class DeviceAddress extends CUdeviceptr {
    /// Null, to be set by a call that allocates.
    DeviceAddress() {}

    DeviceAddress(long address) {
        super(new CUdeviceptr(), address);
    }

    long value() {
        return getNativePointer() + getByteOffset();
    }
}
