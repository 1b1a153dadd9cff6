package io.plumbline.backend;

/// The device's memory does not hold what a call needs: less at a time may, and a pass over tiles of examples begins again with smaller ones. Only a backend with a
/// memory of its own throws it; its call left nothing behind.
public final class DeviceMemoryException extends DeviceException {
    private static final long serialVersionUID = 1;

    public DeviceMemoryException(String message, Throwable cause) {
        super(message, cause);
    }
}
