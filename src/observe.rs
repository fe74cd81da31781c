//! Reads what is live: every kind as soon as the kinds below which it hangs are known.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use futures::stream::{FuturesUnordered, StreamExt as _};

use crate::address::Address;
use crate::aws::{Aws, AwsError};
use crate::desired::Desired;
use crate::kinds::{AnyFound, KINDS, Observe};
use crate::names::Names;

mod allowed;
mod reach;
mod simulator;
mod strangers;
mod unread;

pub(crate) use allowed::permissions;
pub(crate) use reach::reach;
pub(crate) use simulator::simulate;
pub(crate) use strangers::strangers;
pub(crate) use unread::Unread;

/// Live resources by our name for them.
pub(crate) type Live = BTreeMap<Address, AnyFound>;

/// Everything live that is ours or in the way of what is wanted. It writes nothing.
///
/// A read that AWS refuses does not end the others: whoever has to give a permission hears of all that are missing at once.
pub(crate) async fn observe(aws: &Aws, names: &Names, desired: &Desired) -> Result<Live> {
    let mut live = Live::new();
    let mut known: BTreeSet<&'static str> = BTreeSet::new();
    let mut failed: BTreeMap<&'static str, anyhow::Error> = BTreeMap::new();
    let mut waiting: Vec<usize> = (0..KINDS.len()).collect();
    let mut running = FuturesUnordered::new();
    loop {
        waiting.retain(|index| {
            let Some(kind) = KINDS.get(*index).copied() else { return false };
            if !kind.below().iter().all(|parent| known.contains(parent)) {
                return true;
            }
            // Each read sees the kinds above it as they were when it began.
            let above: Live = live.iter().filter(|(a, _)| kind.below().contains(&a.kind())).map(|(a, f)| (a.clone(), f.clone())).collect();
            running.push(async move {
                let observe = Observe { aws, names, wanted: desired.specs(), above: &above };
                (kind.name(), kind.observe(&observe).await)
            });
            false
        });
        let Some((name, found)) = running.next().await else { break };
        match found {
            Ok(found) => {
                for (address, found) in found {
                    keep(&mut live, address, found)?;
                }
                known.insert(name);
            }
            Err(error) if AwsError::of(&error).is_some() => drop(failed.insert(name, error)),
            Err(error) => return Err(error),
        }
    }
    if failed.is_empty() {
        return Ok(live);
    }
    let below = waiting.iter().filter_map(|index| KINDS.get(*index)).map(|kind| kind.name()).collect();
    Err(anyhow::Error::new(Unread { failed, below, read: known.len() }))
}

/// Two of one address would hide each other. Beside one of ours, somebody else's of the same name is in nobody's way; two of
/// ours are for people to decide, where the kind does not.
fn keep(live: &mut Live, address: Address, found: AnyFound) -> Result<()> {
    let is_ours = |found: &AnyFound| found.mark.is_ours();
    match live.get(&address) {
        Some(other) if is_ours(other) && is_ours(&found) => bail!(
            "two live resources are marked as {address}: `{}` and `{}`; delete the one that is not wanted, or take its tags `tenantry:...` away",
            name(other),
            name(&found)
        ),
        Some(other) if is_ours(other) || (!is_ours(&found) && name(other) <= name(&found)) => {}
        _ => drop(live.insert(address, found)),
    }
    Ok(())
}

/// What AWS calls a resource; never a secret.
fn name(found: &AnyFound) -> &str {
    let text = |name: &str| found.output.get(name).or_else(|| found.spec.get(name)).and_then(serde_json::Value::as_str);
    ["arn", "id", "name", "identifier", "prefix", "key"].into_iter().find_map(text).unwrap_or_default()
}

/// How many details of one kind are fetched at once.
pub(crate) const AT_ONCE: usize = 8;

/// Fetches a detail for each item, a few at a time, in the items' order.
pub(crate) async fn each<I, T, F, Fut>(items: I, fetch: F) -> Result<Vec<T>>
where
    I: IntoIterator,
    F: FnMut(I::Item) -> Fut,
    Fut: Future<Output = Result<T>>,
{
    use futures::TryStreamExt as _;
    futures::stream::iter(items.into_iter().map(fetch)).buffered(AT_ONCE).try_collect().await
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::kinds::Ownership;

    fn found(id: &str, mark: Ownership) -> AnyFound {
        AnyFound { spec: Value::Null, output: json!({ "id": id }), mark }
    }

    #[test]
    fn two_of_one_address_are_never_silent() {
        let address: Address = "gateway/platform/main".parse().unwrap();
        let (ours, foreign) = (|id| found(id, Ownership::Ours { spec: None }), |id| found(id, Ownership::Foreign { platform: None }));
        for pair in [[ours("a"), foreign("b")], [foreign("b"), ours("a")], [foreign("b"), foreign("a")], [foreign("a"), foreign("b")]] {
            let mut live = Live::new();
            pair.into_iter().for_each(|found| keep(&mut live, address.clone(), found).unwrap());
            assert_eq!(name(&live[&address]), "a");
        }
        let mut live = Live::from([(address.clone(), ours("a"))]);
        let error = keep(&mut live, address, ours("b")).unwrap_err().to_string();
        assert!(error.contains("`a`") && error.contains("`b`") && error.contains("gateway/platform/main"), "{error}");
    }
}
