"""Connections to the outside: settings, Kafka, ClickHouse, catalog, files, logs.

No rules of the game and no decisions of the product; one file an implementation.
"""
