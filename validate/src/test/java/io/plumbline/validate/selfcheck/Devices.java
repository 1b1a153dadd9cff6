package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;

/// Devices made of the reference, right and wrong ones.
final class Devices {
    private Devices() {}

    /// What happens instead of a call.
    interface Handler {
        Object call(Method method, Object[] arguments) throws Throwable;
    }

    /// The reference under another name, but for what `handler` does with calls of all methods but `name`.
    static Backend of(String name, Handler handler) {
        return (Backend) Proxy.newProxyInstance(Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (_, method, arguments) -> {
            try {
                return method.getName().equals("name") ? name : handler.call(method, arguments);
            } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
            }
        });
    }

    static Handler reference() {
        return (method, arguments) -> method.invoke(Subject.REFERENCE, arguments);
    }

    /// The entry at `entry` of what `primitive` computes is off by 100 times its bound.
    static Handler offByHundredBounds(String primitive, int entry) {
        int[] at = new int[1];
        // Rounded errs by its sign times 2⁻²⁴, a bound in double is (2⁻⁵³ + 2⁻⁵³) of the same.
        var off = new Rounded(Precision.F64, () -> at[0]++ == entry ? 100 * 0x1p-52 / Rounded.UNIT : 0);
        return (method, arguments) -> {
            at[0] = 0;
            return method.invoke(method.getName().equals(primitive) ? off : Subject.REFERENCE, arguments);
        };
    }

    /// The last entry of what `primitive` computes is the number next to the right one.
    static Handler offByABit(String primitive) {
        return (method, arguments) -> {
            Object result = method.invoke(Subject.REFERENCE, arguments);
            if (method.getName().equals(primitive)) {
                Tensor out = result(arguments);
                Tensor entry = new Tensor(out.buffer(), out.offset() + out.length() - 1, 1, 1);
                try (var matrices = new Matrices(Subject.REFERENCE)) {
                    Subject.REFERENCE.fill(entry, Math.nextUp(matrices.entries(entry)[0]));
                }
            }
            return result;
        };
    }

    /// What `primitive` computes is rounded to float.
    static Handler throughFloat(String primitive) {
        return (method, arguments) -> {
            Object result = method.invoke(Subject.REFERENCE, arguments);
            if (method.getName().equals(primitive)) {
                Tensor out = result(arguments);
                var host = ((HostBuffer) out.buffer()).slice(out.offset(), out.length());
                for (long i = 0; i < host.length(); i++) {
                    host.set(i, (float) host.get(i));
                }
            }
            return result;
        };
    }

    /// The last row of what `primitive` computes stays as it was.
    static Handler withoutLastRow(String primitive) {
        return (method, arguments) -> {
            if (!method.getName().equals(primitive)) {
                return method.invoke(Subject.REFERENCE, arguments);
            }
            Tensor out = result(arguments);
            Tensor row = out.rows(out.rows() - 1, 1);
            try (var matrices = new Matrices(Subject.REFERENCE)) {
                double[] before = matrices.entries(row);
                Object result = method.invoke(Subject.REFERENCE, arguments);
                Subject.REFERENCE.product(1, matrices.of(before, 1, row.columns()), null, false, row);
                return result;
            }
        };
    }

    /// `primitive` writes where it should add, and adds where it should write.
    static Handler addingForWriting(String primitive) {
        return (method, arguments) -> {
            if (method.getName().equals(primitive)) {
                int last = Arrays.asList(method.getParameterTypes()).lastIndexOf(boolean.class);
                arguments[last] = !(boolean) arguments[last];
            }
            return method.invoke(Subject.REFERENCE, arguments);
        };
    }

    private static Tensor result(Object[] arguments) {
        return (Tensor) Arrays.stream(arguments).filter(Tensor.class::isInstance).reduce((_, last) -> last).orElseThrow();
    }
}
