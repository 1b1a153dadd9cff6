package io.plumbline.network.onnx;

import static io.plumbline.network.onnx.GraphWriter.real;
import static io.plumbline.network.onnx.GraphWriter.text;

import io.plumbline.backend.Activation;
import io.plumbline.memory.Precision;
import io.plumbline.network.onnx.GraphWriter.Form;
import java.util.List;

/// What each activation is in ONNX. An attribute holds a float, which [OnnxImport] and PyTorch read as the decimal it stands for: 0.01 is 0.01 again. A slope
/// or scale that is no such decimal is, in a file of doubles, written out with a constant:
///
/// | activation | is |
/// |---|---|
/// | LEAKY_RELU, a | relu(x) − a relu(−x) |
/// | ELU, a | relu(x) + a elu(−relu(−x)) with elu of scale 1 |
final class ActivationForms {
    private ActivationForms() {}

    static void write(Activation f, String x, Form form) {
        double a = f.parameter();
        switch (f.kind()) {
            case IDENTITY -> form.last("Identity", List.of(x));
            case SQUARE -> form.last("Mul", List.of(x, x));
            case RELU -> form.last("Relu", List.of(x));
            case LEAKY_RELU -> {
                if (fitsAttribute(a, form)) {
                    form.last("LeakyRelu", List.of(x), real("alpha", a));
                } else {
                    form.last("Sub", List.of(positive(x, form), form.scaled("scaled", a, negative(x, form))));
                }
            }
            case TANH -> form.last("Tanh", List.of(x));
            case SIGMOID -> form.last("Sigmoid", List.of(x));
            case SOFTPLUS -> form.last("Softplus", List.of(x));
            case GELU -> form.last("Gelu", List.of(x), text("approximate", "none"));
            case GELU_TANH -> form.last("Gelu", List.of(x), text("approximate", "tanh"));
            case SILU -> form.last("Mul", List.of(x, form.part("gate", "Sigmoid", List.of(x))));
            case ELU -> {
                if (fitsAttribute(a, form)) {
                    form.last("Elu", List.of(x), real("alpha", a));
                } else {
                    String below = form.part("elu", "Elu", List.of(form.scaled("below", -1, negative(x, form))), real("alpha", 1));
                    form.last("Add", List.of(positive(x, form), form.scaled("scaled", a, below)));
                }
            }
            case CLIP -> form.last("Clip", List.of(x, form.number("least", 0), form.number("most", a)));
            case ABS -> form.last("Abs", List.of(x));
            case SQRT -> form.last("Sqrt", List.of(x));
            case RECIPROCAL -> form.last("Reciprocal", List.of(x));
            case EXP -> form.last("Exp", List.of(x));
            case LOG -> form.last("Log", List.of(x));
        }
    }

    private static boolean fitsAttribute(double a, Form form) {
        return form.graph().precision() == Precision.F32 || Double.parseDouble(Float.toString((float) a)) == a;
    }

    /// max(x, 0)
    private static String positive(String x, Form form) {
        return form.part("positive", "Relu", List.of(x));
    }

    /// max(−x, 0)
    private static String negative(String x, Form form) {
        return form.part("negative", "Relu", List.of(form.part("negated", "Neg", List.of(x))));
    }
}
