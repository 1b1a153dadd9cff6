package io.plumbline.validate.selfcheck;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Which checks are made: those of these groups, and of subjects (primitives, identities, networks) whose names contain one of `subjects`, in whatever case; of all
/// subjects where there are none.
public record Selection(Set<Group> groups, List<String> subjects) {
    /// Copies both.
    public Selection {
        groups = Set.copyOf(groups);
        subjects = subjects.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
    }

    boolean has(Item item) {
        String subject = item.subject().toLowerCase(Locale.ROOT);
        return subjects.isEmpty() || subjects.stream().anyMatch(subject::contains);
    }
}
