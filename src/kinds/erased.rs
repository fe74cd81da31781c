//! Kinds with their types erased: what the diff and the executor work with.

use std::marker::PhantomData;

use anyhow::{Context as _, Result};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::Value;

use super::{Found, Kind, Observe, Ownership, Step};
use crate::address::Address;
use crate::late::document;
use crate::names::Names;
use crate::rights::Right;

/// A live resource with its types erased.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AnyFound {
    pub(crate) spec: Value,
    pub(crate) output: Value,
    pub(crate) mark: Ownership,
}

impl AnyFound {
    fn typed<K: Kind>(&self, address: &Address) -> Result<Found<K>> {
        let read = || format!("reading back what was observed of {address}");
        Ok(Found {
            address: address.clone(),
            spec: serde_json::from_value(self.spec.clone()).with_context(read)?,
            output: serde_json::from_value(self.output.clone()).with_context(read)?,
            mark: self.mark.clone(),
        })
    }
}

/// A kind with its types erased: what the diff and the executor work with.
pub(crate) trait AnyKind: Sync {
    fn name(&self) -> &'static str;
    fn rights(&self) -> &'static [Right];
    fn replace_on(&self) -> &'static [(&'static str, &'static str)];
    fn holds_data(&self) -> bool;
    fn below(&self) -> &'static [&'static str];
    fn way_out(&self) -> Option<&'static str>;
    fn stays(&self) -> bool;
    fn together(&self) -> usize;
    /// The outputs that follow from a spec whose references are filled as far as they are known.
    fn known(&self, filled: &Value, names: &Names) -> Result<Value>;
    /// A document whose references were just filled, in the one form that documents are compared in.
    fn canonical(&self, filled: &Value) -> Result<Value>;
    fn impossible(&self, wanted: &Value, live: &Value) -> Result<Vec<String>>;
    fn loses(&self, wanted: &Value, live: &Value) -> Result<Vec<String>>;
    fn closed(&self, live: &Value) -> Result<Option<Value>>;
    fn left(&self, live: &Value) -> Result<Option<Value>>;
    fn is_shared(&self, output: &Value) -> Result<bool>;
    fn observe<'a>(&self, observe: &'a Observe<'a>) -> BoxFuture<'a, Result<Vec<(Address, AnyFound)>>>;
    fn create<'a>(&self, spec: &'a Value, step: &'a Step<'a>) -> BoxFuture<'a, Result<Value>>;
    fn create_together<'a>(&self, batch: &'a [(Value, Step<'a>)]) -> BoxFuture<'a, Vec<Result<Value>>>;
    fn update<'a>(&self, spec: &'a Value, step: &'a Step<'a>, live: &'a AnyFound) -> BoxFuture<'a, Result<Value>>;
    fn delete<'a>(&self, step: &'a Step<'a>, live: &'a AnyFound) -> BoxFuture<'a, Result<()>>;
}

pub(super) struct Erased<K>(pub(super) PhantomData<fn() -> K>);

fn spec<K: Kind>(value: &Value, address: &Address) -> Result<K> {
    serde_json::from_value(value.clone()).with_context(|| format!("filling in what {address} refers to"))
}

fn typed<K: Kind>(value: &Value) -> Result<K> {
    serde_json::from_value(value.clone()).with_context(|| format!("reading a {}", K::NAME))
}

impl<K: Kind> AnyKind for Erased<K> {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn rights(&self) -> &'static [Right] {
        K::RIGHTS
    }

    fn replace_on(&self) -> &'static [(&'static str, &'static str)] {
        K::REPLACE_ON
    }

    fn holds_data(&self) -> bool {
        K::HOLDS_DATA
    }

    fn below(&self) -> &'static [&'static str] {
        K::BELOW
    }

    fn way_out(&self) -> Option<&'static str> {
        K::WAY_OUT
    }

    fn stays(&self) -> bool {
        K::STAYS
    }

    fn together(&self) -> usize {
        K::TOGETHER
    }

    fn known(&self, filled: &Value, names: &Names) -> Result<Value> {
        let known = typed::<K>(filled)?.known(names);
        Ok(Value::Object(known.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect()))
    }

    fn canonical(&self, filled: &Value) -> Result<Value> {
        Ok(document(&typed::<K>(filled)?)?)
    }

    fn impossible(&self, wanted: &Value, live: &Value) -> Result<Vec<String>> {
        Ok(typed::<K>(wanted)?.impossible(&typed(live)?))
    }

    fn loses(&self, wanted: &Value, live: &Value) -> Result<Vec<String>> {
        Ok(typed::<K>(wanted)?.loses(&typed(live)?))
    }

    fn closed(&self, live: &Value) -> Result<Option<Value>> {
        Ok(typed::<K>(live)?.closed().map(|closed| document(&closed)).transpose()?)
    }

    fn left(&self, live: &Value) -> Result<Option<Value>> {
        Ok(typed::<K>(live)?.left().map(|left| document(&left)).transpose()?)
    }

    fn is_shared(&self, output: &Value) -> Result<bool> {
        let output = serde_json::from_value(output.clone()).with_context(|| format!("reading what AWS chose for a {}", K::NAME))?;
        Ok(K::is_shared(&output))
    }

    fn observe<'a>(&self, observe: &'a Observe<'a>) -> BoxFuture<'a, Result<Vec<(Address, AnyFound)>>> {
        async move {
            let found = K::observe(observe).await.with_context(|| format!("reading what is live of kind {}", K::NAME))?;
            found
                .into_iter()
                // A tag may hold anything, the address of another kind too: that is none of ours.
                .filter(|f| f.address.kind() == K::NAME)
                .map(|f| {
                    let any = AnyFound { spec: document(&f.spec)?, output: document(&f.output)?, mark: f.mark };
                    Ok((f.address, any))
                })
                .collect()
        }
        .boxed()
    }

    fn create<'a>(&self, value: &'a Value, step: &'a Step<'a>) -> BoxFuture<'a, Result<Value>> {
        async move { Ok(document(&spec::<K>(value, &step.mark.address)?.create(step).await?)?) }.boxed()
    }

    fn create_together<'a>(&self, batch: &'a [(Value, Step<'a>)]) -> BoxFuture<'a, Vec<Result<Value>>> {
        async move {
            let specs: Result<Vec<K>> = batch.iter().map(|(value, step)| spec::<K>(value, &step.mark.address)).collect();
            match specs {
                Ok(specs) => {
                    let typed: Vec<(K, &Step<'_>)> = specs.into_iter().zip(batch.iter().map(|(_, step)| step)).collect();
                    K::create_together(&typed).await.into_iter().map(|output| Ok(document(&output?)?)).collect()
                }
                // Each says by itself what is wrong with it.
                Err(error) => batch.iter().map(|_| Err(anyhow::anyhow!("{error:#}"))).collect(),
            }
        }
        .boxed()
    }

    fn update<'a>(&self, value: &'a Value, step: &'a Step<'a>, live: &'a AnyFound) -> BoxFuture<'a, Result<Value>> {
        async move {
            let live = live.typed::<K>(&step.mark.address)?;
            Ok(document(&spec::<K>(value, &step.mark.address)?.update(step, &live).await?)?)
        }
        .boxed()
    }

    fn delete<'a>(&self, step: &'a Step<'a>, live: &'a AnyFound) -> BoxFuture<'a, Result<()>> {
        async move { K::delete(step, &live.typed::<K>(&step.mark.address)?).await }.boxed()
    }
}
