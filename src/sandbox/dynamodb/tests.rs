//! What DynamoDB refuses and how pages go, asked over the wire's own JSON.
