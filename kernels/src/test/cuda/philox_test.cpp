// philox.cuh against the known answers of its authors (Random123, kat_vectors) and against the table that the Java class printed.
// Usage: philox_test philox.txt
#include "philox.cuh"

#include <cinttypes>
#include <cstdio>
#include <cstring>

using plumbline::Philox;
using plumbline::PhiloxBlock;

static int failures = 0;

static void expect(bool holds, const char* what, std::uint64_t seed, std::uint64_t index) {
    if (!holds) {
        failures++;
        std::fprintf(stderr, "philox: %s differs at seed %" PRIx64 ", index %" PRIx64 "\n", what, seed, index);
    }
}

static void expectWords(const PhiloxBlock& found, const std::uint32_t (&expected)[4], std::uint64_t seed, std::uint64_t index) {
    expect(std::memcmp(found.word, expected, sizeof expected) == 0, "block", seed, index);
}

static double fromBits(std::uint64_t bits) {
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

static void knownAnswers() {
    const std::uint64_t ones = ~std::uint64_t{0};
    expectWords(plumbline::philox4x32(0, 0, 0), {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, 0, 0);
    expectWords(plumbline::philox4x32(ones, ones, ones), {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}, ones, ones);
    expectWords(plumbline::philox4x32(0x85a308d3243f6a88u, 0x0370734413198a2eu, 0x299f31d0a4093822u),
                {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}, 0x299f31d0a4093822u, 0x85a308d3243f6a88u);
}

// One side's normal: ln to 1 ulp, halved by the root, and the root, the cosine to 1 ulp, the product: (½ + ½ + 1 + ½)·2⁻⁵², relative; two sides,
// twice that; 6 for 5 covers the products of errors.
static int table(const char* path) {
    std::FILE* file = std::fopen(path, "r");
    if (file == nullptr) {
        std::perror(path);
        failures++;
        return 0;
    }
    int rows = 0;
    char line[512];
    while (std::fgets(line, sizeof line, file) != nullptr) {
        if (line[0] == '#') {
            continue;
        }
        std::uint64_t seed, stream, index, uniform, normal;
        std::uint32_t word[4], below;
        int sign;
        const int read = std::sscanf(line,
                                     "%" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx32 " %" SCNx32 " %" SCNx32 " %" SCNx32 " %" SCNx64 " %" SCNx64
                                     " %" SCNx32 " %d",
                                     &seed, &stream, &index, &word[0], &word[1], &word[2], &word[3], &uniform, &normal, &below, &sign);
        if (read != 11) {
            std::fprintf(stderr, "%s: row %d has %d fields, expected 11\n", path, rows + 1, read);
            failures++;
            break;
        }
        const Philox random{seed, stream};
        expectWords(random.block(index), word, seed, index);
        expect(random.uniform(index) == fromBits(uniform), "uniform", seed, index);
        expect(std::fabs(random.normal(index) - fromBits(normal)) <= 6 * 0x1p-52 * std::fabs(fromBits(normal)), "normal", seed, index);
        expect(random.below(index, 1000003) == below, "below", seed, index);
        expect(random.rademacher(index) == sign, "rademacher", seed, index);
        rows++;
    }
    std::fclose(file);
    return rows;
}

int main(int count, char** arguments) {
    if (count != 2) {
        std::fprintf(stderr, "usage: philox_test TABLE\n");
        return 2;
    }
    knownAnswers();
    const int rows = table(arguments[1]);
    if (rows == 0) {
        std::fprintf(stderr, "%s: no rows\n", arguments[1]);
        failures++;
    }
    std::printf("%s philox: 3 known answers and %d rows of the table, %d differences\n", failures == 0 ? "ok" : "FAILED", rows, failures);
    return failures == 0 ? 0 : 1;
}
