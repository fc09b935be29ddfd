"""GraphQL at /graphql, over the same queries as REST."""
