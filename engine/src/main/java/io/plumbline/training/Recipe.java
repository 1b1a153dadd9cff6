package io.plumbline.training;

/// How a replica descends. With g_t the gradient of step t at θ_t, its noise included, and v_0 = 0:
///
/// v_{t+1} = m·v_t + g_t,  θ_{t+1} = θ_t − η_t·v_{t+1}
///
/// (heavy ball, as torch.optim.SGD has it without dampening; not θ_{t+1} = θ_t − η g_t + m(θ_t − θ_{t−1}), which is the same while η is constant).
/// m = 0 is plain descent.
///
/// @param learningRate η, positive
/// @param momentum     m, in [0, 1)
/// @param batchSize    B: what a batch holds, or what the noise's covariance is divided by
/// @param seed         of all that is random: two replicas of one recipe and one θ go the same way
public record Recipe(double learningRate, Schedule schedule, double momentum, int batchSize, Sampling sampling, Noise noise, long seed) {
    /// @throws IllegalArgumentException if a number is out of range
    public Recipe {
        if (!(learningRate > 0 && Double.isFinite(learningRate))) {
            throw new IllegalArgumentException("learning rate: found " + learningRate + ", expected a positive number");
        }
        if (!(momentum >= 0 && momentum < 1)) {
            throw new IllegalArgumentException("momentum: found " + momentum + ", expected at least 0, below 1");
        }
        if (batchSize < 1) {
            throw new IllegalArgumentException("batch size: found " + batchSize + ", expected at least 1");
        }
    }

    /// SGD with replacement at a constant learning rate.
    public static Recipe sgd(double learningRate, int batchSize, long seed) {
        return new Recipe(learningRate, Schedule.CONSTANT, 0, batchSize, Sampling.WITH, Noise.SAMPLING, seed);
    }

    /// Gradient descent at a constant learning rate.
    public static Recipe gradientDescent(double learningRate) {
        return new Recipe(learningRate, Schedule.CONSTANT, 0, 1, Sampling.WITH, Noise.NONE, 0);
    }

    /// The same with another seed.
    public Recipe withSeed(long other) {
        return new Recipe(learningRate, schedule, momentum, batchSize, sampling, noise, other);
    }

    /// η_t.
    public double rate(long step) {
        return schedule.rate(learningRate, step);
    }

    /// Steps that go through as many examples as there are: ⌈n/B⌉ with batches, 1 with the full gradient.
    public long stepsAnEpoch(int examples) {
        return noise.law() == Noise.Law.SAMPLING ? Math.ceilDiv(examples, batchSize) : 1;
    }
}
