package io.plumbline.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/// Vectors of float or double under one type, `Number`: what templates are written in.
@SuppressWarnings("unchecked")
final class Lanes {
    private Lanes() {}

    /// The longest vectors of this machine.
    static VectorSpecies<Number> species(boolean isDouble) {
        return (VectorSpecies<Number>) (VectorSpecies<?>) (isDouble ? DoubleVector.SPECIES_PREFERRED : FloatVector.SPECIES_PREFERRED);
    }

    /// `value`, rounded, in every lane.
    static Vector<Number> splat(boolean isDouble, double value) {
        Vector<?> v = isDouble
                ? DoubleVector.broadcast(DoubleVector.SPECIES_PREFERRED, value)
                : FloatVector.broadcast(FloatVector.SPECIES_PREFERRED, (float) value);
        return (Vector<Number>) v;
    }

    /// The numbers at `address` in the lanes of the mask, 0 in the others.
    static Vector<Number> load(boolean isDouble, long address, VectorMask<Number> mask) {
        Vector<?> v = isDouble
                ? DoubleVector.fromMemorySegment(
                        DoubleVector.SPECIES_PREFERRED, Memory.ALL, address, ByteOrder.nativeOrder(), (VectorMask<Double>) (VectorMask<?>) mask)
                : FloatVector.fromMemorySegment(
                        FloatVector.SPECIES_PREFERRED, Memory.ALL, address, ByteOrder.nativeOrder(), (VectorMask<Float>) (VectorMask<?>) mask);
        return (Vector<Number>) v;
    }

    /// Memory with a vector for each value that has it in every lane.
    static MemorySegment repeated(boolean isDouble, double... values) {
        VectorSpecies<Number> species = species(isDouble);
        MemorySegment memory = Arena.global().allocate((long) values.length * species.vectorByteSize(), species.vectorByteSize());
        for (int i = 0; i < values.length; i++) {
            splat(isDouble, values[i]).intoMemorySegment(memory, (long) i * species.vectorByteSize(), ByteOrder.nativeOrder());
        }
        return memory;
    }
}
