//! Parts of plans: what matches, what it needs, and what is said of the rest.
