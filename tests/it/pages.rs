//! Plans as pages and the picture of the platform, opened in a browser: no errors, nothing cut off, nothing faint, not slow.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::python::here;
use crate::scenarios::{demands, shell, shipped};

/// `required` where a browser is known to be there: then its absence is a failure.
const BROWSER: &str = "TENANTRY_BROWSER";

/// Whether there is one; says what is not looked at if there is none.
fn has_browser() -> bool {
    let known = ["chromium", "chromium-browser", "google-chrome"];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| known.iter().any(|name| folder.join(name).is_file()));
    if !found {
        eprintln!("NOT TESTED: no page was opened in a browser, for there is none; install Debian's package `chromium`");
        assert!(std::env::var(BROWSER).as_deref() != Ok("required"), "{BROWSER}=required, and there is no Chromium");
    }
    found
}

fn page(folder: &Path, name: &str) -> PathBuf {
    let file = folder.join(name);
    let (printed, code) = shell(folder, &format!("tenantry plan --sandbox -q --output html > {name}"));
    assert_eq!(code, 0, "{printed}");
    file
}

/// Ten thousand tenants, in two tiers.
fn many(folder: &Path) {
    let manifest = folder.join("tenants.yaml");
    let mut text = std::fs::read_to_string(&manifest).unwrap();
    for n in 0..9992 {
        let tier = if n % 2 == 0 { "basic" } else { "premium" };
        writeln!(text, "  practice-{n}:\n    tier: {tier}\n    name: Practice {n}").unwrap();
        writeln!(text, "    users: [{{ email: a@practice-{n}.com, role: nurse }}]").unwrap();
    }
    std::fs::write(&manifest, text).unwrap();
}

/// What somebody else changed, and what a careless hand wrote.
fn changed(folder: &Path) {
    let manifest = folder.join("tenants.yaml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let text = text
        .replace("name: Family Practice Medical Center", "name: '</script><img src=x onerror=console.log(1)> \"]]> %%{init}%%'")
        .replace("  clinic-d:\n    tier: basic", "  clinic-d:\n    tier: premium")
        .replace(
            "    usage_plan: { rate: 2, burst: 5, quota: 50, period: day }\n",
            "    usage_plan: { rate: 3, burst: 5, quota: 50, period: day }\n",
        )
        .replace("expiry_days: 90", "expiry_days: 60");
    let (kept, _) = text.split_once("  hospital-b:").unwrap();
    std::fs::write(&manifest, kept).unwrap();
}

#[test]
fn pages_and_pictures_in_a_browser() {
    let folder = shipped();
    let folder = folder.path();
    let mut files = vec![page(folder, "first.html")];
    demands(folder, "tenantry apply --sandbox --yes -q", 0, &[]);
    files.push(page(folder, "nothing.html"));
    changed(folder);
    files.push(page(folder, "change.html"));
    let change = std::fs::read_to_string(folder.join("change.html")).unwrap();
    assert!(!change.contains("<img") && !change.contains("<script"), "somebody's text became a part of the page");
    let parts = ["totals", "risks", "tenants", "shared", "picture", "isolation", "next"];
    let places: Vec<Option<usize>> = parts.iter().map(|part| change.find(&format!("<section id=\"{part}\""))).collect();
    assert!(places.is_sorted() && !places.contains(&None), "risks and changes come before the picture: {places:?}");
    assert!(change.contains("on AWS about "), "the sandbox takes far less time than it says");
    demands(folder, "tenantry graph -q --plan --sandbox --out change.svg", 0, &[]);
    demands(folder, "tenantry graph -q -f tenants.strict.yaml --out strict.svg", 0, &[]);
    many(folder);
    files.push(page(folder, "many.html"));
    let size = std::fs::metadata(folder.join("many.html")).unwrap().len();
    println!("plan of 10,000 new tenants: {size} bytes of HTML");
    assert!(size < 1_000_000, "{size} bytes");
    files.extend([folder.join("change.svg"), folder.join("strict.svg"), here("docs/platform.svg")]);
    if !has_browser() {
        return;
    }
    let ran = Command::new("python3").arg(here("tests/pages/check.py")).args(&files).output().unwrap();
    let printed = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{printed}{}", String::from_utf8_lossy(&ran.stderr));
    println!("seconds to open: {printed}");
    let seconds: serde_json::Value = serde_json::from_str(printed.lines().last().unwrap()).unwrap();
    let of = |name: &str| seconds[name].as_f64().unwrap();
    // Seconds depend on the machine: the page of ten thousand is held against the one of nothing.
    assert!(of("many.html") < 20.0 * of("nothing.html").max(0.1), "{printed}");
}

#[test]
fn pictures_from_the_manifest_alone() {
    let folder = shipped();
    let folder = folder.path();
    demands(folder, "tenantry graph -q", 0, &["<svg", "tier basic", "tier premium", "clinic-a", "prefers-color-scheme"]);
    demands(folder, "tenantry graph --format mermaid -q", 0, &["flowchart TD", "subgraph tier0"]);
    demands(folder, "tenantry graph --format dot -q", 0, &["digraph platform {", "cluster_tier1"]);
    assert!(!folder.join(".tenantry").exists(), "a picture of the manifest alone needs no sandbox");
    demands(folder, "tenantry graph --plan --sandbox --format mermaid -q", 0, &["create", "classDef comes"]);
    demands(folder, "tenantry graph --out no/such/folder.svg", 1, &["writing `no/such/folder.svg`"]);
    demands(folder, "tenantry graph -f missing.yaml", 65, &["missing.yaml"]);
}
