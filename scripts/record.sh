#!/usr/bin/env bash
# Records what a release does under the benchmark's loads, for the builds that follow: bench/hot.profdata, and of SQLite
# bench/hot.gcda. To be run again when much has changed, or with a new compiler (then see RECORD_LLVM and RECORD_GCC in
# tools.sh); takes some fifteen minutes.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source scripts/tools.sh

need_cc
need_cargo
profdata=$(rustc --print target-libdir)/../bin/llvm-profdata
[ -x "$profdata" ] || quietly rustup component add llvm-tools || die "llvm-tools is missing: run rustup component add llvm-tools"
scripts/web.sh
say "building the clients"
build_release --features bench --bin jindou-bench
say "building a server that counts"
counts=$PWD/target/counts
rm -rf "$counts"
# Programs that only take part in the build count too; their counts are nobody's business.
cc=$(compiler_of_sqlite -fprofile-generate -fprofile-update=prefer-atomic -dumpdir "$counts/" -dumpbase hot)
CC=$cc LLVM_PROFILE_FILE="$counts/build/%m.profraw" CARGO_TARGET_DIR=target/counting cargo build --release --locked --quiet \
  --config "build.rustflags=['-Cprofile-generate=$counts', '-Clink-arg=-lgcov']" --bin jindou || die "the build failed (its messages are above)"
say "running the loads"
JINDOU_BIN=target/counting/release/jindou target/release/jindou-bench --rows 10000 --seconds 1 --apart-rows 20000 --import-rows 50000 \
  --only get,query,cond,gres,getsub,add,set,batch,mixed,static,scan,hundred,bulk || die "the loads failed"
"$profdata" merge --sparse -o bench/hot.profdata "$counts"/*.profraw
cp "$counts/hot.gcda" bench/hot.gcda
note "$(wc -c <bench/hot.profdata) bytes in bench/hot.profdata, $(wc -c <bench/hot.gcda) in bench/hot.gcda"
