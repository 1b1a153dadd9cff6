package io.plumbline.backend.cuda;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/// The folders where a `libcublas.so` may lie: a pure function of the environment and the file system.
///
/// LD_LIBRARY_PATH, CUDA_HOME and CUDA_PATH, /usr/local/cuda*, the system's folders, /opt, and the wheels nvidia-cublas and nvidia-cublas-cu12 of Python's environments.
final class CuBlasSearch {
    private static final List<String> OF_A_TOOLKIT = List.of("lib64", "targets/x86_64-linux/lib", "lib");
    private static final List<String> OF_A_PYTHON = List.of(
            "lib/python3*/site-packages/nvidia/cu1*/lib", "lib/python3*/site-packages/nvidia/cublas/lib",
            "lib/python3*/dist-packages/nvidia/cu1*/lib",
            "lib/python3*/dist-packages/nvidia/cublas/lib");
    private static final List<String> TOOLKITS = List.of("/usr/local/cuda", "/usr/local/cuda-*", "/opt/cuda", "/opt/cuda-*");
    private static final List<String> SYSTEM = List.of(
            "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/opt/nvidia/hpc_sdk/Linux_x86_64/*/math_libs/lib64");
    private static final List<String> PYTHONS = List.of(
            "/usr/local", "/usr", "/opt/*", "/opt/*/.venv", "/opt/*/venv", "/opt/*/envs/*", "/venv", "/root/.venv");

    private final Map<String, String> environment;
    private final Path root;

    /// @param root of the file system
    CuBlasSearch(Map<String, String> environment, Path root) {
        this.environment = environment;
        this.root = root;
    }

    /// Those that are there, in the order in which they count.
    List<Path> folders() {
        var found = new ArrayList<Path>(all(paths("LD_LIBRARY_PATH")));
        var toolkits = new ArrayList<String>(paths("CUDA_HOME"));
        toolkits.addAll(paths("CUDA_PATH"));
        toolkits.addAll(TOOLKITS);
        all(toolkits).forEach(toolkit -> OF_A_TOOLKIT.forEach(folder -> found.addAll(below(toolkit, folder))));
        found.addAll(all(SYSTEM));
        all(paths("CONDA_PREFIX")).forEach(prefix -> found.addAll(below(prefix, "lib")));
        all(pythons()).forEach(python -> OF_A_PYTHON.forEach(folder -> found.addAll(below(python, folder))));
        return found.stream().distinct().toList();
    }

    private List<String> pythons() {
        var prefixes = new ArrayList<String>(paths("VIRTUAL_ENV"));
        prefixes.addAll(paths("CONDA_PREFIX"));
        for (String folder : paths("PATH")) {
            if (folder.matches("/.+/bin") && Files.exists(root.resolve(folder.substring(1), "python3"))) {
                prefixes.add(folder.substring(0, folder.length() - "/bin".length()));
            }
        }
        prefixes.addAll(PYTHONS);
        paths("HOME").forEach(home -> prefixes.add(home + "/.local"));
        return prefixes;
    }

    /// The absolute paths that a variable lists.
    private List<String> paths(String variable) {
        return List.of(environment.getOrDefault(variable, "").split(":")).stream().filter(path -> path.startsWith("/")).toList();
    }

    /// The folders that patterns mean, from the root on.
    private List<Path> all(List<String> patterns) {
        return patterns.stream().flatMap(pattern -> below(root, pattern.substring(1)).stream()).toList();
    }

    /// The folders that a pattern means below another folder, each component a name or a glob; of several the last by name first, which is the newest.
    private static List<Path> below(Path start, String pattern) {
        List<Path> found = List.of(start);
        for (String component : pattern.split("/+")) {
            var next = new ArrayList<Path>();
            for (Path folder : found) {
                next.addAll(component.contains("*") ? children(folder, component) : List.of(folder.resolve(component)));
            }
            found = next;
        }
        return found.stream().filter(Files::isDirectory).toList();
    }

    private static List<Path> children(Path folder, String glob) {
        var children = new ArrayList<Path>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
            stream.forEach(children::add);
        } catch (IOException | DirectoryIteratorException unreadable) {
            return List.of();
        }
        children.sort(Collections.reverseOrder());
        return children;
    }
}
