#!/usr/bin/env bash
# Checks what comes from other people: licences, sources, doubles and known weaknesses of the crates (deny.toml) and
# of the npm packages. What needs a database that cannot be reached is left out with a notice; the rest must hold.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source scripts/tools.sh

status=0
need_cargo
if need_cargo_deny; then
  "$deny" --all-features check --hide-inclusion-graph bans licenses sources || status=1
  found=$(mktemp)
  trap 'rm -f "$found"' EXIT
  if timeout 120 "$deny" --all-features check advisories >"$found" 2>&1; then
    note "crates: no known weakness"
  elif grep -q 'failed to fetch advisory database' "$found"; then
    skipped "known weaknesses of crates: the database of weaknesses cannot be reached"
  else
    cat "$found" >&2
    status=1
  fi
else
  skipped "licences, sources and weaknesses of crates: cargo-deny could not be installed"
fi

need_node
# npm tells of weaknesses and of its own trouble by the same exit status; its answer shows which it was.
answer=$(cd web && timeout 120 npm audit --json --package-lock-only 2>/dev/null) || true
case $answer in
  *'"vulnerabilities"'*)
    if (cd web && npm audit --package-lock-only --audit-level=high); then note "npm packages: no serious known weakness"; else status=1; fi
    ;;
  *) skipped "known weaknesses of npm packages: the registry answers no questions about them" ;;
esac
exit "$status"
