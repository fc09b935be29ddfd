"""GraphQL at /graphql, over the same questions as REST."""
