//! Which step comes next: of those that wait for nothing more, the one below which the longest chain hangs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::StepId;

/// Steps that have not begun. Taking the next one costs no look at all that wait, with tens of thousands of tenants.
#[derive(Debug)]
pub(crate) struct Queue {
    /// How many steps each still waits for.
    missing: BTreeMap<StepId, usize>,
    after: BTreeMap<StepId, Vec<StepId>>,
    /// The length of the longest chain that ends in each step's last descendant.
    heights: BTreeMap<StepId, usize>,
    ready: BTreeSet<(Reverse<usize>, StepId)>,
}

impl Queue {
    /// The steps, each with those that it waits for, all of which are among the steps.
    pub(crate) fn new(steps: &BTreeMap<StepId, BTreeSet<StepId>>) -> Self {
        let mut after: BTreeMap<StepId, Vec<StepId>> = BTreeMap::new();
        for (step, before) in steps {
            for earlier in before {
                after.entry(earlier.clone()).or_default().push(step.clone());
            }
        }
        let missing = steps.iter().map(|(step, before)| (step.clone(), before.len())).collect();
        let mut queue = Self { missing, heights: heights(steps, &after), after, ready: BTreeSet::new() };
        let first: Vec<StepId> = steps.iter().filter(|(_, before)| before.is_empty()).map(|(step, _)| step.clone()).collect();
        first.into_iter().for_each(|step| queue.free(step));
        queue
    }

    fn free(&mut self, step: StepId) {
        let height = self.heights.get(&step).copied().unwrap_or_default();
        self.ready.insert((Reverse(height), step));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.missing.is_empty()
    }

    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The next step, and up to `together` in all of the same kind and operation.
    pub(crate) fn take(&mut self, together: impl Fn(&StepId) -> usize) -> Vec<StepId> {
        let Some((height, first)) = self.ready.first() else { return Vec::new() };
        let alike = |step: &StepId| step.op == first.op && step.address.kind() == first.address.kind();
        let taken: Vec<StepId> = self
            .ready
            .iter()
            .take_while(|(other, _)| other == height)
            .map(|(_, step)| step)
            .filter(|step| alike(step))
            .take(together(first).max(1))
            .cloned()
            .collect();
        for step in &taken {
            self.remove(step);
        }
        taken
    }

    /// Lets go on what waited for a step that went well.
    pub(crate) fn done(&mut self, step: &StepId) {
        for later in self.after.get(step).cloned().unwrap_or_default() {
            let Some(missing) = self.missing.get_mut(&later) else { continue };
            *missing = missing.saturating_sub(1);
            if *missing == 0 {
                self.free(later);
            }
        }
    }

    /// Takes out everything that waits, at any depth, for a step that failed.
    pub(crate) fn doomed(&mut self, failed: &StepId) -> Vec<StepId> {
        let (mut found, mut open) = (Vec::new(), vec![failed.clone()]);
        while let Some(step) = open.pop() {
            for later in self.after.get(&step).cloned().unwrap_or_default() {
                if self.missing.contains_key(&later) {
                    self.remove(&later);
                    found.push(later.clone());
                    open.push(later);
                }
            }
        }
        found
    }

    /// Everything that has not begun; none of it will.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = StepId> {
        self.ready.clear();
        std::mem::take(&mut self.missing).into_keys()
    }

    fn remove(&mut self, step: &StepId) {
        self.missing.remove(step);
        let height = self.heights.get(step).copied().unwrap_or_default();
        self.ready.remove(&(Reverse(height), step.clone()));
    }
}

/// Counted from the last steps back to the first.
fn heights(steps: &BTreeMap<StepId, BTreeSet<StepId>>, after: &BTreeMap<StepId, Vec<StepId>>) -> BTreeMap<StepId, usize> {
    let mut waited_for: BTreeMap<&StepId, usize> = steps.keys().map(|step| (step, after.get(step).map_or(0, Vec::len))).collect();
    let mut last: Vec<&StepId> = waited_for.iter().filter(|(_, count)| **count == 0).map(|(step, _)| *step).collect();
    let mut heights: BTreeMap<StepId, usize> = BTreeMap::new();
    while let Some(step) = last.pop() {
        let below = after.get(step).into_iter().flatten().filter_map(|later| heights.get(later)).max();
        heights.insert(step.clone(), below.map_or(0, |height| height + 1));
        for earlier in steps.get(step).into_iter().flatten() {
            if let Some(count) = waited_for.get_mut(earlier) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    last.push(earlier);
                }
            }
        }
    }
    heights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Address, Owner};
    use crate::schedule::Op;

    fn step(kind: &str, label: &str) -> StepId {
        StepId { address: Address::new(kind, Owner::Platform, label), op: Op::Create }
    }

    fn queue(edges: &[(&StepId, &[&StepId])]) -> Queue {
        Queue::new(&edges.iter().map(|(s, before)| ((*s).clone(), before.iter().map(|b| (*b).clone()).collect())).collect())
    }

    #[test]
    fn the_longest_chain_begins_first() {
        let (short, long, middle, end) = (step("a", "short"), step("z", "long"), step("z", "middle"), step("z", "end"));
        let mut queue = queue(&[(&short, &[]), (&long, &[]), (&middle, &[&long]), (&end, &[&middle])]);
        assert_eq!(queue.take(|_| 1), std::slice::from_ref(&long));
        assert_eq!(queue.take(|_| 1), [short]);
        assert_eq!(queue.take(|_| 1), []);
        queue.done(&long);
        assert_eq!(queue.take(|_| 1), std::slice::from_ref(&middle));
        queue.done(&middle);
        assert_eq!(queue.take(|_| 1), [end]);
        assert!(queue.is_empty());
    }

    #[test]
    fn what_goes_out_in_one_call_is_of_one_kind() {
        let (a, b, c, other) = (step("row", "a"), step("row", "b"), step("row", "c"), step("key", "k"));
        let mut queue = queue(&[(&a, &[]), (&b, &[]), (&c, &[]), (&other, &[])]);
        let most = |step: &StepId| if step.address.kind() == "row" { 2 } else { 1 };
        assert_eq!(queue.take(most), [other]);
        assert_eq!(queue.take(most), [a, b]);
        assert_eq!(queue.take(most), [c]);
    }

    #[test]
    fn a_failure_takes_all_that_hangs_below_and_nothing_else() {
        let (root, child, grandchild, free) = (step("a", "root"), step("b", "child"), step("c", "grandchild"), step("d", "free"));
        let mut queue = queue(&[(&root, &[]), (&child, &[&root]), (&grandchild, &[&child]), (&free, &[])]);
        assert_eq!(queue.take(|_| 1), std::slice::from_ref(&root));
        assert_eq!(queue.doomed(&root), [child, grandchild]);
        assert_eq!(queue.drain().collect::<Vec<_>>(), [free]);
        assert_eq!(queue.take(|_| 1), []);
    }
}
