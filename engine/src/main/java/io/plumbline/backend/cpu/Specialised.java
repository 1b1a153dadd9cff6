package io.plumbline.backend.cpu;

import java.io.IOException;
import java.io.InputStream;
import java.lang.constant.ConstantDescs;
import java.lang.invoke.MethodHandles;
import java.util.HashMap;
import java.util.Map;

/// Loads a template class once for each case (a precision, an activation function): a hidden class from the same bytes, whose `static final`
/// fields come from the case. The compiler sees them as constants, folds what the case does not need, and shares no profile between cases;
/// so there is one source for float and double and nothing is boxed.
final class Specialised {
    private record Key(Class<?> template, Object data) {}

    private static final Map<Key, Object> LOADED = new HashMap<>();

    private Specialised() {}

    /// The template's instance for this case; `data` is compared by value.
    ///
    /// @param kernel what the template implements
    static synchronized <T> T of(Class<T> kernel, Class<? extends T> template, Record data) {
        var key = new Key(template, data);
        Object instance = LOADED.get(key);
        if (instance == null) {
            // Not computeIfAbsent: a template may ask for another one.
            instance = load(template, data);
            LOADED.put(key, instance);
        }
        return kernel.cast(instance);
    }

    private static Object load(Class<?> template, Object data) {
        try (InputStream bytes = template.getResourceAsStream(template.getSimpleName() + ".class")) {
            if (bytes == null) {
                throw new IllegalStateException("cpu: the class file of " + template.getName() + " is not on the class path");
            }
            var lookup = MethodHandles.lookup().defineHiddenClassWithClassData(bytes.readAllBytes(), data, true);
            var constructor = lookup.lookupClass().getDeclaredConstructor();
            return constructor.newInstance();
        } catch (IOException | ReflectiveOperationException failure) {
            throw new IllegalStateException("cpu: loading " + template.getName() + " for " + data, failure);
        }
    }

    /// The case that the calling template was loaded for; its own lookup proves who asks.
    static <T> T data(MethodHandles.Lookup template, Class<T> type) {
        try {
            return MethodHandles.classData(template, ConstantDescs.DEFAULT_NAME, type);
        } catch (IllegalAccessException failure) {
            throw new IllegalStateException("cpu: class data of " + template.lookupClass(), failure);
        }
    }
}
