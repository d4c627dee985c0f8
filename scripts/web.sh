#!/usr/bin/env bash
# Builds the front ends into web/dist, and only what changed since the last time.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source scripts/tools.sh

[ -f web/package.json ] || exit 0
need_node

# A short fingerprint of the content of files, whatever their times.
fingerprint() { LC_ALL=C sort -z | xargs -0 cksum | cksum; }
current() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

lock="$(node --version) $(printf '%s\0' web/package.json web/package-lock.json | fingerprint)"
if ! current web/node_modules/.jindou "$lock"; then
  say "web: installing packages"
  (cd web && retry 3 quietly npm ci --no-progress) || die "npm ci failed in web/ (its last lines are above)"
  printf '%s\n' "$lock" >web/node_modules/.jindou
else
  skipped "installing npm packages: the lock file and Node are those of the last time"
fi

sources="$lock $(find web docs SECURITY.md plugins/*/web \( -name node_modules -o -name dist -o -name shots -o -name components.d.ts \) -prune -o -type f -print0 | fingerprint)"
if ! current web/dist/.jindou "$sources"; then
  say "web: building"
  (cd web && quietly npm run --silent build) || die "the web build failed (its last lines are above)"
  # Inside dist, so that whatever empties it takes the mark along.
  printf '%s\n' "$sources" >web/dist/.jindou
else
  skipped "building the front ends: their sources are those of the last build"
fi
