#!/bin/sh
# Beside a server that runs: makes the pool for Celery and a token for each worker, once.
# A token's file that is there stays; remove it to have a new token made.
set -eu
tokens=${1:-/tokens}
pool() { # pool NAME OPTIONS...
    pauta work-pool show "$1" >/dev/null 2>&1 || pauta work-pool create "$@"
}
token() { # token NAME POOL
    [ -s "$tokens/$1" ] || pauta token create "$1" --role worker --pool "$2" --to "$tokens/$1"
}
pool training --type celery --queue training_queue
token worker-1 default
token worker-2 default
token celery training
