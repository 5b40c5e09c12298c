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
