package io.plumbline.validate;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/// Tests on the emulated device of module kernels. They run in a JVM of their own (pom.xml), and are skipped where there was no compiler for it.
@Tag("cuda")
@ExtendWith(Emulator.Condition.class)
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface OnEmulator {}
