#!/bin/sh
# Runs a service in little memory: sh deploy/run-low-memory.sh node <program>
# What NODE_OPTIONS says already comes after, and so counts more. Why: docs/decisions/0037-memory-of-a-service.md
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
export NODE_OPTIONS="--max-old-space-size=256 --max-semi-space-size=8 --v8-pool-size=1 ${NODE_OPTIONS:-}"
exec "$@"
