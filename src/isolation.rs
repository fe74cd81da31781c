//! What keeps tenants apart, judged without AWS.

pub(crate) mod cedar;
pub(crate) mod inputs;
