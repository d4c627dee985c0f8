#!/usr/bin/env bash
# Runs the benchmark of bench/ against a release build.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source scripts/tools.sh

[ -x bench/run ] || die "there is no bench/run in this version"
need_cc
need_cargo
scripts/web.sh
say "building"
cargo build --release --locked --quiet || die "the build failed (its messages are above)"
JINDOU_BIN="$PWD/target/release/jindou" exec bench/run "$@"
