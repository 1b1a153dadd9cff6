package io.plumbline.bench;

import io.plumbline.backend.DeviceException;
import java.io.IOException;
import java.util.Arrays;

/// `roofline` and its options, or the arguments of JMH.
public final class Main {
    private static final int WRONG_USAGE = 2;
    private static final int DEVICE = 3;

    private Main() {}

    /// Exit status 2 where an option of `roofline` is wrong, 3 where the device is not there or fails.
    public static void main(String[] arguments) throws IOException {
        if (arguments.length == 0 || !arguments[0].equals("roofline")) {
            org.openjdk.jmh.Main.main(arguments);
            return;
        }
        try {
            Roofline.main(Arrays.asList(arguments).subList(1, arguments.length), System.out);
        } catch (IllegalArgumentException wrong) {
            System.err.println("plumbline bench: " + wrong.getMessage());
            System.exit(WRONG_USAGE);
        } catch (DeviceException broken) {
            System.err.println("plumbline bench: " + broken.getMessage());
            System.exit(DEVICE);
        }
    }
}
