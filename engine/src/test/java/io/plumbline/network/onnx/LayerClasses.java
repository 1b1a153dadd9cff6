package io.plumbline.network.onnx;

import io.plumbline.layer.Layer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/// The classes that are layers, from the folder of the engine's class files: what a list by hand would forget.
final class LayerClasses {
    private static final String SUFFIX = ".class";

    private LayerClasses() {}

    static Set<Class<?>> all() {
        var layers = new HashSet<Class<?>>();
        try (var files = Files.newDirectoryStream(Path.of(Layer.class.getResource("Layer.class").toURI()).getParent(), "*" + SUFFIX)) {
            for (Path file : files) {
                String name = file.getFileName().toString().replace(SUFFIX, "");
                Class<?> one = Class.forName(Layer.class.getPackageName() + "." + name, false, Layer.class.getClassLoader());
                if (Layer.class.isAssignableFrom(one) && !one.isInterface()) {
                    layers.add(one);
                }
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (URISyntaxException | ClassNotFoundException impossible) {
            throw new IllegalStateException(impossible);
        }
        return layers;
    }
}
