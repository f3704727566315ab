//! How the value of one field is read: leniently, in the encodings of both transports (`xapi-wire.md` section 1).
//!
//! Over XML-RPC integers are text; on old hosts a type may differ. What does not fit takes the field's default, so that one odd
//! value never hides a record.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::{Id, Ref, StrMap, Word, parse_date};

/// A type that a record's field can have.
pub(crate) trait Field: Default {
    /// From a string.
    fn text(_: &str) -> Self {
        Self::default()
    }
    /// From a number that is whole.
    fn int(_: i64) -> Self {
        Self::default()
    }
    /// From a number with a fraction.
    fn float(_: f64) -> Self {
        Self::default()
    }
    /// From a boolean.
    fn bool(_: bool) -> Self {
        Self::default()
    }
    /// From a list.
    fn seq<'de, A: SeqAccess<'de>>(mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
    /// From a map.
    fn map<'de, A: MapAccess<'de>>(mut entries: A) -> Result<Self, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

/// Reads a field: the `deserialize_with` of every field of every record.
pub(crate) fn read<'de, D: Deserializer<'de>, T: Field>(deserializer: D) -> Result<T, D::Error> {
    struct AnyValue<T>(std::marker::PhantomData<T>);

    impl<'de, T: Field> Visitor<'de> for AnyValue<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a value")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            Ok(T::text(text))
        }
        fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
            Ok(T::int(number))
        }
        fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
            Ok(T::int(i64::try_from(number).unwrap_or(i64::MAX)))
        }
        fn visit_f64<E: de::Error>(self, number: f64) -> Result<T, E> {
            Ok(T::float(number))
        }
        fn visit_bool<E: de::Error>(self, value: bool) -> Result<T, E> {
            Ok(T::bool(value))
        }
        fn visit_unit<E: de::Error>(self) -> Result<T, E> {
            Ok(T::default())
        }
        fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<T, A::Error> {
            T::seq(items)
        }
        fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<T, A::Error> {
            T::map(entries)
        }
    }

    deserializer.deserialize_any(AnyValue(std::marker::PhantomData))
}

/// One value read by its [`Field`] rules.
struct Read<T>(T);

impl<'de, T: Field> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer).map(Self)
    }
}

impl Field for bool {
    fn bool(value: bool) -> Self {
        value
    }
    fn text(text: &str) -> Self {
        matches!(text, "true" | "1")
    }
    fn int(number: i64) -> Self {
        number != 0
    }
}

impl Field for Option<bool> {
    fn bool(value: bool) -> Self {
        Some(value)
    }
    fn text(text: &str) -> Self {
        (!text.is_empty()).then(|| Field::text(text))
    }
    fn int(number: i64) -> Self {
        Some(number != 0)
    }
}

impl Field for i64 {
    fn int(number: i64) -> Self {
        number
    }
    fn float(number: f64) -> Self {
        number as i64
    }
    fn text(text: &str) -> Self {
        text.parse()
            .or_else(|_| text.parse::<f64>().map(|n| n as i64))
            .unwrap_or(0)
    }
}

impl Field for f64 {
    fn int(number: i64) -> Self {
        number as Self
    }
    fn float(number: f64) -> Self {
        number
    }
    fn text(text: &str) -> Self {
        text.parse()
            .ok()
            .filter(|n: &Self| n.is_finite())
            .unwrap_or(0.0)
    }
}

/// A date: seconds since 1970, `None` for never.
impl Field for Option<i64> {
    fn text(text: &str) -> Self {
        parse_date(text)
    }
}

impl Field for Id {
    fn text(text: &str) -> Self {
        Self::new(text)
    }
}

impl Field for Ref {
    fn text(text: &str) -> Self {
        Self::parse(text)
    }
}

macro_rules! from_scalar {
    ($type:ty) => {
        impl Field for $type {
            fn text(text: &str) -> Self {
                text.into()
            }
            fn int(number: i64) -> Self {
                number.to_string().as_str().into()
            }
            fn float(number: f64) -> Self {
                number.to_string().as_str().into()
            }
            fn bool(value: bool) -> Self {
                value.to_string().as_str().into()
            }
        }
    };
}

from_scalar!(Box<str>);
from_scalar!(Word);

impl Field for StrMap {
    fn map<'de, A: MapAccess<'de>>(entries: A) -> Result<Self, A::Error> {
        Self::deserialize(de::value::MapAccessDeserializer::new(entries))
    }
}

impl<T: Field> Field for Box<[T]> {
    fn seq<'de, A: SeqAccess<'de>>(mut items: A) -> Result<Self, A::Error> {
        let mut list = Vec::new();
        while let Some(Read(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }
}

/// A list that old hosts do not tell.
impl<T: Field> Field for Option<Box<[T]>> {
    fn seq<'de, A: SeqAccess<'de>>(items: A) -> Result<Self, A::Error> {
        Field::seq(items).map(Some)
    }
}

/// Any scalar as text, borrowed from the input where that is possible.
pub(crate) struct Scalar<'de>(pub Cow<'de, str>);

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Scalar<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Scalar<'de>, E> {
                Ok(Scalar(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scalar<'de>, E> {
                Ok(Scalar(Cow::Owned(text.to_owned())))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Scalar<'de>, E> {
                Ok(Scalar(Cow::Owned(number.to_string())))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Scalar<'de>, E> {
                Ok(Scalar(Cow::Owned(number.to_string())))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Scalar<'de>, E> {
                Ok(Scalar(Cow::Owned(number.to_string())))
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Scalar<'de>, E> {
                Ok(Scalar(Cow::Borrowed(if value { "true" } else { "false" })))
            }
            fn visit_unit<E: de::Error>(self) -> Result<Scalar<'de>, E> {
                Ok(Scalar(Cow::Borrowed("")))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Scalar<'de>, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar(Cow::Borrowed("")))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar<'de>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar(Cow::Borrowed("")))
            }
        }
        deserializer.deserialize_any(Text)
    }
}
