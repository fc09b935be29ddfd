"""Connections to the outside: settings, Kafka, ClickHouse, catalog, files, logs.

Belongs here: one file per implementation. Does not belong here: rules of the game, decisions of the product.
"""
