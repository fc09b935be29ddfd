#!/usr/bin/env bash
# Find Postgres for the tests of its settings; installs Debian's when missing. The tests start their own in a temporary
# folder, so no cluster of the system is made.
set -euo pipefail
cd "$(dirname "$0")/../.."

found() { command -v initdb >/dev/null || compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null; }

if ! found; then
    as_root=$([ "$(id -u)" = 0 ] || echo sudo)
    echo "installing the Debian package postgresql"
    $as_root apt-get update -qq && $as_root apt-get install -y -qq postgresql-common >/dev/null &&
        $as_root sed -i 's/^#*create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf &&
        $as_root apt-get install -y -qq postgresql >/dev/null && found ||
        { echo "the tests of Postgres need it: install the Debian package postgresql" >&2; exit 1; }
fi

mkdir -p build/postgres
touch build/postgres/.found
