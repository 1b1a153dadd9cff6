import io.plumbline.data.Philox;

/// Prints what io.plumbline.data.Philox draws; `make table` keeps it in philox.txt, which philox_test.cpp holds philox.cuh against.
class PhiloxTable {
    public static void main(String[] arguments) {
        System.out.println("# Drawn by io.plumbline.data.Philox; hexadecimal, doubles by their bits.");
        System.out.println("# seed stream index w0 w1 w2 w3 (of block index) uniform normal below(1000003) rademacher");
        long[] seeds = {0, 42, 0x299f31d0_a4093822L, -1};
        long[] indices = {0, 1, 2, 3, 30, 31, 32, 127, 128, 129, 1_000_003, 0xFFFFFFFFL, 0x2_0000_0001L, Long.MAX_VALUE, -2, -1};
        for (long seed : seeds) {
            var random = new Philox(seed, seed == 0 ? 0 : Philox.stream("probe"));
            for (long i : indices) {
                int[] words = random.block(i);
                System.out.printf("%x %x %x %08x %08x %08x %08x %x %x %x %d%n", seed, random.stream(), i, words[0], words[1], words[2], words[3],
                        Double.doubleToRawLongBits(random.uniform(i)), Double.doubleToRawLongBits(random.normal(i)), random.below(i, 1_000_003),
                        (int) random.rademacher(i));
            }
        }
    }
}
