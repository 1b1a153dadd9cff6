package io.plumbline.derivative;

/// A pass over tiles of examples for which the device's memory was too small, and that went on with smaller tiles: the same bits, in more time.
///
/// @param pass what ran
/// @param from what did not fit
/// @param to   what did, the first time
public record Retiling(String pass, Size from, Size to) {
    /// What a pass takes at a time.
    ///
    /// @param examples   in a tile
    /// @param directions that go through it together, 1 where a pass has none
    public record Size(int examples, int directions) {
        /// Half as much: fewer directions, which share less work then, before fewer examples, of which few leave a device idle. Null if there is nothing smaller.
        ///
        /// @param unit examples of a tile are a multiple of it
        Size smaller(int unit) {
            if (directions > 1) {
                return new Size(examples, directions / 2);
            }
            return examples > unit ? new Size(Math.ceilDiv(examples / 2, unit) * unit, 1) : null;
        }

        /// For people.
        ///
        /// @param other beside which it is named
        private String text(Size other) {
            return examples + " examples"
                    + (directions > 1 || other.directions > 1 ? " along " + directions + (directions == 1 ? " direction" : " directions") : "");
        }
    }

    /// For people, one line: `gram pass: device memory ran out with tiles of 4096 examples; went on with 2048 examples`.
    @Override
    public String toString() {
        return pass + ": device memory ran out with tiles of " + from.text(to) + "; went on with " + to.text(from);
    }
}
