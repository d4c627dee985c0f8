#!/usr/bin/env bash
# Everything that must hold: format, lints, documentation, front ends, tests, stories in a browser. All steps run, also after
# one failed. At the end it lists what was skipped and why, and what failed; the last line counts. E2E=0 leaves the browser
# out, SLOW=600 makes what it asks for up to so many ms late.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source scripts/tools.sh

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
passed=0 failed=0 broken=()
# Scripts and tests write here what they leave out (`skipped` in lib.sh).
export JINDOU_SKIPPED=$logs/skipped
: >"$JINDOU_SKIPPED"

# step NAME COMMAND…: a step without counts of its own is nothing when it holds and one failure when not.
step() {
  local name=$1 status=0
  shift
  say "$name"
  "$@" || status=$?
  if ((status != 0)); then
    failed=$((failed + 1))
    broken+=("$name")
  fi
}

# counted NAME COUNTER COMMAND…: COUNTER reads the step's output and prints "passed failed".
counted() {
  local name=$1 counter=$2 status=0 ok=0 bad=0
  shift 2
  say "$name"
  "$@" 2>&1 | tee "$logs/out" || status=$?
  read -r ok bad < <("$counter" "$logs/out") || true
  # What died before it could count is a failure too.
  if ((status != 0 && bad == 0)); then bad=1; fi
  if ((bad > 0)); then broken+=("$name"); fi
  skips "$name" "$logs/out"
  passed=$((passed + ok)) failed=$((failed + bad))
}

# skips NAME OUTPUT: tests that their own programs say they skipped.
skips() {
  sed 's/\x1b\[[0-9;]*m//g' "$2" | awk -v name="$1" '
    /^test result:/ { for (i = 2; i <= NF; i++) if ($i == "ignored;") n += $(i - 1) }
    NF == 3 && ($2 == "skipped" || $2 == "todo") { n += $3 }
    $1 == "Tests" { for (i = 2; i <= NF; i++) if ($i == "skipped" || $i == "todo") n += $(i - 1) }
    END { if (n) printf "%s: %d tests are marked to be skipped\n", name, n }' >>"$JINDOU_SKIPPED"
}

cargo_counts() {
  sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
    /^test result:/ { for (i = 2; i <= NF; i++) { if ($i == "passed;") ok += $(i - 1); if ($i == "failed;") bad += $(i - 1) } }
    END { print ok + 0, bad + 0 }'
}

node_counts() {
  sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
    NF == 3 && $2 == "pass" { ok = $3 }
    NF == 3 && ($2 == "fail" || $2 == "cancelled") { bad[$2] = $3 }
    END { print ok + 0, bad["fail"] + bad["cancelled"] }'
}

vitest_counts() {
  sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
    $1 == "Tests" { for (i = 2; i <= NF; i++) { if ($i == "passed") ok += $(i - 1); if ($i == "failed") bad += $(i - 1) } }
    END { print ok + 0, bad + 0 }'
}

web_tests() { (cd web && npm test --silent); }

calls_cost() {
  cargo build --locked --quiet --features bench --bin jindou-count &&
    scripts/count.sh --bin target/debug/jindou-count -n 64 --bounds bench/bounds
}

web_types() { (cd web && npm run --silent check); }
web_format() { (cd web && npm run --silent format); }
web_lints() { (cd web && npm run --silent lint); }

documentation() { RUSTDOCFLAGS="-D warnings" cargo doc --locked --quiet --workspace --lib --no-deps; }

need_cc
need_cargo
need_cargo_part fmt rustfmt
need_cargo_part clippy clippy
need_node
stories=()
if [ "${E2E:-1}" != 0 ]; then
  while IFS= read -r file; do stories+=("$file"); done < <(find tests/e2e -name '*.test.*js' 2>/dev/null | LC_ALL=C sort)
fi
if ((${#stories[@]})); then need_browser; fi
cargo fetch --locked --quiet || die "the crates could not be fetched (see above)"

if [ -t 1 ]; then export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-always}"; fi
step "format" cargo fmt --all --check
# The pages are part of the library: built first, so that nothing is compiled twice.
step "web build" scripts/web.sh
step "web types" web_types
step "web lints" web_lints
step "web format" web_format
counted "web unit tests" vitest_counts web_tests
step "lints" cargo clippy --locked --quiet --workspace --all-targets -- -D warnings
step "documentation" documentation
counted "tests" cargo_counts cargo test --locked --workspace --no-fail-fast
step "crates and packages of others" scripts/audit.sh
# The lane may run a write again: nothing may then differ or happen twice. About a minute.
counted "tests, each write run twice" cargo_counts env P_TEST_TWICE=1 \
  cargo test --locked --no-fail-fast --test it -- --skip kill:: --skip documented:: --skip cli::
skipped "kill::, documented:: and cli:: with each write run twice: they start programs, or show pages, of their own"
if ! have valgrind && can_apt; then apt_get valgrind || true; fi
if have valgrind; then
  step "cost of a call" calls_cost
else
  skipped "cost of a call: valgrind is missing"
fi
if ((${#stories[@]})); then
  export JINDOU_BIN="$PWD/target/debug/jindou"
  counted "browser stories" node_counts node --test --test-reporter=spec "${stories[@]}"
else
  skipped "browser stories: E2E=0"
fi

echo
sort -u "$JINDOU_SKIPPED" | while IFS= read -r line; do note "skipped: $line"; done
for name in ${broken[@]+"${broken[@]}"}; do note "failed: $name"; done
echo "$passed passed, $failed failed"
((failed == 0))
