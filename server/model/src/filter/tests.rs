use proptest::prelude::*;
use serde_json_borrow::Value;

use super::*;

const VM: &str = r#"{"id": "b1", "type": "VM", "name_label": "Web front-end 42", "power_state": "Running",
    "memory": {"size": 2147483648, "dynamic": [1, 5]}, "tags": ["prod", "été"], "CPUs": {"number": 2}, "notes": "",
    "other": {"xo:backup": "daily job"}, "startTime": null, "auto_poweron": true, "VGPUs": [],
    "addresses": {"0/ipv4/0": "10.0.0.1"}}"#;

fn matches(filter: &str) -> bool {
    Filter::parse(filter).unwrap().matches_json(VM)
}

#[test]
fn the_examples_of_the_reference_match() {
    for filter in [
        "",
        "  ",
        "type:VM",
        "type:vm power_state:running",
        "(type:VM power_state:Running)",
        "|(type:SR type:VM)",
        "type:|(SR VM)",
        "!type:SR",
        "type:!SR",
        "! type:SR",
        "CPUs:number:2",
        "memory:size:>2147483647",
        "memory:size:(>=2147483648 <=2147483648)",
        "memory:dynamic:5",
        "memory:dynamic:1:5",
        "auto_poweron?",
        "!startTime?",
        "!notes?",
        "VGPUs?",
        "!missing?",
        "name_label:\"front-end 4\"",
        "name_label:42",
        "name_label:w*42",
        "name_label:b*d",
        "name_label:*",
        "name_label:/^Web.*\\d+$/",
        "name_label:/^web/i",
        "prod",
        "tags:ÉTÉ",
        "daily",
        "\"daily job\"",
        "other:\"xo:backup\":daily",
        "2",
        "10.0.0.1",
        "missing:!foo",
    ] {
        assert!(matches(filter), "{filter}");
    }
}

#[test]
fn what_does_not_hold_does_not_match() {
    for filter in [
        "type:SR",
        "type:VM power_state:Halted",
        "|(type:SR type:host)",
        "name_label:/^web/",
        "name_label:\"w*42\"",
        "name_label:42*w",
        "CPUs:number:3",
        "name_label:>1",
        "memory:size:<2147483648",
        "startTime?",
        "notes?",
        "missing?",
        "missing:foo",
        "startTime:foo:bar",
        "\"type\":\"SR\"",
        "backup",
        "99",
    ] {
        assert!(!matches(filter), "{filter}");
    }
}

#[test]
fn the_canonical_form_is_the_same_filter_in_one_spelling() {
    for (written, canonical) in [
        ("  a   b ", "a b"),
        ("(a b)", "a b"),
        ("(a) ((b))", "a b"),
        ("x:(a  b) |( c d )", "x:(a b) |(c d)"),
        ("\"a\"", "a"),
        ("\"5\" 5", "\"5\" 5"),
        ("\"a b\": c", "\"a b\":c"),
        ("! a", "!a"),
        (">= 5", ">=5"),
        ("\"\\\"\\\\\"", "\"\\\"\\\\\""),
        ("/a\\/b/i", "/a\\/b/i"),
        ("|(a)", "a"),
        ("\"a*b\" a*b", "\"a*b\" a*b"),
        ("", ""),
    ] {
        assert_eq!(
            Filter::parse(written).unwrap().to_string(),
            canonical,
            "{written}"
        );
    }
}

#[test]
fn errors_point_at_the_position() {
    for (filter, start, end, problem) in [
        ("a)", 1, 2, "no parenthesis is open"),
        ("(a b", 0, 1, "never closed"),
        ("é |(a", 3, 4, "never closed"),
        ("()", 0, 2, "nothing between"),
        ("| a", 2, 3, "expected ("),
        ("a:", 2, 2, "unexpected end"),
        ("name:=3", 5, 6, "unexpected '='"),
        ("\"abc", 0, 1, "quote is never closed"),
        ("a /b", 2, 3, "never closed by /"),
        ("/b/g", 3, 4, "the only flag is i"),
        ("x:/(/", 2, 5, "invalid expression: unclosed group"),
        (">abc", 1, 4, "expected a number"),
        (">", 1, 1, "expected a number"),
        ("na*me:x", 0, 5, "takes no *"),
        ("!", 1, 1, "unexpected end"),
        ("a,b", 1, 2, "unexpected ','"),
    ] {
        let error = Filter::parse(filter).unwrap_err();
        assert_eq!(error.span, start..end, "{filter}: {error}");
        assert!(error.to_string().contains(problem), "{filter}: {error}");
        assert!(
            error
                .to_string()
                .contains(&format!("character {}", start + 1)),
            "{error}"
        );
    }
    let error = Filter::parse("a:b )c").unwrap_err();
    assert_eq!(error.pointed("a:b )c"), "a:b )c\n    ^");
}

#[test]
fn depth_length_and_expressions_are_bounded() {
    for filter in [
        "(".repeat(100_000),
        "(".repeat(10_000),
        "!".repeat(10_000),
        "a:".repeat(5_000),
        "/a/ ".repeat(33),
        "/(a{1000}){1000}/".to_owned(),
        "/((((((((((a{9}){9}){9}){9}){9}){9}){9}){9}){9}){9})/".to_owned(),
    ] {
        let error = Filter::parse(&filter).unwrap_err();
        assert!(!error.problem.is_empty());
    }
    assert!(Filter::parse(&format!("{}a{}", "(".repeat(60), ")".repeat(60))).is_ok());
    assert!(Filter::parse(&"a ".repeat(1_024)).is_ok());
    assert!(Filter::parse(&"a ".repeat(1_025)).is_err());
}

#[test]
fn a_property_that_is_not_looked_at_is_not_parsed() {
    let filter = Filter::parse("type:VM !tags:x").unwrap();
    assert_eq!(
        filter.properties.as_deref().unwrap(),
        ["tags".into(), "type".into()]
    );
    assert_eq!(Filter::parse("type:VM foo").unwrap().properties, None);
    assert!(!filter.matches_json("no json"));
}

#[test]
fn what_is_known_can_decide() {
    let known = |name: &str| (name == "type").then_some("VM-template");
    let decide = |filter| Filter::parse(filter).unwrap().decide(known);
    assert_eq!(decide("type:VM"), Some(true));
    assert_eq!(decide("type:/^VM$/ tags:a"), Some(false));
    assert_eq!(decide("type:VM tags:a"), None);
    assert_eq!(decide("|(type:VM tags:a)"), Some(true));
    assert_eq!(decide("!type:VM"), Some(false));
    assert_eq!(decide("type?"), Some(true));
    assert_eq!(decide("VM"), None);
    assert_eq!(decide(""), Some(true));
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z$_.-]{1,4}", "-?[0-9]{1,3}(\\.[0-9])?", "[ -~é]{0,5}"]
}

fn quoted() -> impl Strategy<Value = String> {
    word().prop_map(|word| format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// Texts that are filters, in odd spellings too.
fn filter() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-z0-9$_.*-]{1,5}",
        quoted(),
        "(<|<=|>|>=) ?-?[0-9]{1,4}",
        "/[a-z.]{0,3}(\\\\/)?/i?",
        quoted().prop_map(|name| format!("{name}?")),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|terms| format!("({})", terms.join(" "))),
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|terms| format!("|( {} )", terms.join("  "))),
            inner.clone().prop_map(|term| format!("!{term}")),
            (quoted(), inner).prop_map(|(name, term)| format!("{name}: {term}")),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_a_filter_or_an_error_within_it(text in "[ a-z()|!:?<>=\"\\\\/*0-9é.,-]{0,24}") {
        match Filter::parse(&text) {
            Ok(filter) => prop_assert!(!filter.matches_json("")  || filter.is_empty()),
            Err(error) => {
                prop_assert!(error.span.end <= text.chars().count());
                prop_assert!(error.span.start <= error.span.end);
                prop_assert_eq!(error.pointed(&text).lines().count(), 2);
            }
        }
    }

    #[test]
    fn the_canonical_form_reads_as_the_same_filter(text in filter()) {
        let filter = Filter::parse(&text).unwrap();
        let canonical = filter.to_string();
        prop_assert_eq!(&Filter::parse(&canonical).unwrap(), &filter, "{}", canonical);
        prop_assert_eq!(Filter::parse(&canonical).unwrap().to_string(), canonical);
    }

    #[test]
    fn the_short_ways_agree_with_the_long_one(text in filter(), kind in "VM|SR|a|1") {
        let filter = Filter::parse(&text).unwrap();
        let object = format!("{{\"a\": \"{kind}\", \"b\": [1, {{\"c\": \"{kind}\"}}], \"1\": true}}");
        let value: Value = serde_json::from_str(&object).unwrap();
        prop_assert_eq!(filter.matches_json(&object), filter.matches(&value));
        if let Some(decided) = filter.decide(|name| (name == "a").then_some(kind.as_str())) {
            prop_assert_eq!(decided, filter.matches(&value));
        }
    }
}
