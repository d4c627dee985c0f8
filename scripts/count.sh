#!/usr/bin/env bash
# Prints how many machine instructions one call costs, per workload: a count, not a time, so that it is the same on a
# busy machine. Each is the difference between a run of N and one of 2 N calls, divided by N.
#   scripts/count.sh [--bin FILE] [-n N] [--bounds FILE] [WORKLOAD…]
# --bounds: fails when a count is past its line in the file.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source scripts/tools.sh

bin=target/measure/jindou-count n=320 workloads=() bounds=''
while (($#)); do
  case $1 in
    --bin) bin=$2 && shift 2 ;;
    -n) n=$2 && shift 2 ;;
    --bounds) bounds=$2 && shift 2 ;;
    *) workloads+=("$1") && shift ;;
  esac
done
((${#workloads[@]})) || workloads=(get query add set)
have valgrind || die "valgrind is missing: on Debian, apt-get install valgrind"
[ -x "$bin" ] || die "there is no $bin: cargo build --profile measure --features bench --bin jindou-count"

instructions() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bin" "$1" "$2" 2>&1 | sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

past=0
for workload in "${workloads[@]}"; do
  # The two runs share no state.
  once=$(instructions "$workload" "$n") twice=$(instructions "$workload" $((2 * n)))
  [ -n "$once" ] && [ -n "$twice" ] || die "$bin $workload did not run to its end"
  count=$(((twice - once) / n))
  most=$([ -z "$bounds" ] || awk -v name="$workload" '$1 == name { print $2 }' "$bounds")
  printf '%s %d%s\n' "$workload" "$count" "${most:+ (at most $most)}"
  if [ -n "$most" ] && ((count > most)); then past=1; fi
done
((past == 0)) || die "a call costs more than it may"
