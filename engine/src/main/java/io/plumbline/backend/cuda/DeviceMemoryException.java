package io.plumbline.backend.cuda;

import io.plumbline.backend.DeviceException;

/// The device's memory does not hold what was asked for: less at a time may.
final class DeviceMemoryException extends DeviceException {
    private static final long serialVersionUID = 1;

    DeviceMemoryException(String message, Throwable cause) {
        super(message, cause);
    }
}
