#!/usr/bin/env bash
# Builds the release to deploy: records a run of the benchmark's loads and lays the program out by it. RECORD=0 builds
# with the record that is there already. The program is target/release/jindou.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source scripts/tools.sh

need_cc
need_cargo
need_node
scripts/web.sh
if [ "${RECORD:-1}" != 0 ] || [ ! -s target/record/newest ]; then scripts/record.sh; fi
say "building the release"
build_recorded --bin jindou
target/release/jindou --version
note "$(wc -c <target/release/jindou) bytes in target/release/jindou"
