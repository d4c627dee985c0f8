# Helpers of the scripts beside this file. Sourced, not run: every script begins with
#   source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# and is then in the root of the repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Tools installed for this user alone are often missing from the path of non-login shells.
export PATH="$PATH:$HOME/.cargo/bin:$HOME/.local/bin"
export CARGO_NET_RETRY="${CARGO_NET_RETRY:-5}"
export npm_config_fetch_retries=5 npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false

if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' plain=$'\e[0m'; else bold='' dim='' red='' plain=''; fi

say() { printf '%s== %s%s\n' "$bold" "$*" "$plain"; }
note() { printf '%s   %s%s\n' "$dim" "$*" "$plain"; }
# What a script leaves out, and why. `make test` lists these lines at its end.
skipped() {
  note "skipped: $*"
  if [ -n "${JINDOU_SKIPPED:-}" ]; then printf '%s\n' "$*" >>"$JINDOU_SKIPPED"; fi
}
die() {
  printf '%sjindou: %s%s\n' "$red" "$*" "$plain" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Whether the first version number in a text ($2) is at least $1: `at_least 1.90 "cargo 1.95.0 (…)"`.
at_least() {
  [[ $2 =~ ([0-9]+)\.([0-9]+) ]] || return 1
  local major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
  ((10#$major > ${1%%.*} || (10#$major == ${1%%.*} && 10#$minor >= ${1#*.})))
}

# Runs a command out of sight; shows the end of what it said only when it fails.
quietly() {
  local said status=0
  said=$(mktemp)
  "$@" >"$said" 2>&1 || status=$?
  if ((status != 0)); then tail -n 25 "$said" >&2; fi
  rm -f "$said"
  return "$status"
}

# Networks fail for a moment now and then.
retry() {
  local times=$1 try
  shift
  for ((try = 1; try < times; try++)); do
    if "$@"; then return 0; fi
    note "failed, trying again: $*"
    sleep $((try * 3))
  done
  "$@"
}
