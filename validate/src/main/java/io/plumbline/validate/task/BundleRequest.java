package io.plumbline.validate.task;

/// What to pack.
///
/// @param out   a new folder, or a new file `….tar.gz`
/// @param bench whether the benchmarks come along
public record BundleRequest(String out, boolean bench) {}
