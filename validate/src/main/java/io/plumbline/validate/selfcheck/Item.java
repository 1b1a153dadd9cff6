package io.plumbline.validate.selfcheck;

/// Something to check, not yet done; fields as in [Check].
record Item(Group group, String subject, String name, String sizes, Trial trial) {
    /// The work.
    interface Trial {
        Deviation run(Subject subject);
    }
}
