#!/usr/bin/env bash
# Makes the pictures of README.md (docs/img/) anew: one of each front end, with the demo's data.
# JINDOU_BIN names another binary than the release.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source scripts/tools.sh

need_node
need_browser
scripts/web.sh
if [ -z "${JINDOU_BIN:-}" ]; then
  need_cc
  need_cargo
  build_release
  export JINDOU_BIN=$PWD/target/release/jindou
fi
node scripts/screenshots.mjs docs/img
