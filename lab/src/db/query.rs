//! The little language of `get_all_records_where`: `field "name"="value"`, `and`, `or`, `not`, `true`, `false`,
//! parentheses. Words come in any case; `__` in a field name separates its parts (`name__label`).

use super::{Db, Row};
use crate::failure::Failure;
use crate::schema::Class;
use crate::value::{Text, Value};

/// A condition on a row.
#[derive(Debug, PartialEq)]
pub enum Query {
    /// Always or never.
    Constant(bool),
    /// The field has this value, both as text.
    Equals(String, String),
    /// Both hold.
    And(Box<Query>, Box<Query>),
    /// One holds.
    Or(Box<Query>, Box<Query>),
    /// It does not hold.
    Not(Box<Query>),
}

/// How deep conditions may nest.
const DEPTH: usize = 64;

impl Query {
    /// From its text.
    ///
    /// # Errors
    /// `INTERNAL_ERROR` with the place that is not understood.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let mut tokens = tokens(text)?;
        tokens.reverse();
        let query = either(&mut tokens, DEPTH)?;
        match tokens.pop() {
            None => Ok(query),
            Some(token) => Err(unexpected(&token)),
        }
    }

    /// The row fulfils the condition.
    #[must_use]
    pub fn holds(&self, class: &Class, row: &Row) -> bool {
        match self {
            Self::Constant(value) => *value,
            Self::Equals(field, wanted) => {
                let name = field.replace("__", "_");
                let at = class.field(field).or_else(|| class.field(&name));
                at.and_then(|at| row.values.get(at))
                    .is_some_and(|value| shown(value) == *wanted)
            }
            Self::And(left, right) => left.holds(class, row) && right.holds(class, row),
            Self::Or(left, right) => left.holds(class, row) || right.holds(class, row),
            Self::Not(inner) => !inner.holds(class, row),
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) | Value::Count(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Date(seconds) => crate::date::format(*seconds),
        Value::Str(text) => text.to_string(),
        _ => String::new(),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Mark(char),
}

fn unexpected(token: &Token) -> Failure {
    Failure::internal(&format!("Parse error in query at {token:?}"))
}

fn tokens(text: &str) -> Result<Vec<Token>, Failure> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            ' ' | '\t' | '\n' | '\r' => {}
            '(' | ')' | '=' => tokens.push(Token::Mark(letter)),
            '"' | '\'' => {
                let mut quoted = String::new();
                loop {
                    match rest.next() {
                        Some(end) if end == letter => break,
                        Some('\\') => quoted.extend(rest.next()),
                        Some(other) => quoted.push(other),
                        None => return Err(Failure::internal("Parse error in query: open quote")),
                    }
                }
                tokens.push(Token::Quoted(quoted));
            }
            letter if letter.is_alphanumeric() || letter == '_' => {
                let mut word = letter.to_string();
                while let Some(next) = rest.next_if(|next| next.is_alphanumeric() || *next == '_') {
                    word.push(next);
                }
                tokens.push(Token::Word(word.to_lowercase()));
            }
            other => return Err(unexpected(&Token::Mark(other))),
        }
    }
    Ok(tokens)
}

fn take_word(tokens: &mut Vec<Token>, word: &str) -> bool {
    let found = matches!(tokens.last(), Some(Token::Word(next)) if next == word);
    if found {
        tokens.pop();
    }
    found
}

fn either(tokens: &mut Vec<Token>, depth: usize) -> Result<Query, Failure> {
    let mut left = both(tokens, depth)?;
    while take_word(tokens, "or") {
        left = Query::Or(Box::new(left), Box::new(both(tokens, depth)?));
    }
    Ok(left)
}

fn both(tokens: &mut Vec<Token>, depth: usize) -> Result<Query, Failure> {
    let mut left = one(tokens, depth)?;
    while take_word(tokens, "and") {
        left = Query::And(Box::new(left), Box::new(one(tokens, depth)?));
    }
    Ok(left)
}

fn one(tokens: &mut Vec<Token>, depth: usize) -> Result<Query, Failure> {
    let deeper = depth
        .checked_sub(1)
        .ok_or_else(|| Failure::internal("Query nests too deeply"))?;
    let end = || Failure::internal("Parse error in query: unexpected end");
    match tokens.pop().ok_or_else(end)? {
        Token::Word(word) if word == "true" => Ok(Query::Constant(true)),
        Token::Word(word) if word == "false" => Ok(Query::Constant(false)),
        Token::Word(word) if word == "not" => Ok(Query::Not(Box::new(one(tokens, deeper)?))),
        Token::Word(word) if word == "field" => {
            let name = tokens.pop().ok_or_else(end)?;
            let mark = tokens.pop().ok_or_else(end)?;
            let value = tokens.pop().ok_or_else(end)?;
            match (name, mark, value) {
                (Token::Quoted(name), Token::Mark('='), Token::Quoted(value)) => {
                    Ok(Query::Equals(name, value))
                }
                (_, mark, _) => Err(unexpected(&mark)),
            }
        }
        Token::Mark('(') => {
            let inner = either(tokens, deeper)?;
            match tokens.pop().ok_or_else(end)? {
                Token::Mark(')') => Ok(inner),
                token => Err(unexpected(&token)),
            }
        }
        token => Err(unexpected(&token)),
    }
}

impl Db {
    /// The rows of a class that fulfil a condition.
    #[must_use]
    pub fn select(&self, class: usize, query: &Query) -> Vec<Text> {
        let Some(model) = self.schema.classes.get(class) else {
            return Vec::new();
        };
        self.rows_of(class)
            .filter(|row| query.holds(model, row))
            .map(|row| Text::clone(&row.reference))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Query;

    #[test]
    fn conditions_bind_as_in_a_host() {
        let query = Query::parse("not (field \"a\"=\"1\") and true or field 'b'='2'");
        let equals = |name: &str, value: &str| Box::new(Query::Equals(name.into(), value.into()));
        let not = Box::new(Query::Not(equals("a", "1")));
        let left = Box::new(Query::And(not, Box::new(Query::Constant(true))));
        assert_eq!(query, Ok(Query::Or(left, equals("b", "2"))));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "field",
            "field \"a\"",
            "field \"a\"=\"b",
            "true true",
            "(true",
            "a=b",
            "%",
        ] {
            assert!(Query::parse(text).is_err(), "{text}");
        }
        assert!(Query::parse(&"(".repeat(100_000)).is_err());
    }
}
