#!/bin/sh
# Gets the one test tool that no Python package brings: strace, for the tests that kill at system calls.
# Without it (and without the right to install it) those tests say that they are skipped; in CI they fail.
set -eu
if command -v strace >/dev/null; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing strace for the crash tests ..." >&2
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends strace; } >/dev/null ||
        echo "strace could not be installed" >&2
else
    echo "No strace here: the crash tests will be skipped (sudo apt-get install strace)" >&2
fi
