package io.plumbline.backend;

/// A device is not there, refused a call or broke: nobody's input is at fault. The message names the call and what it was given.
public class DeviceException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public DeviceException(String message) {
        super(message);
    }

    public DeviceException(String message, Throwable cause) {
        super(message, cause);
    }
}
