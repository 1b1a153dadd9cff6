package io.plumbline.memory;

/// Numbers of one precision that live outside the Java heap, on the host or on a device.
/// One owner closes it; everyone else borrows. Closing twice is harmless, use after close throws.
public interface Buffer extends AutoCloseable {
    Precision precision();

    /// How many numbers it holds.
    long length();

    @Override
    void close();
}
