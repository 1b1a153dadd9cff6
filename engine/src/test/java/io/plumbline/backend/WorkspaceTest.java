package io.plumbline.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.OffHeap;
import org.junit.jupiter.api.Test;

class WorkspaceTest {
    @Test
    void framesGiveBackWhatWasCut() {
        try (var workspace = new Workspace(new ReferenceBackend())) {
            Tensor kept = workspace.zeros(3, 5);
            long bytes = OffHeap.currentBytes();
            Tensor first;
            try (var _ = workspace.frame()) {
                first = workspace.zeros(100, 7);
            }
            try (var _ = workspace.frame()) {
                Tensor again = workspace.tensor(100, 7);
                assertEquals(first.offset(), again.offset());
                assertTrue(Double.isNaN(((HostBuffer) again.buffer()).get(again.offset())), "memory that is handed out again is poisoned again");
                Tensor other = workspace.tensor(100, 7);
                assertNotEquals(again.offset(), other.offset());
                assertTrue(Math.abs(other.offset() - again.offset()) >= 700);
            }
            assertEquals(bytes, OffHeap.currentBytes());
            assertEquals(0, ((HostBuffer) kept.buffer()).get(kept.offset() + 14));
        }
    }

    @Test
    void oneWorkspaceAfterAnotherUsesTheSameSlabs() {
        var backend = new ReferenceBackend();
        try (var slabs = new Slabs(backend)) {
            long bytes = 0;
            for (int round = 0; round < 3; round++) {
                try (var first = new Workspace(slabs);
                        var second = new Workspace(slabs)) {
                    assertNotEquals(first.tensor(1000, 1000).buffer(), second.tensor(1000, 1000).buffer());
                }
                assertTrue(round == 0 || bytes == OffHeap.currentBytes());
                bytes = OffHeap.currentBytes();
            }
            try (var small = new Workspace(slabs)) {
                small.tensor(1, 1);
                assertTrue(OffHeap.currentBytes() > bytes, "a slab far larger than needed is left for others");
            }
        }
    }

    @Test
    void useAfterCloseThrows() {
        try (var slabs = new Slabs(new ReferenceBackend())) {
            var workspace = new Workspace(slabs);
            workspace.tensor(1, 1);
            workspace.close();
            workspace.close();
            assertThrows(IllegalStateException.class, () -> workspace.tensor(1, 1));
            assertThrows(IllegalStateException.class, workspace::frame);
        }
    }

    @Test
    void growsBeyondASlabAndReusesItAll() {
        try (var workspace = new Workspace(new ReferenceBackend())) {
            long bytes = 0;
            for (int round = 0; round < 3; round++) {
                try (var _ = workspace.frame()) {
                    workspace.tensor(1000, 50);
                    workspace.tensor(1000, 100);
                    workspace.tensor(10, 10);
                }
                assertTrue(round == 0 || bytes == OffHeap.currentBytes());
                bytes = OffHeap.currentBytes();
            }
        }
    }
}
