#!/usr/bin/env bash
# Fetch Apache Kafka from Maven Central into build/kafka/lib (46 jars, 44 MiB). Installs Debian's maven when missing:
# it brings the Java runtime that also runs the broker. Then runs Kafka once, to archive what Java loads for it.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=build/kafka

if ! command -v mvn >/dev/null || ! command -v java >/dev/null; then
    as_root=$([ "$(id -u)" = 0 ] || echo sudo)
    echo "installing the Debian package maven (with a Java runtime)"
    $as_root apt-get update -qq && $as_root apt-get install -y -qq maven >/dev/null ||
        { echo "Kafka needs Maven and Java 17 or newer: install the Debian package maven" >&2; exit 1; }
fi

rm -rf "$target/lib" "$target/.fetched"
mkdir -p "$target/lib"
mvn -B -ntp -q -f infra/kafka/pom.xml dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$PWD/$target/lib"
ls "$target"/lib/kafka_2.13-*.jar >/dev/null

node=$(mktemp -d)
trap 'rm -rf "$node"' EXIT
.venv/bin/python -c 'import pathlib, sys; from adapters.kafka import server; server.archive_classes(pathlib.Path(sys.argv[1]))' \
    "$node" || echo "Java's classes of Kafka are not archived: each of its starts takes some seconds more" >&2
touch "$target/.fetched"
