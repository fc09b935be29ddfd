#!/usr/bin/env bash
# Find Redis for the tests of its settings; installs Debian's when missing. The tests start their own on a free port, and
# none is started by the package.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v redis-server >/dev/null; then
    as_root=$([ "$(id -u)" = 0 ] || echo sudo)
    echo "installing the Debian package redis-server"
    $as_root apt-get update -qq && $as_root env RUNLEVEL=1 apt-get install -y -qq redis-server >/dev/null &&
        command -v redis-server >/dev/null ||
        { echo "the tests of Redis need it: install the Debian package redis-server" >&2; exit 1; }
fi

mkdir -p build/redis
touch build/redis/.found
