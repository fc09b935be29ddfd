"""ClickHouse: the client, the embedded engine behind the same HTTP interface, the tables and their DDL."""
