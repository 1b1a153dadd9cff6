package io.plumbline.crooked.backend;

/// No fault, but somebody below knows it.
public final class Floor {}
