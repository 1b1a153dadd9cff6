package io.plumbline.backend.cuda;

import java.lang.foreign.MemorySegment;
import jcuda.Pointer;

/// A host address for JCuda, whatever it points to and however large that is.
final class Raw extends Pointer {
    Raw(long address) {
        super(address);
    }

    Raw(MemorySegment segment) {
        super(segment.address());
    }
}
