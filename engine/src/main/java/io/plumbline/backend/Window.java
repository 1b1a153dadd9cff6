package io.plumbline.backend;

/// Where a window lies as it slides over the last two axes of a (C, H, W) array: position (a, b) of the result, tap (k, l) of the window, reads row
/// a·stride + k·dilation − padTop and the like for columns. What lies outside the array is padding.
///
/// @param channels C
/// @param height   H
/// @param width    W
/// @param rows     along H
/// @param columns  along W
public record Window(int channels, int height, int width, Span rows, Span columns) {
    /// One axis of a window.
    ///
    /// @param size      taps
    /// @param stride    from position to position
    /// @param dilation  from tap to tap
    /// @param padBefore entries of padding before the array
    /// @param padAfter  entries of padding behind it
    /// @param positions how many the result has
    public record Span(int size, int stride, int dilation, int padBefore, int padAfter, int positions) {
        public Span {
            if (size < 1 || stride < 1 || dilation < 1 || padBefore < 0 || padAfter < 0) {
                throw new IllegalArgumentException(
                        "window: size " + size + ", stride " + stride + ", dilation " + dilation + " and padding " + padBefore
                                + " and " + padAfter + ", expected at least 1, 1, 1, 0 and 0");
            }
        }

        /// The span over an axis of `extent` entries: as many positions as fit. With `ceil`, a last one that reaches beyond the padding counts too, if it
        /// starts before the padding behind the array does (PyTorch's rule).
        ///
        /// @throws IllegalArgumentException if none fits
        public static Span over(int extent, int size, int stride, int dilation, int padBefore, int padAfter, boolean ceil) {
            var open = new Span(size, stride, dilation, padBefore, padAfter, 0);
            long room = (long) extent + padBefore + padAfter - open.reach();
            if (room < 0) {
                throw new IllegalArgumentException("window: " + size + " taps" + (dilation > 1 ? " of dilation " + dilation : "") + " reach over "
                        + open.reach() + " entries, there are " + extent + " and padding " + padBefore + " and " + padAfter);
            }
            long positions = room / stride + 1;
            if (ceil && room % stride != 0 && positions * stride < (long) extent + padBefore) {
                positions++;
            }
            return new Span(size, stride, dilation, padBefore, padAfter, (int) positions);
        }

        /// Entries from the first tap to the last.
        public long reach() {
            return (size - 1L) * dilation + 1;
        }

        /// The entry that tap `tap` reads at `position`; outside 0 … extent − 1 it is padding.
        public int at(int position, int tap) {
            return position * stride + tap * dilation - padBefore;
        }

        /// Taps that count in an average: those within an array of `extent` entries, and within its padding if that is included.
        int counted(int position, int extent, boolean includePadding) {
            int count = 0;
            for (int tap = 0; tap < size; tap++) {
                int at = at(position, tap);
                if (at >= (includePadding ? -padBefore : 0) && at < extent + (includePadding ? padAfter : 0)) {
                    count++;
                }
            }
            return count;
        }

        private boolean seesEntries(int extent) {
            for (int position = 0; position < positions; position++) {
                if (firstTap(position) >= endTap(position, extent)) {
                    return false;
                }
            }
            return true;
        }

        /// The first tap that does not lie before the array.
        public int firstTap(int position) {
            return Math.max(0, Math.ceilDiv(padBefore - position * stride, dilation));
        }

        /// One more than the last tap that does not lie behind an array of `extent` entries.
        public int endTap(int position, int extent) {
            return Math.min(size, Math.floorDiv(extent - 1 + padBefore - position * stride, dilation) + 1);
        }
    }

    /// What an average over the window at `position` is divided by: the taps on the array or, with `includePadding`, on the array and its declared padding.
    public int divisor(int position, boolean includePadding) {
        return rows.counted(position / columns.positions, height, includePadding)
                * columns.counted(position % columns.positions, width, includePadding);
    }

    /// Whether the window sees an entry of the array at every position, not padding alone.
    public boolean seesEntries() {
        return rows.seesEntries(height) && columns.seesEntries(width);
    }

    /// Positions of the result, rows times columns.
    public int positions() {
        return rows.positions * columns.positions;
    }

    /// Taps of the window in one channel.
    public int taps() {
        return rows.size * columns.size;
    }

    /// Entries of the array that it slides over.
    public int size() {
        return channels * height * width;
    }
}
