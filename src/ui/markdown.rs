//! A plan as a comment below a pull request: never longer than it may be, and never without its totals.
//!
//! What is lost, replaced or moved comes first and unfolded; groups and details are folded. What does not fit is left out of
//! the middle, the least risky first, and the page says so.

use std::fmt::Write as _;

use crate::plan::page::Page;

mod escape;
mod pieces;

use pieces::{Piece, Weight};

/// A comment on GitHub holds 65,536 characters.
pub(crate) const MOST: usize = 60_000;
/// The totals of the largest plan, and room for a name or two.
pub(crate) const LEAST: usize = 4000;

/// What is said of the pieces that did not fit, at its longest.
const CUT: usize = 240;

/// The page in at most `most` bytes, which is no less than `LEAST`.
pub(crate) fn plan(page: &Page<'_>, isolation: Option<&str>, notes: &[String], most: usize) -> String {
    let most = most.max(LEAST);
    let (top, bottom) = (pieces::top(page), pieces::bottom(page, isolation, page.groups.len()));
    let mut left = most.saturating_sub(top.len() + bottom.len() + CUT);
    // Names of what is risky may take half of the room; how many there are is always told.
    let risks = pieces::risks(page, left / 2);
    left = left.saturating_sub(risks.len());
    let pieces = pieces::all(page, notes);
    let shown = fitting(&pieces, left);
    let mut middle = risks;
    shown.iter().flatten().for_each(|text| middle.push_str(text));
    let (mut parts, mut bytes) = (0, 0);
    for (piece, shown) in pieces.iter().zip(&shown) {
        match shown {
            None => (parts, bytes) = (parts + 1, bytes + piece.text.len()),
            Some(text) if text.len() < piece.text.len() => (parts, bytes) = (parts + 1, bytes + piece.text.len() - text.len()),
            Some(_) => {}
        }
    }
    if parts > 0 {
        let _ = writeln!(
            middle,
            "> [!NOTE]\n> {parts} {} of this plan, {bytes} bytes, did not fit and {} left out. `tenantry plan --detail full` and `--output json` have everything.\n",
            if parts == 1 { "part" } else { "parts" },
            if parts == 1 { "is" } else { "are" },
        );
    }
    let groups = pieces.iter().zip(&shown).filter(|(piece, shown)| piece.is_group && shown.is_some()).count();
    format!("{top}{middle}{}", pieces::bottom(page, isolation, groups))
}

/// What is shown of each piece: all of it, the short of it, or nothing. Nothing lighter is shown once something heavier is not.
fn fitting(pieces: &[Piece], mut left: usize) -> Vec<Option<&str>> {
    let mut shown = vec![None; pieces.len()];
    let mut order: Vec<usize> = (0..pieces.len()).collect();
    order.sort_by_key(|at| pieces.get(*at).map(|piece| piece.weight));
    let mut lightest: Option<Weight> = None;
    for (at, piece) in order.into_iter().filter_map(|at| Some((at, pieces.get(at)?))) {
        if lightest.is_some_and(|cut| piece.weight > cut) {
            break;
        }
        let fits = [Some(piece.text.as_str()), piece.short.as_deref()].into_iter().flatten().find(|text| text.len() <= left);
        match (fits, shown.get_mut(at)) {
            (Some(text), Some(place)) => {
                left -= text.len();
                *place = Some(text);
            }
            _ => lightest = Some(piece.weight),
        }
    }
    shown
}

#[cfg(test)]
mod tests;
