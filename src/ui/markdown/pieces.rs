//! The parts of a page in Markdown, in the order in which they are read; each stands by itself, so that any may be left out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::escape::{code, fenced, html};
use crate::plan::page::{Fold, Group, KeptFor, Page, Place, Risk, RiskKind, Shape, TenantAction, words_of};
use crate::ui::plan::{counted, grouped, in_words, needs, resource_lines, resources, tenant_lines, tenants, value};
use crate::ui::style::sign;

/// Where it will run and what it comes to.
pub(super) fn top(page: &Page<'_>) -> String {
    let head = &page.header;
    let place = if head.place == Place::Sandbox { ", sandbox" } else { "" };
    // A pipeline finds its comment by this line, and writes it anew instead of adding another.
    let mut out = format!("<!-- tenantry-plan {} {} {} -->\n", head.platform, head.account, head.region);
    let tail = head.account.get(head.account.len().saturating_sub(4)..).unwrap_or_default();
    let _ = writeln!(out, "### tenantry plan: {}, account …{tail}, {}{place}\n", head.platform, head.region);
    let _ = writeln!(
        out,
        "{} ({}, {}; {} live), account {}, {} profile\n",
        code(&head.file),
        counted(head.tiers, "tier"),
        counted(head.tenants, "tenant"),
        grouped(head.live),
        head.account,
        head.profile
    );
    out.push_str(&open(page));
    if let Some(partial) = &head.partial {
        let filters = code(&partial.filters.join(" "));
        let _ = writeln!(out, "**A part of the plan only:** {filters} leaves out {}.\n", counted(partial.left_out, "change"));
    }
    if page.is_empty() {
        let _ = writeln!(out, "**No changes.** {} are as the manifest says.\n", counted(page.totals.resources.unchanged, "resource"));
        return out;
    }
    let _ = writeln!(out, "**Tenants:** {}  ", tenants(&page.totals.tenants));
    let _ = writeln!(out, "**Shared:** {}  ", resources(&page.totals.shared));
    let _ = writeln!(out, "**All resources:** {}  ", resources(&page.totals.resources));
    let _ = writeln!(out, "{}\n", needs(page));
    if let Some(share) = page.share {
        let _ =
            writeln!(out, "**{} % of the tenants that are there change ({}): is that intended?**\n", share.percent, grouped(share.tenants));
    }
    out
}

/// So many layers are named, and so much is said of each: the totals need room.
const OPEN: usize = 3;
const SAID: usize = 100;

/// Before all else: where tenants would not be kept apart.
fn open(page: &Page<'_>) -> String {
    if page.open.is_empty() {
        return String::new();
    }
    let mut out = "> [!CAUTION]\n".to_owned();
    for open in page.open.iter().take(OPEN) {
        let cut = if open.says.chars().count() > SAID { "…" } else { "" };
        let says = open.says.replace('`', "'").chars().take(SAID).collect::<String>() + cut;
        let says = if says.is_empty() { String::new() } else { format!(": {}", code(&says)) };
        let accepted = open.accepted().map(|accepted| format!(" ({accepted})")).unwrap_or_default();
        let _ = writeln!(out, "> **! {} at {} {}** ({}){says}{accepted}  ", open.word(), open.probe, open.layer, open.verdict.word());
    }
    if let Some(more) = page.open.len().checked_sub(OPEN).filter(|more| *more > 0) {
        let _ = writeln!(out, "> and {more} more: `tenantry verify` lists them  ");
    }
    out.push('\n');
    out
}

/// The digest by which what was reviewed is applied.
pub(super) fn bottom(page: &Page<'_>, isolation: Option<&str>) -> String {
    let mut out = String::new();
    if let Some(isolation) = isolation {
        let _ = writeln!(out, "{}\n", isolation.trim());
    }
    let groups = page.groups.len();
    let shown = groups.min(Group::SHOWN);
    let _ = writeln!(out, "Plan digest `{}` · {shown} of {} shown", page.checksum, counted(groups, "group"));
    out
}

/// What is risky, by its kind, with as many names as there is room for.
pub(super) fn risks(page: &Page<'_>, room: usize) -> String {
    let mut kinds: BTreeMap<RiskKind, Vec<&Risk>> = BTreeMap::new();
    for risk in &page.risks {
        kinds.entry(risk.kind).or_default().push(risk);
    }
    if kinds.is_empty() {
        return String::new();
    }
    let mut out = "> [!WARNING]\n".to_owned();
    let each = room / kinds.len();
    for (kind, risks) in kinds {
        let (mut names, mut shown) = (String::new(), 0);
        for risk in &risks {
            let name = named(risk);
            if names.len() + name.len() + 80 > each {
                break;
            }
            let _ = write!(names, "{}{name}", if shown > 0 { ", " } else { "" });
            shown += 1;
        }
        let rest = match risks.len() - shown {
            0 => String::new(),
            n if shown == 0 => format!("{} not named here", grouped(n)),
            n => format!(" and {} more", grouped(n)),
        };
        let _ = writeln!(out, "> **{} {}**: {names}{rest}  ", kind.sign(), counted(risks.len(), kind.word()));
    }
    out.push('\n');
    out
}

fn named(risk: &Risk) -> String {
    let mut says: Vec<String> = Vec::new();
    if !risk.says.is_empty() {
        says.push(code(&risk.says));
    }
    if risk.affects > 1 {
        says.push(format!("affects {}", counted(risk.affects, "tenant")));
    }
    let owner = if risk.address.is_some() { format!(" of {}", words_of(&risk.owner)) } else { String::new() };
    let says = if says.is_empty() { String::new() } else { format!(" ({})", says.join("; ")) };
    format!("{}{owner}{says}", code(&risk.what))
}

/// Everything between the risks and the end.
pub(super) fn all(page: &Page<'_>, notes: &[String]) -> Vec<String> {
    let mut pieces: Vec<String> = page.notes.iter().chain(notes).map(|note| format!("- **note:** {}\n\n", code_long(note))).collect();
    pieces.extend(
        page.blocked
            .iter()
            .map(|b| format!("- **! blocked** {}: {}. {}\n\n", code(&b.address.to_string()), code(&b.why), code(&b.way_out))),
    );
    pieces.extend(page.groups.iter().take(Group::SHOWN).map(|group| of_group(page, group)));
    if let Some(rest) = page.groups.get(Group::SHOWN..).filter(|rest| !rest.is_empty()) {
        let members: usize = rest.iter().map(|group| group.members.len()).sum();
        pieces.push(format!("… and {}, {}\n\n", counted(rest.len(), "smaller group"), counted(members, "tenant")));
    }
    pieces.extend(page.shared.iter().map(|shared| {
        let affects = if shared.affects == 0 { String::new() } else { format!(", affects {}", counted(shared.affects, "tenant")) };
        let resources: Vec<_> = shared.resources.iter().collect();
        let title = format!("{} · {}{affects} · {}", words_of(&shared.owner), counted(resources.len(), "change"), in_words(&resources));
        details(&title, &fenced(&resource_lines(&resources)))
    }));
    if !page.drift.is_empty() {
        let resources: Vec<_> = page.drift.iter().collect();
        let title = format!("changed outside tenantry since the last apply · {}", counted(resources.len(), "resource"));
        pieces.push(details(&title, &fenced(&resource_lines(&resources))));
    }
    let kept: Vec<String> = page.kept.iter().filter(|k| k.why == KeptFor::Data).map(|k| k.address.to_string()).collect();
    if !kept.is_empty() {
        let title = format!("kept, because they hold data · {}", counted(kept.len(), "resource"));
        pieces.push(details(&title, &fenced(&kept.join("\n"))));
    }
    pieces
}

/// Long words of our own, where a name of the user's may stand in.
fn code_long(text: &str) -> String {
    let escaped: String =
        text.chars().map(|c| if "\\`*_{}[]<>#|@~&:!".contains(c) { format!("&#{};", u32::from(c)) } else { c.to_string() }).collect();
    crate::diagnostic::plain(&escaped)
}

/// A fold; the title is ours, or escaped.
fn details(title: &str, inside: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{inside}\n</details>\n\n")
}

fn of_group(page: &Page<'_>, group: &Group) -> String {
    let count = counted(group.members.len(), "tenant");
    let place = match (&group.action, &group.tier) {
        (TenantAction::Move { from, to }, _) => format!(" {from} -&gt; {to}"),
        (_, Some(tier)) => format!(" in tier {tier}"),
        _ => String::new(),
    };
    let shapes = group.shapes.iter().map(shape).collect::<Vec<_>>().join("; ");
    let title = format!("{} · {} {} {count}{place} · {shapes}", group.id, group.action.sign(), group.action.word());
    let names = group.examples().iter().map(|id| code(id.as_str())).collect::<Vec<_>>().join(", ");
    let rest = match group.members.len() - group.examples().len() {
        0 => String::new(),
        n => format!(" and {} more", grouped(n)),
    };
    let first = group.members.first().and_then(|id| page.tenant(id));
    let alike = if group.members.len() > 1 { "the first of them:\n\n" } else { "" };
    let inside = first.map_or_else(String::new, |tenant| format!("{alike}{}", fenced(&tenant_lines(tenant))));
    let inside = format!("{names}{rest}\n\n{inside}");
    // What destroys, shuts, moves or opens something is not folded away.
    if group.fold == Fold::Never { format!("**{title}**\n\n{inside}\n") } else { details(&title, &inside) }
}

fn shape(shape: &Shape) -> String {
    let fields: Vec<String> =
        shape.fields.iter().take(3).map(|f| html(&format!("{} {} -> {}", f.path, value(&f.before), value(&f.after)))).collect();
    let fields = if fields.is_empty() { String::new() } else { format!(" {}", fields.join(", ")) };
    format!("{} {}{fields}", sign(shape.action), shape.kind)
}
