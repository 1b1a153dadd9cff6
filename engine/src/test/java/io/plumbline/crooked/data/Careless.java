package io.plumbline.crooked.data;

/// Faults: a nameless exception, and a line on standard output.
public final class Careless {
    public void fail() {
        System.out.println("failing");
        throw new RuntimeException("something went wrong");
    }
}
