package io.plumbline.backend;

/// A piece of work that is done again and again: always the same calls of the backend with the same tensors, in which only the numbers differ. Where each call costs
/// more than what it asks for, as on a device, what was asked once can be asked again at one stroke.
///
/// One owner closes it, before it closes tensors that the work uses. One thread at a time.
public interface Repetition extends AutoCloseable {
    /// Does the work: runs `work`, or does what it did the times before without running it.
    ///
    /// @param work neither reads results nor copies from or to the host; begins anew each time it is run, so that running it once more in between does no harm
    void run(Runnable work);

    /// Forgets it. Closing twice is harmless.
    @Override
    void close();

    /// Runs the work each time.
    static Repetition plain() {
        return new Repetition() {
            @Override
            public void run(Runnable work) {
                work.run();
            }

            @Override
            public void close() {}
        };
    }
}
