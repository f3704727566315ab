//! What changed since a token: computed from the current state, not from a log (reference: wire facts, section 3).
//!
//! Several changes of one object since the token collapse into one event; what came and went in between is not told.

use std::collections::HashSet;

use super::{Db, RowId};
use crate::failure::Failure;
use crate::rpc::encode::Encoder;
use crate::value::{Text, Value};

/// What a client wants to hear about.
#[derive(Debug, Default, Clone)]
pub struct Subscription {
    everything: bool,
    classes: HashSet<Text>,
    objects: HashSet<(Text, Text)>,
}

impl Subscription {
    /// From the list of `*`, `class` and `class/ref`, in any case.
    ///
    /// # Errors
    /// `EVENT_SUBSCRIPTION_PARSE_FAILURE` for an element that is none of these.
    pub fn parse(list: &[Value]) -> Result<Self, Failure> {
        let mut subscription = Self::default();
        for element in list {
            let text = element.as_str();
            match text.split_once('/') {
                None if text == "*" => subscription.everything = true,
                None if !text.is_empty() => {
                    subscription.classes.insert(Text::from(text.to_lowercase()));
                }
                Some((class, reference)) if !class.is_empty() && !reference.contains('/') => {
                    let class = Text::from(class.to_lowercase());
                    subscription.objects.insert((class, Text::from(reference)));
                }
                _ => return Err(Failure::new("EVENT_SUBSCRIPTION_PARSE_FAILURE", [text])),
            }
        }
        Ok(subscription)
    }

    fn wants(&self, class: &Text, reference: &Text) -> bool {
        self.everything
            || self.classes.contains(class)
            || (!self.objects.is_empty()
                && self
                    .objects
                    .contains(&(Text::clone(class), Text::clone(reference))))
    }
}

/// A point in the history of the pool. Clients see it as text: `%020d,%020d`, the second number being that of messages,
/// which this pool counts with everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token(pub u64);

impl Token {
    /// From what a client sent; the empty text is the beginning of time.
    ///
    /// # Errors
    /// `EVENT_FROM_TOKEN_PARSE_FAILURE`.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        if text.is_empty() {
            return Ok(Self(0));
        }
        let number = |part: &str| part.parse::<u64>().ok();
        text.split_once(',')
            .and_then(|(generation, message)| number(generation).zip(number(message)))
            .map(|(generation, _)| Self(generation))
            .ok_or_else(|| Failure::new("EVENT_FROM_TOKEN_PARSE_FAILURE", [text]))
    }

    /// As clients see it.
    #[must_use]
    pub fn text(self) -> String {
        format!("{:020},{:020}", self.0, 0)
    }
}

/// The changes that one answer tells.
#[derive(Debug, Default)]
pub struct Changes<'a> {
    messages: Vec<RowId>,
    added: Vec<RowId>,
    modified: Vec<RowId>,
    deleted: Vec<(&'a Text, &'a Text, u64)>,
}

impl Changes<'_> {
    /// There is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
            && self.added.is_empty()
            && self.modified.is_empty()
            && self.deleted.is_empty()
    }
}

impl Db {
    /// What changed after the token, for this subscription.
    #[must_use]
    pub fn changes(&self, subscription: &Subscription, since: Token) -> Changes<'_> {
        let mut changes = Changes::default();
        let message = self.class_index("message");
        for id in self.by_generation.range(since.0 + 1..).map(|(_, id)| *id) {
            let Some((class, row)) = self.class(id).zip(self.row(id)) else {
                continue;
            };
            if !class.listed || !subscription.wants(&class.lower, &row.reference) {
                continue;
            }
            if id.class() == message {
                if row.created > since.0 {
                    changes.messages.push(id);
                }
            } else if row.created > since.0 {
                changes.added.push(id);
            } else {
                changes.modified.push(id);
            }
        }
        for gone in self
            .deletions
            .iter()
            .rev()
            .take_while(|gone| gone.generation > since.0)
        {
            let Some(class) = self.schema.classes.get(usize::from(gone.class)) else {
                continue;
            };
            if gone.created <= since.0
                && class.listed
                && subscription.wants(&class.lower, &gone.reference)
            {
                changes
                    .deleted
                    .push((&class.lower, &gone.reference, gone.generation));
            }
        }
        changes
    }

    /// Writes the answer of `event.from`: events, row counts and the token to go on from.
    pub fn write_changes(&self, changes: &Changes<'_>, out: &mut Encoder) {
        out.structure(|out| {
            out.member("events", |out| {
                out.array(|out| {
                    for id in &changes.messages {
                        self.write_event(out, *id, "add", Some("0"));
                    }
                    for id in &changes.added {
                        self.write_event(out, *id, "add", None);
                    }
                    for id in &changes.modified {
                        self.write_event(out, *id, "mod", None);
                    }
                    for (class, reference, generation) in changes.deleted.iter().rev() {
                        let id = if &***class == "message" {
                            0
                        } else {
                            *generation
                        };
                        out.item(|out| {
                            out.structure(|out| {
                                head(out, &id.to_string(), class, "del", reference);
                            });
                        });
                    }
                });
            });
            out.member("valid_ref_counts", |out| {
                out.structure(|out| {
                    for (class, count) in self.counts() {
                        // Messages are no rows of a real pool's database, and roles are static.
                        let counted = !matches!(&*class.lower, "message" | "role");
                        let count = i64::try_from(count).unwrap_or(i64::MAX) * i64::from(counted);
                        out.member(&class.lower, |out| out.value(&Value::Count(count)));
                    }
                });
            });
            out.member("token", |out| out.text(&Token(self.generation).text()));
        });
    }

    fn write_event(&self, out: &mut Encoder, id: RowId, operation: &str, number: Option<&str>) {
        let Some((class, row)) = self.class(id).zip(self.row(id)) else {
            return;
        };
        let generation = row.modified.to_string();
        out.item(|out| {
            out.structure(|out| {
                let number = number.unwrap_or(&generation);
                head(out, number, &class.lower, operation, &row.reference);
                out.member("snapshot", |out| out.record(class, row));
            });
        });
    }
}

fn head(out: &mut Encoder, id: &str, class: &str, operation: &str, reference: &str) {
    let members = [
        ("id", id),
        ("timestamp", "0.0"),
        ("class", class),
        ("operation", operation),
        ("ref", reference),
    ];
    for (name, text) in members {
        out.member(name, |out| out.text(text));
    }
}

#[cfg(test)]
mod tests {
    use super::{Subscription, Token};
    use crate::value::Value;

    #[test]
    fn a_token_is_two_numbers_of_twenty_digits() {
        assert_eq!(
            Token(1308).text(),
            "00000000000000001308,00000000000000000000"
        );
        assert_eq!(Token::parse(&Token(1308).text()), Ok(Token(1308)));
        assert_eq!(Token::parse(""), Ok(Token(0)));
        let refused = Token::parse("12").map_err(|failure| failure.code);
        assert_eq!(refused, Err("EVENT_FROM_TOKEN_PARSE_FAILURE".to_owned()));
    }

    #[test]
    fn a_subscription_names_classes_objects_or_everything() {
        let parse = |text: &str| Subscription::parse(&[Value::text(text)]);
        let wants = |text: &str| {
            parse(text)
                .is_ok_and(|subscription| subscription.wants(&"vm".into(), &"OpaqueRef:1".into()))
        };
        assert!(wants("*") && wants("VM") && wants("vm") && wants("Vm/OpaqueRef:1"));
        assert!(!wants("sr") && !wants("vm/OpaqueRef:2"));
        assert!(parse("").is_err() && parse("/x").is_err());
    }
}
