#!/usr/bin/env bash
# Everything that is measured on a GPU host, from a bundle (`./plumbline bundle --with-bench`): checks, the roofline, the peers' figures, the sanitizers.
#
#   bench/gpu.sh BUNDLE OUT [STEP...]     BUNDLE: its folder; OUT: a folder for logs and tables; steps, in order, by default all of
#       devices selfcheck roofline replicas exact peers sanitize
#
# `exact` is the pass over all pairs of as many examples as CIFAR-10 has, of its size: n = 50,000, VGG-11 of full width. The sanitizers begin with races, and those with the Gram
# pass. A line says what each step took. `roofline` leaves the roofline's part `replicas` to the step of that name: steps of SGD a second of 1, 1,024 and 8,192 replicas of a small network.
#
# Needs no JDK. `peers` needs Python with torch (and jax); `sanitize` needs compute-sanitizer. A step that fails does not keep the others from running; the exit status is
# the number of those that failed.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bundle=$1
out=$2
shift 2
steps=${*:-devices selfcheck roofline replicas exact peers sanitize}
mkdir -p "$out"

devices() {
    nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm --format=csv,noheader
    "$bundle/plumbline" devices
}

selfcheck() {
    local status=0
    for precision in f32 f64; do
        "$bundle/plumbline" selfcheck --device cuda --precision $precision --json "$out/selfcheck-$precision.json" >"$out/selfcheck-$precision.txt" || status=1
        grep -E 'FAILED|checks,' "$out/selfcheck-$precision.txt" | head -40
    done
    return $status
}

roofline() {
    local status=0
    for precision in f32 f64; do
        "$bundle/plumbline" bench roofline --device cuda --precision $precision --parts gradients,gram,networks --json "$out/roofline-$precision.json" || status=1
    done
    return $status
}

replicas() {
    local status=0
    for precision in f32 f64; do
        "$bundle/plumbline" bench roofline --device cuda --precision $precision --parts replicas --json "$out/replicas-$precision.json" || status=1
    done
    return $status
}

exact() {
    "$bundle/plumbline" measure vgg11 --data gaussian:n=50000,d=3072 --device cuda --precision f32 --quantities loss,alignment --json "$out/exact.json"
}

peers() {
    local status=0
    for run in "fcn 7 cuda 1000" "fcn 7 cuda 16384" "cnn 7 cuda 500" "vgg11 3 cuda 1024"; do
        # shellcheck disable=SC2086 # four arguments
        timeout 120 python3 "$here/peers/torch_func.py" $run || status=1
    done
    timeout 120 python3 "$here/peers/jax_func.py" 7 1000 || status=1
    timeout 120 python3 "$here/peers/jax_func.py" 7 16384 || status=1
    return $status
}

# Small problems that call every kernel: the sanitizers slow them down some hundred times. Races of the Gram pass, the longest of them, by themselves and first.
sanitize() {
    local status=0 tool only
    for run in racecheck:gram,rowProducts racecheck: memcheck: synccheck: initcheck:; do
        tool=${run%%:*}
        only=${run#*:}
        # shellcheck disable=SC2086 # an option and its value, or nothing
        timeout 150 compute-sanitizer --tool $tool --error-exitcode 9 --target-processes all "$bundle/plumbline" selfcheck --device cuda --precision f32 \
            --group primitives ${only:+--only $only} >"$out/sanitizer-$tool${only:+-gram}.txt" 2>&1 || status=1
        tail -n 3 "$out/sanitizer-$tool${only:+-gram}.txt"
    done
    return $status
}

failed=0
for step in $steps; do
    echo "== $step"
    SECONDS=0
    $step 2>&1 | tee "$out/$step.log" || failed=$((failed + 1))
    echo "== $step took $SECONDS s"
done
exit $failed
