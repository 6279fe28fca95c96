#!/bin/sh
# Resolves the dependencies anew and writes requirements/*.lock: names, versions and hashes, no addresses.
# Usage: tools/lock.sh [--upgrade]
set -eu
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
[ -x "$uv" ] || uv=uv

resolve() { # resolve OUTPUT ARGUMENTS...
    output=$1
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --no-emit-index-url --no-emit-find-links --output-file "requirements/$output" "$@"
}

# Everything that the checks and tests need. The other locks take their versions from it.
resolve dev.lock "$@" pyproject.toml --extra ml --extra xgboost --extra polars --extra postgres --extra celery --extra notify --extra s3 --extra mongo --group dev
resolve run.lock "$@" pyproject.toml --constraint requirements/dev.lock
# What a container of a server or a worker installs.
resolve full.lock "$@" pyproject.toml --extra ml --extra xgboost --extra polars --extra postgres --extra celery \
    --extra notify --extra s3 --extra mongo --constraint requirements/dev.lock
# What `make setup` installs first, with pip.
resolve installer.lock "$@" --group install --constraint requirements/dev.lock
