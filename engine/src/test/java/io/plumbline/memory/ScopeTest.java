package io.plumbline.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScopeTest {
    @Test
    void closesLastOpenedFirstAndAllOfThem() {
        List<String> closed = new ArrayList<>();
        var scope = new Scope();
        scope.own(() -> closed.add("first"));
        scope.own(() -> {
            closed.add("second");
            throw new IllegalStateException("second fails");
        });
        scope.own(() -> {
            closed.add("third");
            throw new IllegalArgumentException("third fails");
        });
        var failure = assertThrows(IllegalArgumentException.class, scope::close);
        assertEquals(List.of("third", "second", "first"), closed);
        assertEquals("third fails", failure.getMessage());
        assertEquals("second fails", failure.getSuppressed()[0].getMessage());
        scope.close();
        assertEquals(3, closed.size());
    }

    @Test
    void closesWhatIsGivenToItTooLate() {
        List<String> closed = new ArrayList<>();
        var scope = new Scope();
        scope.close();
        assertThrows(IllegalStateException.class, () -> scope.own(() -> closed.add("late")));
        assertEquals(List.of("late"), closed);
    }
}
