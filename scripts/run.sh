#!/usr/bin/env bash
# From a fresh clone to a running server with demo data.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source scripts/tools.sh

need_cc
need_cargo
need_node
scripts/web.sh
say "server: building (some minutes the first time)"
build_release
say "server: starting at ${P_LISTEN:-127.0.0.1:8080}, stop it with Ctrl-C"
exec target/release/jindou serve --demo "$@"
