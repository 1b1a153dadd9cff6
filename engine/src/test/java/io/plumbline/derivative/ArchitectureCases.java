package io.plumbline.derivative;

import io.plumbline.derivative.Cases.Case;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import io.plumbline.network.Network;
import java.util.stream.Stream;

/// The part of the table of small networks that is built in: what the rest does not have, as small as it can be.
final class ArchitectureCases {
    private ArchitectureCases() {}

    static Stream<Case> all() {
        return Stream.of(
                builtIn("diagonal:7:3", 9),
                builtIn("cnn:2x3x5-3-1:softplus", 4),
                new Case("max pooling in cnn:1x4x4-2-3-1:tanh", network("cnn:1x4x4-2-3-1:tanh"), 5),
                builtIn("resnet20:width=0.07,input=1x3x2,activation=tanh", 3));
    }

    private static Case builtIn(String text, int examples) {
        return new Case(text, network(text), examples);
    }

    private static Network network(String text) {
        return Architectures.parse(text, Initialization.parse("he"), 5);
    }
}
