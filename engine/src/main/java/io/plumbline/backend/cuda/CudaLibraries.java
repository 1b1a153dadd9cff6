package io.plumbline.backend.cuda;

import io.plumbline.backend.DeviceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jcuda.JCudaVersion;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;

/// Finds and loads what JCuda needs: the driver and cuBLAS, and JCuda's own native halves.
///
/// `-Dplumbline.cuda.libraries=DIR` names a folder whose `libcuda.so.1` and `libcublas.so.*` are taken instead of the system's.
///
/// JCuda unpacks its native halves into java.io.tmpdir under fixed names and takes what is there already. Here that folder is a new one, readable by the user alone
/// and removed as soon as they are loaded; and where there is only cuBLAS 13, a copy that wants cuBLAS 13 is there already.
final class CudaLibraries {
    private static final String FOLDER = System.getProperty("plumbline.cuda.libraries");
    private static final String DRIVER = "libcuda.so.1";
    private static final String TEMPORARY = "java.io.tmpdir";
    /// What JCuda is built for.
    private static final int OWN_MAJOR = 12;
    private static final int NEWEST_MAJOR = 13;

    private CudaLibraries() {}

    /// Makes [JCudaDriver] ready.
    ///
    /// @throws DeviceException if there is no driver
    /// @throws LinkageError if JCuda does not find what it needs
    static void loadDriver() {
        if (FOLDER != null) {
            Path driver = Path.of(FOLDER, DRIVER).toAbsolutePath();
            if (!Files.isRegularFile(driver)) {
                throw new DeviceException("there is no " + driver + " (plumbline.cuda.libraries names its folder)");
            }
            System.load(driver.toString());
        } else {
            String reason = DynamicLinker.open(DRIVER);
            if (reason != null) {
                throw new DeviceException("there is no NVIDIA driver: " + reason);
            }
        }
        privately(_ -> JCudaDriver.setExceptionsEnabled(true));
    }

    /// Makes [JCublas2] ready.
    ///
    /// @param driverMajor the release of CUDA that the driver is for: the cuBLAS of that is preferred, and a newer one does not run
    /// @return the library
    /// @throws DeviceException if there is none: says where it was looked for, and what was wrong with those that are there
    /// @throws LinkageError if JCuda does not find what it needs
    static Path loadCuBlas(int driverMajor) {
        List<Path> folders = FOLDER != null
                ? List.of(Path.of(FOLDER).toAbsolutePath())
                : new CuBlasSearch(System.getenv(), Path.of("/")).folders();
        var reasons = new ArrayList<String>();
        for (int major : driverMajor < NEWEST_MAJOR ? new int[] {OWN_MAJOR, NEWEST_MAJOR} : new int[] {NEWEST_MAJOR, OWN_MAJOR}) {
            for (Path folder : folders) {
                Path library = folder.resolve(name(major));
                if (Files.exists(library) && isLoaded(folder, library, major, reasons)) {
                    privately(natives -> {
                        if (major != OWN_MAJOR) {
                            retarget(natives, major);
                        }
                        JCublas2.setExceptionsEnabled(true);
                    });
                    return library;
                }
            }
        }
        throw new DeviceException(reasons.isEmpty()
                ? "neither " + name(OWN_MAJOR) + " nor " + name(NEWEST_MAJOR) + " in "
                        + (FOLDER != null
                                ? FOLDER + " (plumbline.cuda.libraries names it)"
                                : folders.isEmpty()
                                        ? "any usual folder"
                                        : folders.size() + " folders: LD_LIBRARY_PATH, CUDA_HOME, /usr/local/cuda, the system's, "
                                                + "/opt and Python's")
                : String.join("; ", reasons));
    }

    private static String name(int major) {
        return "libcublas.so." + major;
    }

    /// libcublasLt first: libcublas looks for it where the linker looks, which need not be beside it.
    private static boolean isLoaded(Path folder, Path library, int major, List<String> reasons) {
        try {
            Path light = folder.resolve("libcublasLt.so." + major);
            if (Files.exists(light)) {
                System.load(light.toString());
            }
            System.load(library.toString());
            return true;
        } catch (UnsatisfiedLinkError failure) {
            reasons.add(failure.getMessage());
            return false;
        }
    }

    /// Puts the copy where JCuda would unpack its own.
    private static void retarget(Path natives, int major) throws IOException {
        String name = "libJCublas2-" + JCudaVersion.get() + "-linux-x86_64.so";
        try (InputStream resource = JCublas2.class.getResourceAsStream("/lib/" + name)) {
            if (resource == null) {
                throw new DeviceException("there is no " + name + " on the class path");
            }
            byte[] image = resource.readAllBytes();
            ElfRetarget.retarget(image, name(OWN_MAJOR), name(major));
            Files.write(natives.resolve(name), image);
        }
    }

    /// What uses JCuda's native code for the first time.
    private interface FirstUse {
        void run(Path natives) throws IOException;
    }

    private static synchronized void privately(FirstUse use) {
        String before = System.getProperty(TEMPORARY);
        try {
            Path natives = Files.createTempDirectory("plumbline-jcuda-");
            try {
                System.setProperty(TEMPORARY, natives.toString());
                use.run(natives);
            } finally {
                System.setProperty(TEMPORARY, before);
                delete(natives);
            }
        } catch (IOException failure) {
            throw new DeviceException("JCuda's native code cannot be unpacked: " + failure, failure);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
