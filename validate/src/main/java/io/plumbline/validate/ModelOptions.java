package io.plumbline.validate;

import io.plumbline.network.Architectures;
import io.plumbline.validate.task.Model;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The network and the point θ.
final class ModelOptions {
    @Parameters(
            paramLabel = "MODEL",
            description = "An ONNX file, or a built-in network: " + Architectures.GRAMMAR + ".")
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
            description = "How a built-in network is initialised: lecun, he, glorot or, with residual blocks, fixup; with a scale as in he:0.5 "
                    + "(default: fixup for resnets, he for all others).")
    private String init;

    @Option(names = "--theta", paramLabel = "FILE.npy",
            description = "The point: a vector of all trainable parameters, in the order of `parameters`.")
    private String theta;

    Model model(long seed) {
        return new Model(model, frozen, init, theta, seed);
    }
}
