//! A plan as a comment below a pull request: never longer than it may be, and never without its totals.
//!
//! What is lost, replaced or moved comes first and unfolded; groups and details are folded. What does not fit is left out of
//! the middle, and the page says so.

use std::fmt::Write as _;

use crate::plan::page::Page;

mod escape;
mod pieces;

/// A comment on GitHub holds 65,536 characters.
pub(crate) const MOST: usize = 60_000;
/// The totals of the largest plan, and room for a name or two.
pub(crate) const LEAST: usize = 4000;

/// What is said of the pieces that did not fit, at its longest.
const CUT: usize = 240;

/// The page in at most `most` bytes, which is no less than `LEAST`.
pub(crate) fn plan(page: &Page<'_>, isolation: Option<&str>, notes: &[String], most: usize) -> String {
    let most = most.max(LEAST);
    let (top, bottom) = (pieces::top(page), pieces::bottom(page, isolation));
    let mut left = most.saturating_sub(top.len() + bottom.len() + CUT);
    let mut middle = String::new();
    // Names of what is risky may take half of the room; how many there are is always told.
    let risks = pieces::risks(page, left / 2);
    left = left.saturating_sub(risks.len());
    middle.push_str(&risks);
    let (mut parts, mut bytes) = (0, 0);
    for piece in pieces::all(page, notes) {
        if piece.len() > left {
            parts += 1;
            bytes += piece.len();
            continue;
        }
        left -= piece.len();
        middle.push_str(&piece);
    }
    if parts > 0 {
        let _ = writeln!(
            middle,
            "> [!NOTE]\n> {parts} {} of this plan, {bytes} bytes, did not fit and {} left out. `tenantry plan --detail full` and `--output json` have everything.\n",
            if parts == 1 { "part" } else { "parts" },
            if parts == 1 { "is" } else { "are" },
        );
    }
    format!("{top}{middle}{bottom}")
}

#[cfg(test)]
mod tests;
