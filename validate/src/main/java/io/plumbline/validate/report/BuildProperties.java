package io.plumbline.validate.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/// What the build knew: the commit and the versions of the libraries that pages bring with them.
final class BuildProperties {
    private BuildProperties() {}

    /// @throws IllegalStateException if the build did not write it
    static String get(String name) {
        var properties = new Properties();
        try (InputStream stream = BuildProperties.class.getResourceAsStream("build.properties")) {
            properties.load(stream);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        String value = properties.getProperty(name);
        if (value == null) {
            throw new IllegalStateException("build.properties has no " + name);
        }
        return value;
    }
}
