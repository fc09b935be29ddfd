"""ClickHouse: the client, the embedded engine behind the same HTTP, the tables and their DDL."""
