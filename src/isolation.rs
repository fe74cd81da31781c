//! What keeps tenants apart, judged without AWS.

pub(crate) mod cedar;
pub(crate) mod iam;
pub(crate) mod inputs;
#[cfg_attr(not(test), expect(dead_code, reason = "asked by the probes"))]
pub(crate) mod template;
