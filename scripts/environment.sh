# shellcheck shell=bash
# The Python and Node environments that the other scripts work in: which versions
# will do, what is installed already, and progress while something is. Sourced.
#
# An environment is installed once: a stamp inside it holds the hash of what it was
# made from, and only another hash installs again.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV=$ROOT/backend/.venv
FRONTEND=$ROOT/frontend
STATE=$ROOT/.easel # logs and reports; git ignores it
# Within the studio: what scripts/generate-api writes there.
# shellcheck disable=SC2034  # for those that source this
GENERATED_TYPES=src/lib/api/generated

PROGRESS_S=${PROGRESS_S:-5} # between two lines that show that something lives

# Nothing here may wait for an answer, nor report home.
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 NEXT_TELEMETRY_DISABLED=1
# Compiled at its first import instead of at the installation, and then kept: where this is
# set, every process would compile all of it again.
unset PYTHONDONTWRITEBYTECODE

say() { printf 'easel: %s\n' "$*"; }

fail() {
  printf 'easel: %s\n' "$*" >&2
  exit 1
}

# The comment at the top of a script is its help.
script_help() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$1"; }

hash_of() { cat -- "$@" | sha256sum | cut -d ' ' -f 1; }

# with_progress WHAT COMMAND...: run it with its output in a log, show that it lives,
# and show the log's end if it fails.
with_progress() {
  local what=$1 log started=$SECONDS shown=0 last
  shift
  mkdir -p "$STATE/logs"
  log=$STATE/logs/setup-${what//[^a-zA-Z0-9]/-}.log
  say "$what ..."
  "$@" >"$log" 2>&1 </dev/null &
  local pid=$!
  # shellcheck disable=SC2064  # this pid, not a later one
  trap "kill $pid 2>/dev/null; exit 130" INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    if ((SECONDS - started >= shown + PROGRESS_S)); then
      shown=$((SECONDS - started))
      last=$(tail -c 400 "$log" | tr '\r' '\n' | sed '/^ *$/d' | tail -n 1 | cut -c 1-90)
      say "$what ... ${shown} s  $last"
    fi
  done
  trap - INT TERM
  if ! wait "$pid"; then
    tail -n 80 "$log" >&2
    fail "$what failed; the whole log is $log"
  fi
  say "$what: done in $((SECONDS - started)) s"
}

# The first Python of this machine that is new enough; PYTHON names another.
find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  fail "Python 3.11 or newer is needed; this machine has $({ python3 --version || echo none; } 2>/dev/null)." \
    "Install it, or name it: PYTHON=/path/to/python3.11 $0"
}

# The studio's package.json says which Node it needs.
require_node() {
  local version
  version=$(node --version 2>/dev/null) || version=none
  if ! node -e 'const need = require(process.argv[1]).engines.node.match(/\d+/g).map(Number);
      const have = process.versions.node.split(".").map(Number);
      process.exit(have[0] > need[0] || (have[0] === need[0] && have[1] >= need[1]) ? 0 : 1)' \
    "$FRONTEND/package.json" 2>/dev/null; then
    fail "Node $(sed -n 's/.*"node": ">=\(.*\)".*/\1/p' "$FRONTEND/package.json") or newer" \
      "is needed for the studio; this machine has $version."
  fi
  command -v npm >/dev/null || fail "npm is needed for the studio; it comes with Node."
}

# The folders beside backend/ that hold Python, one a line.
other_python_folders() {
  local folder
  for folder in scripts training benchmarks; do
    if [[ -d $ROOT/$folder ]]; then echo "$folder"; fi
  done
}

# .easel/ray-venv: backend/.venv's packages, and Ray, which nothing else here needs.
prepare_ray() {
  local lock=$ROOT/backend/requirements-ray.txt site
  RAY_VENV=$STATE/ray-venv
  [[ "$(cat "$RAY_VENV/.easel-ray" 2>/dev/null)" == "$(hash_of "$lock")" ]] && return
  with_progress "creating .easel/ray-venv" "$VENV/bin/python" -m venv --clear "$RAY_VENV"
  site=$("$RAY_VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  "$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
    >"$site/easel-backend.pth"
  with_progress "installing Ray" "$RAY_VENV/bin/python" -m pip install \
    --progress-bar off --no-compile --requirement "$lock"
  hash_of "$lock" >"$RAY_VENV/.easel-ray"
}

# prepare_backend server|torch|dev: backend/.venv with the server's lock, which has no
# torch; torch has that, too, and dev the tools' on top.
prepare_backend() {
  local python set lock=$ROOT/backend/requirements
  local -A locks=([server]="$lock-server.txt" [torch]="$lock-torch.txt"
    [dev]="$lock-torch.txt $lock-dev.txt")
  # Each has all that those before it have.
  local sets=(server torch dev) files
  if ! "$VENV/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$(find_python)
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
      fail "$python lacks the venv module; on Debian: apt install python3-venv"
    with_progress "creating backend/.venv" "$python" -m venv --clear "$VENV"
  fi
  read -ra files <<<"${locks[$1]}"
  [[ "$(cat "$VENV/.easel-$1" 2>/dev/null)" == "$(hash_of "${files[@]}")" ]] && return
  with_progress "installing Python packages" \
    "$VENV/bin/python" -m pip install --progress-bar off --no-compile \
    "${files[@]/#/--requirement=}"
  for set in "${sets[@]}"; do
    read -ra files <<<"${locks[$set]}"
    hash_of "${files[@]}" >"$VENV/.easel-$set"
    if [[ $set == "$1" ]]; then return; fi
  done
}

# .easel/deploy-tools: what judges and replays the files of deploy/, from its lock.
prepare_deploy_tools() {
  local lock=$ROOT/deploy/tools/requirements.txt venv=$STATE/deploy-tools
  [[ "$(cat "$venv/.easel" 2>/dev/null)" == "$(hash_of "$lock")" ]] && return
  with_progress "creating .easel/deploy-tools" "$VENV/bin/python" -m venv --clear "$venv"
  with_progress "installing the tools of deploy" \
    "$venv/bin/python" -m pip install --progress-bar off --no-compile --requirement "$lock"
  hash_of "$lock" >"$venv/.easel"
}

# frontend/node_modules from its lock.
prepare_frontend() {
  require_node
  install_node_packages "$FRONTEND" "Node packages"
}

# The art that training/ learns from, from its lock.
prepare_art() {
  require_node
  install_node_packages "$ROOT/training" "the art of the training"
}

# install_node_packages FOLDER WHAT: its node_modules, where its lock has changed.
install_node_packages() {
  local lock=$1/package-lock.json stamp=$1/node_modules/.easel
  [[ "$(cat "$stamp" 2>/dev/null)" == "$(hash_of "$lock")" ]] && return
  with_progress "installing $2" npm_install "$1"
  hash_of "$lock" >"$stamp"
}

# A registry that lacks other systems' builds of a package leaves them out of the lock,
# which `npm ci` then refuses; `npm install` takes the locked versions all the same.
npm_install() {
  local npm=(npm --prefix "$1" --no-audit --no-fund)
  "${npm[@]}" ci || "${npm[@]}" install --no-save
}

# The studio, built from the sources as they are now.
build_studio() {
  local stamp=$FRONTEND/.next/.easel now
  now=$(studio_sources | sha256sum | cut -d ' ' -f 1)
  [[ "$(cat "$stamp" 2>/dev/null)" == "$now" ]] && return
  with_progress "building the studio" npm --prefix "$FRONTEND" run build
  echo "$now" >"$stamp"
}

# Name and hash of every file that the build reads.
studio_sources() {
  (
    cd "$FRONTEND" || exit
    find . \( -name node_modules -o -name .next -o -name e2e -o -name test-results \
      -o -name playwright-report \) -prune -o -type f \
      ! -name '*.test.*' ! -name '*.tsbuildinfo' ! -name next-env.d.ts -print0 |
      sort -z | xargs -0 sha256sum
  )
}
