//! Takes what a client sent to the type that the model asks for: XML-RPC clients send integers as text, JSON clients as
//! numbers or text, and enumeration words come in any case.

use super::{Schema, Type};
use crate::date;
use crate::failure::Failure;
use crate::value::{NULL_REF, Text, Value};

impl Type {
    /// The value in this type, or the failure that a host answers (reference: wire facts, section 1).
    ///
    /// # Errors
    /// `INVALID_VALUE` for an unknown enumeration word, `INTERNAL_ERROR` for a wrong type.
    pub fn convert(&self, value: Value) -> Result<Value, Failure> {
        match (self, value) {
            (Self::String | Self::Other, value @ Value::Str(_)) => Ok(value),
            (Self::String, Value::Void) => Ok(Value::text("")),
            (Self::Int, value @ Value::Int(_)) => Ok(value),
            (Self::Int, Value::Str(text)) => text
                .trim()
                .parse()
                .map(Value::Int)
                .map_err(|_| wrong("int", &text)),
            #[allow(clippy::cast_possible_truncation)]
            (Self::Int, Value::Float(number)) if number.fract() == 0.0 => {
                Ok(Value::Int(number as i64))
            }
            (Self::Bool, value @ Value::Bool(_)) => Ok(value),
            (Self::Float, value @ Value::Float(_)) => Ok(value),
            #[allow(clippy::cast_precision_loss)]
            (Self::Float, Value::Int(number)) => Ok(Value::Float(number as f64)),
            (Self::Float, Value::Str(text)) => text
                .trim()
                .parse()
                .map(Value::Float)
                .map_err(|_| wrong("float", &text)),
            (Self::Date, value @ Value::Date(_)) => Ok(value),
            (Self::Date, Value::Str(text)) => date::parse(&text)
                .map(Value::Date)
                .ok_or_else(|| wrong("datetime", &text)),
            (Self::Enum(words), Value::Str(text)) => words
                .iter()
                .find(|word| word.eq_ignore_ascii_case(&text))
                .map(Value::from)
                .ok_or_else(|| Failure::invalid_value("value", &text)),
            (Self::Ref(_), Value::Str(text)) if text.is_empty() => Ok(Value::text(NULL_REF)),
            (Self::Ref(_), value @ Value::Str(_)) => Ok(value),
            (Self::Ref(_), Value::Void) => Ok(Value::text(NULL_REF)),
            (Self::Set(inner), Value::Set(values)) => {
                let converted: Result<Vec<Value>, Failure> = values
                    .iter()
                    .map(|value| inner.convert(value.clone()))
                    .collect();
                Ok(Value::set(converted?))
            }
            (Self::Map(key, inner), Value::Map(entries)) => {
                let converted: Result<Vec<(Text, Value)>, Failure> = entries
                    .iter()
                    .map(|(name, value)| {
                        let name = match key.convert(Value::from(name))? {
                            Value::Str(name) => name,
                            _ => Text::clone(name),
                        };
                        Ok((name, inner.convert(value.clone())?))
                    })
                    .collect();
                Ok(Value::map(converted?))
            }
            (Self::Record(class), Value::Map(entries)) => record(class, &entries),
            (Self::Other, value) => Ok(value),
            (ty, value) => Err(wrong(ty.word(), &format!("{value:?}"))),
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Int => "int",
            Self::Bool => "bool",
            Self::Float => "float",
            Self::Date => "datetime",
            Self::Enum(_) => "enum",
            Self::Ref(_) => "ref",
            Self::Record(_) => "record",
            Self::Set(_) => "set",
            Self::Map(..) => "map",
            Self::Other => "value",
        }
    }
}

fn wrong(wanted: &str, got: &str) -> Failure {
    Failure::internal(&format!("Expected {wanted}, got: {got}"))
}

/// A record as a constructor takes it: unknown members are dropped, absent ones stay absent.
fn record(class: &str, entries: &[(Text, Value)]) -> Result<Value, Failure> {
    let schema = Schema::get();
    let Some(class) = schema
        .class(class)
        .and_then(|index| schema.classes.get(index))
    else {
        return Ok(Value::map(entries.iter().cloned()));
    };
    let mut known = Vec::new();
    for (name, value) in entries {
        let Some(field) = class.field(name).and_then(|at| class.fields.get(at)) else {
            continue;
        };
        known.push((Text::clone(name), field.ty.convert(value.clone())?));
    }
    Ok(Value::map(known))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Type, Value};

    #[test]
    fn text_becomes_the_type_that_the_field_has() {
        assert_eq!(Type::Int.convert(Value::text("12")), Ok(Value::Int(12)));
        assert_eq!(Type::Float.convert(Value::Int(1)), Ok(Value::Float(1.0)));
        assert_eq!(
            Type::Date.convert(Value::text("19700101T00:01:00Z")),
            Ok(Value::Date(60))
        );
        let words = Type::Enum(Arc::new(vec!["Halted".into(), "Running".into()]));
        assert_eq!(
            words.convert(Value::text("running")),
            Ok(Value::text("Running"))
        );
        assert!(words.convert(Value::text("flying")).is_err());
        assert!(Type::Bool.convert(Value::text("true")).is_err());
    }
}
