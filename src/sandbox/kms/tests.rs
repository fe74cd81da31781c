//! What KMS refuses and how a key goes, asked over the wire's own JSON.
