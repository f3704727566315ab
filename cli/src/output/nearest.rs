//! Names that resemble a mistyped one.

const SUGGESTIONS: usize = 3;
const LEAST_LIKENESS: f64 = 0.6;

/// Up to three of `names` that resemble `typed`, the most alike first.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let typed = typed.to_lowercase();
    let mut ranked: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| (likeness(&typed, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= LEAST_LIKENESS)
        .collect();
    ranked.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(other.1)));
    ranked
        .into_iter()
        .take(SUGGESTIONS)
        .map(|(_, name)| name.to_owned())
        .collect()
}

fn likeness(typed: &str, name: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(typed, name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    const NAMES: [&str; 5] = [
        "vm.start",
        "vm.stop",
        "host.start",
        "xo.getAllObjects",
        "sr.scan",
    ];

    #[test]
    fn the_most_alike_comes_first_and_strangers_are_left_out() {
        assert_eq!(
            nearest("vm.strat", NAMES).first().map(String::as_str),
            Some("vm.start")
        );
        assert_eq!(nearest("xo.getallobjects", NAMES), ["xo.getAllObjects"]);
        assert!(nearest("zzzzzz", NAMES).is_empty());
    }
}
