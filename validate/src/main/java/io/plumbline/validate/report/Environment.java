package io.plumbline.validate.report;

import io.plumbline.backend.Backend;

/// On what results were computed.
///
/// @param version           plumbline's
/// @param commit            of its sources, with `-dirty` where they had been changed; `unknown` of a build outside a clone
/// @param device            the backend's name
/// @param deviceDescription which library or GPU
/// @param precision         `f32`, `f64` or `tf32`
/// @param images            which real images of one channel
/// @param colour            which of 32 × 32
public record Environment(
        String version, String commit, String java, String system, int processors, String device, String deviceDescription, String precision,
        String images, String colour) {
    /// This process on `backend`.
    public static Environment of(String version, Backend backend, String images, String colour) {
        return new Environment(
                version,
                builtFrom(),
                System.getProperty("java.vendor.version", "") + " " + Runtime.version(),
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                backend.name(),
                backend.description(),
                backend.arithmetic().label(),
                images,
                colour);
    }

    /// A build outside a clone leaves the placeholder.
    private static String builtFrom() {
        String commit = BuildProperties.get("commit");
        return commit.startsWith("$") ? "unknown" : commit;
    }
}
