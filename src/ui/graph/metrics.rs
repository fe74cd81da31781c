//! How wide a text is in the widest font that a browser may take, so that it stays inside its box in all of them.

/// How a text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// Thousandths of the font's size, from the space to the tilde: the wider of DejaVu Sans and Liberation Sans, which is as wide as
/// Arial and Helvetica. Other fonts of screens are narrower.
#[rustfmt::skip]
const REGULAR: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 337, 337, 838, 838, 838, 556, 1015, 684, 686, 722, 770, 667, 611, 778, 752, 295, 500, 667, 557, 863, 748, 787,
    667, 787, 722, 667, 611, 732, 684, 989, 685, 667, 685, 390, 337, 390, 838, 556, 500, 613, 635, 550, 635, 615, 352, 635,
    634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];
#[rustfmt::skip]
const BOLD: [u16; 95] = [
    348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696, 696, 696, 696, 696, 696,
    696, 696, 400, 400, 838, 838, 838, 611, 1000, 774, 762, 734, 830, 683, 683, 821, 837, 372, 556, 775, 637, 995, 837, 850,
    733, 850, 770, 720, 682, 812, 774, 1103, 771, 724, 725, 457, 365, 457, 838, 556, 500, 675, 716, 593, 716, 678, 435, 716,
    712, 343, 343, 665, 343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838,
];

/// Of a letter that is in no table, and of one as wide as it is high.
const OTHER: f64 = 1.0;
const WIDE: f64 = 1.15;

fn letter(c: char, weight: Weight) -> f64 {
    let table = match weight {
        Weight::Regular => &REGULAR,
        Weight::Bold => &BOLD,
    };
    let known = u32::from(c).checked_sub(32).and_then(|at| table.get(usize::try_from(at).ok()?));
    match (known, unicode_width::UnicodeWidthChar::width(c)) {
        (Some(width), _) => f64::from(*width) / 1000.0,
        (None, Some(2)) => WIDE,
        (None, _) => OTHER,
    }
}

pub(super) fn width(text: &str, size: f64, weight: Weight) -> f64 {
    text.chars().map(|c| letter(c, weight)).sum::<f64>() * size
}

/// The text, or as much of it as there is room for.
pub(super) fn fit(text: &str, size: f64, weight: Weight, room: f64) -> String {
    if width(text, size, weight) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if width(&kept, size, weight) + size * OTHER > room {
            kept.pop();
            break;
        }
    }
    format!("{}…", kept.trim_end())
}

/// At most so many lines; a word that is too long for one is broken, what is too much is left out.
pub(super) fn wrap(text: &str, size: f64, weight: Weight, room: f64, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if width(&longer, size, weight) <= room {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            line.push(c);
            if width(&line, size, weight) > room {
                line.pop();
                lines.push(std::mem::replace(&mut line, c.to_string()));
            }
        }
    }
    lines.push(line);
    lines.retain(|line| !line.is_empty());
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = fit(&format!("{last} and so on at length, which is cut"), size, weight, room);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_or_wrapped_has_room() {
        for text in
            ["clinic-a", "MMMMMMMMMMMMMMMMMMMMMMMMMMMMM", "家庭医療センター家庭医療センター", "two words and some more of them", "𝕎", ""]
        {
            for room in [40.0, 90.0, 300.0] {
                assert!(width(&fit(text, 11.0, Weight::Bold, room), 11.0, Weight::Bold) <= room, "{text}");
                let lines = wrap(text, 11.0, Weight::Regular, room, 2);
                assert!(lines.len() <= 2);
                assert!(lines.iter().all(|l| width(l, 11.0, Weight::Regular) <= room), "{lines:?}");
            }
        }
        assert_eq!(fit("clinic-a", 11.0, Weight::Regular, 90.0), "clinic-a");
        assert_eq!(wrap("clinic-a basic", 11.0, Weight::Regular, 60.0, 3), ["clinic-a", "basic"]);
    }
}
