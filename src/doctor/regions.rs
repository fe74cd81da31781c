//! AWS's regions by their names, and where AgentCore is (2026-11): a slip of the pen shows before a service is asked in vain.

use super::Examined;
use crate::diagnostic::nearest;

/// With everything that a platform is made of.
const WHOLE: &[&str] = &[
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-2",
];

/// With runtimes and gateways, and without memory.
const WITHOUT_MEMORY: &[&str] = &["ap-south-2", "ap-southeast-5", "ap-southeast-7", "eu-south-1", "eu-south-2", "us-west-1"];

/// Without AgentCore.
const WITHOUT: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-3",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-6",
    "ca-west-1",
    "eu-central-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];

/// A warning, never more: AWS opens regions faster than this list is written.
pub(crate) fn region(examined: &mut Examined, region: &str, has_memory: bool) {
    const TOPIC: &str = "region";
    if WHOLE.contains(&region) || (WITHOUT_MEMORY.contains(&region) && !has_memory) {
        return;
    }
    if WITHOUT_MEMORY.contains(&region) {
        let says = format!("AgentCore is in {region} without its memory, which a tier asks for");
        return examined.warn(TOPIC, says, format!("{}, or leave `memory` out", instead(region)));
    }
    if WITHOUT.contains(&region) {
        return examined.warn(TOPIC, format!("AgentCore is not offered in {region}, as far as this version knows"), instead(region));
    }
    let all = WHOLE.iter().chain(WITHOUT_MEMORY).chain(WITHOUT).copied();
    let near = nearest(region, all).map_or_else(|| instead(region), |near| format!("did you mean `{near}`? {}", instead(region)));
    examined.warn(TOPIC, format!("AWS has no region `{region}`, as far as this version knows"), near);
}

/// Where it could be instead: in the same part of the world first.
fn instead(region: &str) -> String {
    let area = region.split('-').next().unwrap_or_default();
    let near: Vec<&str> = WHOLE.iter().copied().filter(|one| one.starts_with(&format!("{area}-"))).collect();
    let named = if near.is_empty() { WHOLE } else { near.as_slice() };
    format!("set `region` to one of {}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    fn judged(name: &str, has_memory: bool) -> Option<String> {
        let mut examined = Examined::default();
        region(&mut examined, name, has_memory);
        assert!(examined.lines.iter().all(|line| line.state == State::Warn));
        examined.lines.first().map(|line| format!("{}; {}", line.says, line.todo.clone().unwrap_or_default()))
    }

    #[test]
    fn a_region_is_judged_by_its_name() {
        assert_eq!(judged("eu-central-1", true), None);
        assert_eq!(judged("us-west-1", false), None);
        assert!(judged("us-west-1", true).unwrap().contains("without its memory"));
        let slip = judged("eu-wset-1", true).unwrap();
        assert!(slip.contains("no region `eu-wset-1`") && slip.contains("did you mean `eu-west-1`?"), "{slip}");
        let elsewhere = judged("me-south-1", true).unwrap();
        assert!(elsewhere.contains("not offered in me-south-1") && elsewhere.contains("us-east-1"), "{elsewhere}");
        let far = judged("ap-east-1", true).unwrap();
        assert!(far.contains("ap-southeast-1") && !far.contains("us-east-1"), "{far}");
    }
}
