package io.plumbline.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CuBlasSearchTest {
    @TempDir
    Path root;

    private void make(String... folders) throws IOException {
        for (String folder : folders) {
            Files.createDirectories(root.resolve(folder));
        }
    }

    private List<String> found(Map<String, String> environment) {
        return new CuBlasSearch(environment, root).folders().stream().map(folder -> root.relativize(folder).toString()).toList();
    }

    @Test
    void anEmptyMachineHasNone() {
        assertEquals(List.of(), found(Map.of()));
    }

    /// The user's own word first, then toolkits (the newest first), the system, Python's wheels.
    @Test
    void placesInTheirOrder() throws Exception {
        make("usr/local/cuda-12.4/lib64", "usr/local/cuda-13.0/targets/x86_64-linux/lib", "usr/lib/x86_64-linux-gnu", "mine", "kit/lib64",
                "opt/torch/.venv/lib/python3.12/site-packages/nvidia/cu13/lib", "opt/torch/.venv/lib/python3.12/site-packages/nvidia/cublas/lib",
                "env/lib/python3.11/site-packages/nvidia/cublas/lib", "opt/py/bin", "opt/py/lib/python3.13/site-packages/nvidia/cublas/lib");
        Files.createFile(root.resolve("opt/py/bin/python3"));
        assertEquals(
                List.of("mine", "kit/lib64", "usr/local/cuda-13.0/targets/x86_64-linux/lib", "usr/local/cuda-12.4/lib64", "usr/lib/x86_64-linux-gnu",
                        "usr/lib",
                        "env/lib/python3.11/site-packages/nvidia/cublas/lib", "opt/py/lib/python3.13/site-packages/nvidia/cublas/lib",
                        "opt/torch/.venv/lib/python3.12/site-packages/nvidia/cu13/lib",
                        "opt/torch/.venv/lib/python3.12/site-packages/nvidia/cublas/lib"),
                found(Map.of("LD_LIBRARY_PATH", "relative::/mine/:/missing", "CUDA_HOME", "/kit", "VIRTUAL_ENV", "/env", "PATH",
                        "/opt/py/bin:/bin")));
    }
}
