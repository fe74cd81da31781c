//! Reads what is live: every kind as soon as the kinds below which it hangs are known.

use std::collections::BTreeMap;

use anyhow::Result;
use futures::stream::{FuturesUnordered, StreamExt as _};

use crate::address::Address;
use crate::aws::Aws;
use crate::desired::Desired;
use crate::kinds::{AnyFound, KINDS, Observe};
use crate::names::Names;

/// Live resources by our name for them.
pub(crate) type Live = BTreeMap<Address, AnyFound>;

/// Everything live that is ours or in the way of what is wanted. It writes nothing.
pub(crate) async fn observe(aws: &Aws, names: &Names, desired: &Desired) -> Result<Live> {
    let mut live = Live::new();
    let mut known: Vec<&'static str> = Vec::new();
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
        live.extend(found?);
        known.push(name);
    }
    Ok(live)
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
