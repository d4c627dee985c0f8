# What has to be on the machine. Each `need_…` finds its tool, installs it where that is the script's to do
# (Debian, as root), or stops with one line that says what to install. Sourced after lib.sh.

readonly RUST_AT_LEAST=1.90 NODE_AT_LEAST=20.19

apt_ready=''
can_apt() { [ "$(id -u)" = 0 ] && have apt-get; }

apt_get() {
  local wait=(-o DPkg::Lock::Timeout=120 -o Acquire::Retries=3)
  if [ -z "$apt_ready" ]; then
    DEBIAN_FRONTEND=noninteractive quietly apt-get "${wait[@]}" -qq update || return 1
    apt_ready=yes
  fi
  note "apt-get install $*"
  DEBIAN_FRONTEND=noninteractive quietly apt-get "${wait[@]}" -qq -y --no-install-recommends install "$@"
}

# package_at_least VERSION PACKAGE: whether apt would install one that is new enough.
package_at_least() {
  local candidate
  candidate=$(apt-cache policy "$2" 2>/dev/null | sed -n 's/^ *Candidate: //p')
  at_least "$1" "$candidate"
}

need_cc() {
  if have cc; then return; fi
  if can_apt && apt_get gcc libc6-dev && have cc; then return; fi
  die "a C compiler is missing (SQLite is compiled with it): install gcc or clang, on Debian: apt-get install gcc libc6-dev"
}

need_cargo() {
  local version
  version=$(cargo --version 2>/dev/null) || version=''
  if [ -z "$version" ] && ! have rustup && can_apt && apt_get rustup >/dev/null 2>&1; then
    quietly rustup toolchain install stable --profile default || true
    version=$(cargo --version 2>/dev/null) || version=''
  fi
  if [ -z "$version" ]; then
    if have rustup; then die "Rust has no toolchain: run rustup toolchain install stable"; fi
    die "Rust is missing: install $RUST_AT_LEAST or newer as https://rustup.rs says, then open a new shell"
  fi
  at_least "$RUST_AT_LEAST" "$version" ||
    die "$version is too old: Rust $RUST_AT_LEAST or newer is needed, run rustup update stable (https://rustup.rs)"
}

# need_cargo_part fmt rustfmt
need_cargo_part() {
  if cargo "$1" --version >/dev/null 2>&1; then return; fi
  if have rustup && retry 3 quietly rustup component add "$2" && cargo "$1" --version >/dev/null 2>&1; then return; fi
  die "cargo $1 is missing: run rustup component add $2"
}

# Finds cargo-deny, or builds it once into target/tools; its path is then in `deny`.
readonly CARGO_DENY=0.20.2
need_cargo_deny() {
  deny=$PWD/target/tools/bin/cargo-deny
  if [ -x "$deny" ]; then return; fi
  if have cargo-deny && at_least "${CARGO_DENY%.*}" "$(cargo-deny --version)"; then deny=$(command -v cargo-deny) && return; fi
  note "installing cargo-deny $CARGO_DENY (some minutes, once)"
  # It runs for a second: a build without the optimiser is there in half the time.
  CARGO_PROFILE_DEV_DEBUG=0 quietly cargo install --quiet --debug --locked --version "$CARGO_DENY" --root target/tools cargo-deny
}

need_node() {
  local version
  version=$(node --version 2>/dev/null) || version=''
  if [ -z "$version" ] && can_apt; then
    quietly apt-get -qq update || true
    if package_at_least "$NODE_AT_LEAST" nodejs && apt_get nodejs; then
      version=$(node --version 2>/dev/null) || version=''
    fi
  fi
  [ -n "$version" ] || die "Node is missing: install $NODE_AT_LEAST or newer from https://nodejs.org (the web pages are built with it)"
  at_least "$NODE_AT_LEAST" "$version" ||
    die "Node $version is too old: install $NODE_AT_LEAST or newer from https://nodejs.org"
  if have npm; then return; fi
  if can_apt && apt_get npm && have npm; then return; fi
  die "npm is missing: install it with Node from https://nodejs.org, on Debian: apt-get install npm"
}

# Finds Chromium for the browser tests, and letters for Chinese pages.
need_browser() {
  local name
  if [ -n "${CHROMIUM:-}" ] && have "$CHROMIUM"; then return; fi
  find_browser() { for name in chromium chromium-browser google-chrome; do if have "$name"; then CHROMIUM=$(command -v "$name"); export CHROMIUM; return; fi; done; return 1; }
  if ! find_browser; then
    if ! can_apt || ! apt_get chromium fonts-noto-cjk || ! find_browser; then
      die "Chromium is missing (browser tests): install it, name it in CHROMIUM=/path, or leave these tests out with E2E=0"
    fi
  fi
  if can_apt && have dpkg && ! dpkg -s fonts-noto-cjk >/dev/null 2>&1; then
    apt_get fonts-noto-cjk || note "no Chinese font could be installed; pictures of pages will show boxes"
  fi
}

# compiler_of_sqlite FLAG…: prints the path of a C compiler that compiles SQLite with these flags more, and all else as
# ever. It is named after them: cargo builds again when it is another.
compiler_of_sqlite() {
  local file
  file=$PWD/target/cc-$(printf '%s' "$*" | cksum | cut -d ' ' -f 1)
  mkdir -p target
  {
    printf '%s\n' '#!/bin/sh' 'for one; do case $one in */sqlite3.c)'
    printf 'exec %s "$@"' "${CC:-cc}"
    printf ' %q' "$@"
    printf '\n%s\n%s\n' ';; esac; done' "exec ${CC:-cc} \"\$@\""
  } >"$file"
  chmod +x "$file"
  printf '%s' "$file"
}

# build_release [CARGO-ARGUMENT…]: an ordinary release.
build_release() {
  cargo build --release --locked --quiet "$@" || die "the build failed (its messages are above)"
}

# build_recorded [CARGO-ARGUMENT…]: a release laid out by the newest record of scripts/record.sh. The record of SQLite
# exists only where GCC compiled it. The folder is named after its content: cargo builds again when it is another.
build_recorded() {
  local record cc=${CC:-cc}
  record=$PWD/target/record/$(<target/record/newest)
  if [ -s "$record/hot.gcda" ]; then
    cc=$(compiler_of_sqlite -fprofile-use -Wno-coverage-mismatch -Wno-missing-profile -dumpdir "$record/" -dumpbase hot)
  fi
  CC=$cc build_release --config "build.rustflags=['-Cprofile-use=$record/hot.profdata', '-Cllvm-args=-no-pgo-warn-mismatch']" "$@"
}
