package io.plumbline.derivative;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.GramTerm;
import io.plumbline.backend.Workspace;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.derivative.GramPlan.Choice;
import io.plumbline.derivative.Limits.Contraction;
import io.plumbline.layer.Convolve;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Kernel;
import io.plumbline.layer.Reshape;
import io.plumbline.layer.Shape;
import io.plumbline.network.Network;
import io.plumbline.network.Network.Value;
import org.junit.jupiter.api.Test;

/// How parameters enter Gram tiles: by counted multiply-adds for a pair of examples, by what an example holds, or as forced.
class GramPlanTest {
    private static final long GIB = 1L << 30;

    private static GramPlan plan(Cases.Case c, Limits limits) {
        try (var data = c.dataset();
                var surface = LossSurface.of(c.network(), data, new ReferenceBackend(), limits);
                var point = surface.at(c.network().initialTheta())) {
            return point.gramPlan();
        }
    }

    private static Choice choice(Cases.Case c, Limits limits, String parameter) {
        return plan(c, limits).choices().stream().filter(choice -> choice.parameter().equals(parameter)).findFirst().orElseThrow();
    }

    private static Cases.Case find(String name) {
        return Cases.list().stream().filter(c -> c.name().startsWith(name)).findFirst().orElseThrow();
    }

    /// Dense 31 → 33 at K = 3: factored 31 + 9·33 multiply-adds a pair, explicit 9·31·33.
    @Test
    void countsDenseLayers() {
        assertEquals(new Choice("2.weight", true, 31 + 9 * 33, 9 * 31 * 33, 0, 3 * 31 * 33),
                choice(find("fcn 7-31-33-3"), Limits.DEFAULT, "2.weight"));
    }

    /// Weights and biases of three layers are three terms: a bias is the plus one of its weights, whose cotangents it shares.
    @Test
    void biasesGoIntoTheirWeights() {
        var c = find("fcn 5-7-4-1 TANH");
        try (var data = c.dataset();
                var surface = LossSurface.of(c.network(), data, new ReferenceBackend(), new Limits(GIB, 0, Contraction.FACTORED));
                var point = surface.at(c.network().initialTheta());
                var workspace = new Workspace(surface.backend())) {
            var features = GramFeatures.of(point.graph(), point.gramPlan(), surface.x(), null, (from, outputs) -> {}, workspace);
            var terms = GramFeatures.terms(features, features);
            assertEquals(3, terms.size());
            assertTrue(terms.stream().allMatch(GramTerm::plusOne));
        }
    }

    /// The weights of a diagonal network are an expression of parameters, which has no factors.
    @Test
    void expressionsOfParametersAreExplicit() {
        assertEquals(new Choice("u", false, -1, 7, -1, 7), choice(find("diagonal"), Limits.DEFAULT, "u"));
    }

    /// A 3 × 3 convolution of `channels` to as many on size × size images: T = size² positions.
    private static Cases.Case square(int channels, int size, int outputs) {
        var b = Network.builder("square", Shape.of(channels, size, size));
        Value w = Cases.parameter(b, "w", true, channels, channels, 3, 3);
        Value bias = Cases.parameter(b, "b", true, channels);
        Value last = Cases.parameter(b, "last", true, outputs, channels * size * size);
        Value h = b.apply("conv", new Convolve(Kernel.square(3, 1, 1), 1), b.input(), w, bias);
        return new Cases.Case("square",
                b.build(b.apply("out", new Dense(true), b.apply("flat", new Reshape(Shape.of(channels * size * size)), h), last)), 3);
    }

    /// Factored T²(9C + C + 1) against explicit 9C²: at 2 × 2 positions 16·331 against 9801 for C = 33, at 3 × 3 positions 81·331. Factors are T(9C + C) numbers
    /// an example. With K outputs the cotangents' part, the combination and the explicit gradients count K² times, activations once.
    @Test
    void countsConvolutionsOverPositions() {
        assertEquals(new Choice("w", true, 16 * 331, 9801, 4 * 330, 9801), choice(square(33, 2, 1), Limits.DEFAULT, "w"));
        assertEquals(new Choice("w", false, 81 * 331, 9801, 9 * 330, 9801), choice(square(33, 3, 1), Limits.DEFAULT, "w"));
        assertEquals(new Choice("w", true, 16 * (297 + 4 * 34), 4 * 9801, 4 * 297 + 2 * 4 * 33, 2 * 9801),
                choice(square(33, 2, 2), Limits.DEFAULT, "w"));
        assertEquals(new Choice("b", false, -1, 33, -1, 33), choice(square(33, 2, 1), Limits.DEFAULT, "b"));
    }

    @Test
    void contractionsCanBeForced() {
        assertTrue(choice(square(33, 3, 1), new Limits(GIB, 0, Contraction.FACTORED), "w").factored());
        assertTrue(plan(square(33, 2, 1), new Limits(GIB, 0, Contraction.EXPLICIT)).choices().stream().noneMatch(Choice::factored));
    }

    /// Two sides of 32 examples with 9801 + 330 numbers of 8 bytes are 5.2 MB, more than a fifth of 16 MiB; with 9·330 + 330 they are 1.7 MB.
    @Test
    void goesOverToFactorsWhereGradientsDoNotFit() {
        assertTrue(choice(square(33, 3, 1), new Limits(1 << 24, 0), "w").factored());
        assertTrue(!choice(square(33, 3, 1), new Limits(1 << 25, 0), "w").factored());
    }

    /// Three uses of T = 12 positions: nine products of factors, each of T² pairs of positions.
    @Test
    void countsCrossTermsOfTiedWeights() {
        Choice choice = choice(find("one convolution three times"), new Limits(GIB, 0, Contraction.FACTORED), "w");
        assertEquals(new Choice("w", true, 9 * 144 * (18 + 2 + 1), 36, 3 * 12 * 20, 36), choice);
    }
}
