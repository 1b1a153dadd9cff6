package io.plumbline.validate.task;

import io.plumbline.memory.HostBuffer;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import io.plumbline.network.Network;
import io.plumbline.network.Parameter;
import io.plumbline.network.onnx.OnnxImport;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;

/// A network and a point θ.
///
/// @param name   an ONNX file, or a built-in network as [Architectures] names them
/// @param frozen initialisers of the ONNX file that are not trained
/// @param init   how a built-in network is initialised, see [Initialization#parse]; null for the default
/// @param theta  a .npy file with θ; null for the weights of the ONNX file or the initialisation
/// @param seed   of the initialisation
public record Model(String name, List<String> frozen, String init, String theta, long seed) {
    public Model {
        frozen = List.copyOf(frozen);
    }

    /// A model as it comes.
    public static Model of(String name) {
        return new Model(name, List.of(), null, null, 0);
    }

    /// Builds or reads the network.
    ///
    /// @throws IOException if the ONNX file cannot be read or understood
    /// @throws IllegalArgumentException if the name or an option is wrong
    public Network network() throws IOException {
        if (Architectures.isBuiltIn(name)) {
            if (!frozen.isEmpty()) {
                throw new IllegalArgumentException(
                        "frozen: found " + String.join(",", frozen) + ", expected none: " + name + " is a built-in network");
            }
            return Architectures.parse(name, init == null ? Initialization.DEFAULT : Initialization.parse(init), seed);
        }
        Path file = path();
        if (init != null) {
            throw new IllegalArgumentException("init: found " + init + ", expected none: " + name + " brings its own weights");
        }
        return OnnxImport.read(file, new LinkedHashSet<>(frozen));
    }

    private Path path() {
        try {
            return Path.of(name);
        } catch (InvalidPathException malformed) {
            throw new IllegalArgumentException("model '" + name + "': not a path: " + malformed.getReason(), malformed);
        }
    }

    /// θ: the file's, or the network's own.
    ///
    /// @throws IOException if the file is no array
    /// @throws IllegalArgumentException if it does not fit the network, or an entry is not finite
    public HostBuffer theta(Network network) throws IOException {
        if (theta != null) {
            return Vectors.read(Path.of(theta), network.parameterCount(), "as many as theta has");
        }
        HostBuffer own = network.initialTheta();
        long bad = own.firstNotFinite();
        if (bad >= 0) {
            Parameter parameter = network.parameterAt(bad);
            throw new IllegalArgumentException(
                    name + ": entry " + (bad - parameter.offset()) + " of " + parameter.name() + " is " + own.get(bad) + ", expected finite numbers");
        }
        return own;
    }
}
