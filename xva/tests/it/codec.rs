//! The XML-RPC codec against random values and random bytes.

use proptest::prelude::*;
use xva::Ova;
use xva::xmlrpc::{Struct, Value, parse, parse_call, parse_response, to_xml};

/// Values that come back as they were: integers are written as text, and forbidden characters are replaced.
fn value() -> impl Strategy<Value = Value> {
    let text = "[ -~\t\r\n\u{a0}-\u{d7ff}\u{1f600}]{0,12}";
    let leaf = prop_oneof![
        text.prop_map(Value::String),
        any::<i64>().prop_map(|n| Value::String(n.to_string())),
        any::<bool>().prop_map(Value::Bool),
        any::<f64>()
            .prop_filter("NaN differs from itself", |f| !f.is_nan())
            .prop_map(Value::Double),
        "[0-9TZ:]{0,17}".prop_map(Value::DateTime),
        Just(Value::Nil),
    ];
    leaf.prop_recursive(6, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((text, inner), 0..6)
                .prop_map(|members| Value::Struct(members.into_iter().collect::<Struct>())),
        ]
    })
}

proptest! {
    #[test]
    fn a_value_comes_back_as_it_was_written(value in value()) {
        prop_assert_eq!(parse(to_xml(&value).as_bytes()).unwrap(), value);
    }

    #[test]
    fn an_integer_comes_back_as_text(number in any::<i64>()) {
        let read = parse(to_xml(&Value::Int(number)).as_bytes()).unwrap();
        prop_assert_eq!(read.to_int(), Some(number));
    }

    #[test]
    fn a_cut_text_is_an_error(value in value(), cut in any::<prop::sample::Index>()) {
        let xml = to_xml(&value);
        let cut = cut.index(xml.len());
        prop_assert!(parse(&xml.as_bytes()[..cut]).is_err());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = (parse(&bytes), parse_call(&bytes), parse_response(&bytes), Ova::parse(&bytes));
    }

    #[test]
    fn any_tags_are_read_or_refused(tags in "(<(/)?(value|struct|member|name|array|data|int|nil)(/)?>|&lt;|&x;|<!--|-->|<!\\[CDATA\\[|a| ){0,40}") {
        let _ = (parse(tags.as_bytes()), parse_call(tags.as_bytes()), Ova::parse(tags.as_bytes()));
    }
}
