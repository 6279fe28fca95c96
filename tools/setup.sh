#!/bin/sh
# Makes .venv with everything that the demo, the checks and the tests need, at the versions and hashes of
# requirements/*.lock. Does nothing when nothing changed. Needs python3 >= 3.11 and nothing else.
set -eu
cd "$(dirname "$0")/.."
chosen=${PYTHON:-}
PYTHON=${chosen:-python3}

# The folder is part of the mark: a virtual environment that was moved does not work.
wanted=$({ pwd; cat requirements/dev.lock requirements/installer.lock pyproject.toml tools/setup.sh; } | sha256sum)
mark=.venv/.pauta-setup
which_python() { "$1" -c 'import sys; print(sys.base_prefix, sys.version)' 2>/dev/null; }
right_python() { # without a choice, whatever Python was chosen before is right
    [ -z "$chosen" ] || [ "$(which_python .venv/bin/python)" = "$(which_python "$chosen")" ]
}
installed() {
    [ -x .venv/bin/python ] && [ -f "$mark" ] && [ "$(cat "$mark")" = "$wanted" ] && right_python
}
if installed; then exit 0; fi

# Two of us at once would spoil each other's work: the second waits and finds it done.
if [ -z "${PAUTA_SETUP_ALONE:-}" ] && command -v flock >/dev/null; then
    PAUTA_SETUP_ALONE=1 exec flock tools/setup.sh sh tools/setup.sh
fi
if installed; then exit 0; fi

say() { printf '%s\n' "$*" >&2; }

if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    say "Pauta needs Python 3.11 or later as '$PYTHON'. Install it, or name it: make PYTHON=/path/to/python3"
    exit 1
fi

if ! "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then
    # Debian keeps these two modules in a package of their own, named after the exact version.
    package=$("$PYTHON" -c 'import sys; print("python{}.{}-venv".format(*sys.version_info))')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "Installing $package ..."
        apt-get update -q >/dev/null
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$package" >/dev/null
    else
        say "Python cannot make virtual environments here. Type this, and then the same command again:"
        say "    sudo apt-get install $package"
        exit 1
    fi
fi

# uv is ten times as fast as pip, but reads neither pip's settings nor, by itself, the system's certificates.
# So: uv as it is set; uv with the mirrors that pip is set to; pip. The hashes make all three safe.
LOCKED="--require-hashes --no-deps --no-build-isolation -r requirements/dev.lock"
pip_setting() { .venv/bin/python -m pip config get "global.$1" 2>/dev/null | tr '\n' ' '; }
install_locked() {
    export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"
    set -- .venv/bin/uv pip install --quiet --python .venv/bin/python --compile-bytecode $LOCKED
    "$@" 2>"$trouble" && return
    UV_DEFAULT_INDEX=$(pip_setting index-url) UV_INDEX=$(pip_setting extra-index-url) \
        UV_INDEX_STRATEGY=unsafe-best-match "$@" 2>>"$trouble" && return
    say "uv could not get the packages; trying with pip, which takes a minute longer ..."
    .venv/bin/python -m pip install -qq --disable-pip-version-check $LOCKED && return
    cat "$trouble" >&2
    return 1
}

say "Setting up .venv (once; half a minute with a good connection) ..."
rm -f "$mark"
# An environment that is half-made, was moved or belongs to another Python is made anew; a sound one gets what is new.
sound() {
    right_python && grep -qsF "$(pwd)/.venv" .venv/pyvenv.cfg && .venv/bin/python -m pip --version >/dev/null 2>&1
}
sound || rm -rf .venv
[ -x .venv/bin/python ] || "$PYTHON" -m venv .venv
trouble=.venv/.pauta-trouble
.venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r requirements/installer.lock
install_locked
rm -f "$trouble"
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation \
    --no-index --editable .
.venv/bin/python -m compileall -q src
printf '%s\n' "$wanted" >"$mark"
say "Ready: .venv/bin/pauta"
