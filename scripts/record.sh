#!/usr/bin/env bash
# Records what a server does under the benchmark's loads, so that a release can be laid out by it (scripts/release.sh): a
# folder in target/record with hot.profdata and, where GCC compiles SQLite, hot.gcda. Takes some ten minutes.
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
gcc=() link=()
if [ "$(printf '__clang__ __GNUC__' | ${CC:-cc} -E -P - 2>/dev/null | cut -d ' ' -f 1)" = __clang__ ]; then
  gcc=(-fprofile-generate -fprofile-update=prefer-atomic -dumpdir "$counts/" -dumpbase hot)
  link=(", '-Clink-arg=-lgcov'")
fi
# Programs that only take part in the build count too; their counts are left aside.
CC=$(compiler_of_sqlite ${gcc[@]+"${gcc[@]}"}) LLVM_PROFILE_FILE="$counts/build/%m.profraw" CARGO_TARGET_DIR=target/counting \
  cargo build --release --locked --quiet --config "build.rustflags=['-Cprofile-generate=$counts'${link[*]-}]" --bin jindou ||
  die "the build failed (its messages are above)"
say "running the loads"
JINDOU_BIN=target/counting/release/jindou target/release/jindou-bench --rows 10000 --seconds 1 --apart-rows 20000 --import-rows 50000 \
  --only get,query,cond,gres,getsub,add,set,batch,mixed,static,scan,hundred,bulk || die "the loads failed"
made=$(mktemp -d -p target)
"$profdata" merge --sparse -o "$made/hot.profdata" "$counts"/*.profraw
if [ -s "$counts/hot.gcda" ]; then cp "$counts/hot.gcda" "$made/"; fi
name=$(cat "$made"/hot.* | cksum | cut -d ' ' -f 1)
mkdir -p target/record
rm -rf "target/record/$name"
mv "$made" "target/record/$name"
printf '%s\n' "$name" >target/record/newest
note "recorded in target/record/$name"
