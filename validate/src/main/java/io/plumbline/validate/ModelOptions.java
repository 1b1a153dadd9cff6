package io.plumbline.validate;

import io.plumbline.validate.task.Model;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The network and the point θ.
final class ModelOptions {
    @Parameters(
            paramLabel = "MODEL",
            description = {
                "An ONNX file, or a built-in network: fcn:784-256-1[:relu], linear:50-50-1, diagonal:50, rfm:10-1000[-1][:relu]."})
    private String model;

    @Option(
            names = "--frozen",
            paramLabel = "NAME",
            split = ",",
            description = "Initialisers of the ONNX file that are not trained (buffers, random features), separated by commas.")
    private List<String> frozen = List.of();

    @Option(
            names = "--init",
            paramLabel = "LAW",
            description = "How a built-in network is initialised: lecun, he or glorot, with a scale as in he:0.5 (default: he).")
    private String init;

    @Option(names = "--theta", paramLabel = "FILE.npy",
            description = "The point: a vector of all trainable parameters, in the order of `parameters`.")
    private String theta;

    Model model(long seed) {
        return new Model(model, frozen, init, theta, seed);
    }
}
