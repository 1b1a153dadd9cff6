package io.plumbline.data;

import java.io.IOException;

/// A file that is not what its format says. The message is one line: file, field or offset, what was expected, what was found.
public final class MalformedFileException extends IOException {
    private static final long serialVersionUID = 1L;

    public MalformedFileException(String message) {
        super(message);
    }

    public MalformedFileException(String message, Throwable cause) {
        super(message, cause);
    }
}
