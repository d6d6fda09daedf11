#!/bin/sh
# The image's entry: `gateway`, `auth`, `ingest`, `fetcher`, `migrate` or `simulator` runs that program; anything else is a command
# of the operator's command line (`setup`, `doctor`, `athlete list` …).
cd /app || exit 1
case "${1:-}" in
  gateway | auth | ingest | fetcher) program=services/$1 ;;
  migrate) program=packages/db ;;
  simulator) program=tools/simulator ;;
  *) exec node build/programs/packages/cli/src/main.mjs "$@" ;;
esac
exec sh deploy/run-low-memory.sh node "build/programs/$program/src/main.mjs"
