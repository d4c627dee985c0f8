#!/usr/bin/env bash
# Prints how many machine instructions one call costs, per workload: a count, not a time, so that it is the same on a
# busy machine. Each is the difference between a run of N and one of 2 N calls, divided by N.
#   scripts/count.sh [--bin FILE] [-n N] [WORKLOAD…]
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source scripts/tools.sh

bin=target/measure/jindou-count n=320 workloads=()
while (($#)); do
  case $1 in
    --bin) bin=$2 && shift 2 ;;
    -n) n=$2 && shift 2 ;;
    *) workloads+=("$1") && shift ;;
  esac
done
((${#workloads[@]})) || workloads=(get query add set)
have valgrind || die "valgrind is missing: on Debian, apt-get install valgrind"
[ -x "$bin" ] || die "there is no $bin: cargo build --profile measure --features bench --bin jindou-count"

instructions() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bin" "$1" "$2" 2>&1 | sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

for workload in "${workloads[@]}"; do
  # The two runs share no state.
  once=$(instructions "$workload" "$n") twice=$(instructions "$workload" $((2 * n)))
  printf '%s %d\n' "$workload" $(((twice - once) / n))
done
