# Sourced by scripts/demo and scripts/test: a virtual environment in .venv with the project and the extras in $1.
# May be interrupted and repeated; does nothing where nothing changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() { echo "$*" >&2; exit 1; }

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$candidate"; return; }
  done
  return 1
}

set_up() {
  local extras=$1 stamp want
  stamp=".venv/.installed-$extras"
  if [ ! -x .venv/bin/python ]; then
    local python
    python=$(find_python) || fail "Python 3.11 or newer is needed; set PYTHON=/path/to/python if it is not on PATH."
    echo "== making the environment .venv with $("$python" --version)"
    "$python" -m venv .venv || fail "The environment could not be made; on Debian: apt-get install python3-venv"
  fi
  want=$(cat pyproject.toml constraints.txt | cksum; .venv/bin/python --version; pwd)
  if [ "$(cat "$stamp" 2>/dev/null)" != "$want" ]; then
    echo "== installing shopassist[$extras] (once; a few minutes)"
    .venv/bin/python -m pip install --disable-pip-version-check --progress-bar on -q -c constraints.txt -e ".[$extras]" \
      || fail "The installation failed; it goes on from here when you run this again."
    echo "$want" > "$stamp"
  fi
}
