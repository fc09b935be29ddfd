#!/usr/bin/env bash
# Find Chromium for the tests of the dashboard; installs Debian's when missing. The tests start their own, without a profile.
set -euo pipefail
cd "$(dirname "$0")/../.."

found() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }

if ! found; then
    as_root=$([ "$(id -u)" = 0 ] || echo sudo)
    echo "installing the Debian package chromium"
    $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends chromium >/dev/null && found ||
        { echo "the tests of the dashboard need a browser: install the Debian package chromium" >&2; exit 1; }
fi

mkdir -p build/chromium
touch build/chromium/.found
