# Read by the other scripts: goes to the checkout, puts our own programs first, and checks node.
# shellcheck shell=bash

CHECKOUT=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
cd "$CHECKOUT" || exit 1
export PATH="$CHECKOUT/node_modules/.bin:$PATH"

NODE_LEAST=24

# The package `node` brings its program by an install script; where such scripts are switched off, the host's old node
# would be used without a word.
require_node() {
  local version
  if [ ! -x node_modules/node/bin/node ]; then
    echo 'Our own node was not installed: npm runs no install scripts here. Run: npm_config_ignore_scripts=false script/setup' >&2
    exit 1
  fi
  version=$(node --version 2>/dev/null) || version=none
  version=${version#v}
  case ${version%%.*} in
    '' | *[!0-9]*) ;;
    *) if [ "${version%%.*}" -ge "$NODE_LEAST" ]; then return 0; fi ;;
  esac
  echo "Sekisho needs node $NODE_LEAST or newer, found: $version. Run: rm -r node_modules && script/setup" >&2
  exit 1
}

# What script/test and script/check count, and the last line that both print: `N passed, N failed, N skipped`.
begin_count() {
  passed=0 failed=0 skipped=0
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
}

add() { passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3)); }

finish() {
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ]
  exit
}

# Types, lint, format and unused code run beside the tests. A check is not a test: it counts only when it is red.
CHECKS='types lint format:check unused'
start_checks() {
  local name
  for name in $CHECKS; do
    (nice -n 5 npm run --silent "$name" >"$scratch/$name" 2>&1 && touch "$scratch/$name.green") &
    check_pids="${check_pids:-} $!"
  done
}

finish_checks() {
  local name
  # shellcheck disable=SC2086 # one number each
  wait $check_pids
  for name in $CHECKS; do
    if [ -e "$scratch/$name.green" ]; then
      echo "$name: green"
    else
      cat "$scratch/$name"
      echo "$name: RED"
      add 0 1 0
    fi
  done
}

# The figures stand in the reporter's closing line; a run without that line has failed.
vitest_run() {
  local figures code
  SEKISHO_RED_FILES="$scratch/red" vitest run "$@" 2>&1 | tee "$scratch/vitest"
  code=$?
  figures=$(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' "$scratch/vitest" | tail -n 1)
  # shellcheck disable=SC2086 # three figures
  add ${figures:-0 1 0}
  if [ "$code" != 0 ] && [ "$failed" = 0 ]; then add 0 1 0; fi
}

# A test that waits for real services can be late on a loaded machine. Up to RED_MOST files with a red test run once more, two at a time;
# what is red again is red. What was green only then is named in the output (docs/decisions/0101).
RED_MOST=8
red_files_again() {
  local file files='' p f s
  [ -s "$scratch/red" ] || return 0
  [ "$(wc -l <"$scratch/red")" -le "$RED_MOST" ] || return 0
  while read -r file p f s; do
    files="$files $file"
    add "-$p" "-$f" "-$s"
  done <"$scratch/red"
  mv "$scratch/red" "$scratch/red-before"
  echo "Red beside many files, run once more, two at a time:$files"
  # shellcheck disable=SC2086 # one word each
  SEKISHO_TEST_WORKERS=2 vitest_run $files
  while read -r file _; do
    grep -qF "$file " "$scratch/red" 2>/dev/null || echo "green only in the second run: $file"
  done <"$scratch/red-before"
}
