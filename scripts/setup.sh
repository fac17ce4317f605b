# Sourced by the other scripts: makes .venv with what the extras in $1 need, once.
# It uses nothing but python3; what it cannot get by itself, it names.

say() { printf '%s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}

# Installs a Debian package, or says how to.
get_package() {
    say "Installing $1 ..."
    if ! { as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$1"; } >/dev/null 2>&1; then
        return 1
    fi
}

find_python() {
    local name
    for name in python3 python3.11 python3.12 python3.13 python3.14; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            command -v "$name"
            return
        fi
    done
    say "Backbot needs Python 3.11 or newer: sudo apt-get install python3"
    exit 2
}

make_venv() {
    [ -x .venv/bin/pip ] && return
    local python version
    python=$(find_python)
    rm -rf .venv
    if ! "$python" -m venv .venv >/dev/null 2>&1; then
        # Debian keeps venv in a package of its own.
        version=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        rm -rf .venv
        if ! get_package "$version" || ! "$python" -m venv .venv; then
            rm -rf .venv
            say "Could not make a virtual environment. Run this, then try again: sudo apt-get install $version"
            exit 2
        fi
    fi
}

# setup EXTRAS: installs the project with its extras at the exact versions of constraints.txt.
setup() {
    local stamp wanted
    make_venv
    stamp=.venv/installed-$1
    wanted=$(cat pyproject.toml constraints.txt | sha256sum)
    if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        say "Setting up (a minute or two, once) ..."
        .venv/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$1]" 2>&1 |
            grep -v '^WARNING: ' >&2 || [ "${PIPESTATUS[0]}" = 0 ] || { say "The packages could not be installed; see above."; exit 2; }
        printf '%s' "$wanted" >"$stamp"
    fi
}
