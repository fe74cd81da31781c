//! Comments below pull requests: never too long, never without totals, and nothing breaks out.
