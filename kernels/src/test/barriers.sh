#!/usr/bin/env bash
# Whether each barrier in the kernels is needed, and whether the checks would notice if it were missing: leaves out one after another and runs
# `plumbline selfcheck --device cuda` on images that say their accesses (src/emulator/accesses.h) until the first check fails. A line a barrier.
#
#   barriers.sh BUILD [PLACE...]      BUILD: where `make emulator-races` built; PLACE: tile.cuh:156, by default all of them but those "of no need"
#
# The exit status is 1 where a barrier can be left out and nothing fails: it is not needed, or the checks do not reach it.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=$(realpath "$1")
shift
mapfile -t places < <(if [ $# -gt 0 ]; then printf '%s\n' "$@"; else
    grep -nE '__sync(threads|warp)[a-z_]*\(' src/main/cuda/* | grep -v 'of no need' | sed -E 's|.*/([^:/]+:[0-9]+):.*|\1|'; fi)
# One multiprocessor: fewer blocks, so that each of them goes through its loop more than once.
export PLUMBLINE_EMULATOR_MULTIPROCESSORS=1
export PLUMBLINE_JAVA_OPTIONS="-Dplumbline.cuda.libraries=$build/emulator -Dplumbline.cuda.kernels=$build/emulator-races"

# The first check that fails without the barrier at $1, of those that the other arguments select.
failure() {
    local selfcheck lines found=1
    exec {lines}< <(PLUMBLINE_EMULATOR_LEFT_OUT=$1 exec ../plumbline selfcheck --device cuda "${@:2}" 2>/dev/null)
    selfcheck=$!
    grep -m 1 FAILED <&"$lines" && found=0
    kill "$selfcheck" 2>/dev/null
    exec {lines}<&-
    wait "$selfcheck" 2>/dev/null
    return $found
}

status=0
for place in "${places[@]}"; do
    # First where it is reached soon, then everywhere.
    case $place in
        batches.* | dense_* | descend.* | sums.*) soon=(--only fcn:4) ;;
        *) soon=(--group primitives) ;;
    esac
    if said=$(failure "$place" "${soon[@]}") || said=$(failure "$place"); then
        printf 'ok %s is needed: %s\n' "$place" "$(tr -s ' ' <<<"$said")"
    else
        printf 'FAILED %s: nothing fails without it\n' "$place"
        status=1
    fi
done
exit $status
