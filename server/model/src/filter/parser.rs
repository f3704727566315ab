//! From text to tree: one pass, with the position of what is wrong.

use std::ops::Range;

use regex::RegexBuilder;

use super::{
    FilterError,
    node::{Comparison, Glob, Node, Number, Pattern, Text},
};

const MAX_CHARACTERS: usize = 16 * 1024;
const MAX_DEPTH: usize = 64;
const MAX_TERMS: usize = 1024;
const MAX_REGEXES: usize = 32;
const MAX_REGEX_BYTES: usize = 256 * 1024;

type Result<T> = std::result::Result<T, FilterError>;

pub(super) fn parse(text: &str) -> Result<Node> {
    let text: Vec<char> = text.chars().collect();
    if text.len() > MAX_CHARACTERS {
        let problem = format!("longer than {MAX_CHARACTERS} characters");
        return Err(FilterError::new(MAX_CHARACTERS..text.len(), problem));
    }
    let mut parser = Parser {
        text: &text,
        at: 0,
        depth: 0,
        terms: 0,
        regexes: 0,
    };
    let terms = parser.terms()?;
    match parser.peek() {
        Some(')') => Err(parser.unexpected("no parenthesis is open")),
        Some(_) => Err(parser.unexpected("expected a term")),
        None => Ok(joined(terms, Node::And)),
    }
}

/// One term stands for itself.
fn joined(mut terms: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    match terms.pop() {
        Some(only) if terms.is_empty() => only,
        Some(last) => {
            terms.push(last);
            join(terms)
        }
        None => join(terms),
    }
}

struct Parser<'t> {
    text: &'t [char],
    at: usize,
    depth: usize,
    terms: usize,
    regexes: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        let is_there = self.peek() == Some(wanted);
        if is_there {
            self.at += 1;
        }
        is_there
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// The character here, or the end of the text.
    fn here(&self) -> Range<usize> {
        self.at..(self.at + 1).min(self.text.len())
    }

    fn unexpected(&self, expectation: &str) -> FilterError {
        let found = match self.peek() {
            Some(character) => format!("unexpected {character:?}"),
            None => "unexpected end".to_owned(),
        };
        FilterError::new(self.here(), format!("{found}: {expectation}"))
    }

    /// Terms up to the end or a closing parenthesis.
    fn terms(&mut self) -> Result<Vec<Node>> {
        let mut terms = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                None | Some(')') => return Ok(terms),
                Some(_) => terms.push(self.term()?),
            }
        }
    }

    fn term(&mut self) -> Result<Node> {
        if self.depth == MAX_DEPTH {
            return Err(FilterError::new(
                self.here(),
                format!("nested more than {MAX_DEPTH} deep"),
            ));
        }
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(FilterError::new(
                self.here(),
                format!("more than {MAX_TERMS} terms"),
            ));
        }
        self.depth += 1;
        let node = self.term_here();
        self.depth -= 1;
        node
    }

    fn term_here(&mut self) -> Result<Node> {
        match self.peek() {
            Some('(') => self.group(Node::And),
            Some('|') => {
                self.at += 1;
                self.skip_blanks();
                self.group(Node::Or)
            }
            Some('!') => {
                self.at += 1;
                self.skip_blanks();
                Ok(Node::Not(Box::new(self.term()?)))
            }
            Some('<' | '>') => self.comparison(),
            Some('/') => self.regex(),
            Some('"') => {
                let text = self.quoted()?;
                self.named(text, |text| Node::Text(Text::new(&text)))
            }
            Some(character) if is_raw(character) || character == '*' => self.bare(),
            _ => Err(self.unexpected("expected a term")),
        }
    }

    fn group(&mut self, join: fn(Vec<Node>) -> Node) -> Result<Node> {
        let open = self.here();
        if !self.take('(') {
            return Err(self.unexpected("expected ( after |"));
        }
        let terms = self.terms()?;
        if !self.take(')') {
            return Err(FilterError::new(open, "this parenthesis is never closed"));
        }
        if terms.is_empty() {
            return Err(FilterError::new(
                open.start..self.at,
                "nothing between the parentheses",
            ));
        }
        Ok(joined(terms, join))
    }

    fn comparison(&mut self) -> Result<Node> {
        let is_less = self.take('<');
        if !is_less {
            self.at += 1;
        }
        let comparison = match (is_less, self.take('=')) {
            (true, false) => Comparison::Less,
            (true, true) => Comparison::LessOrEqual,
            (false, false) => Comparison::Greater,
            (false, true) => Comparison::GreaterOrEqual,
        };
        self.skip_blanks();
        let start = self.at;
        let word = self.raw();
        let number = number(&word).ok_or_else(|| {
            let end = self.at.max(self.here().end);
            FilterError::new(start..end, "expected a number to compare with")
        })?;
        Ok(Node::Compare(comparison, number))
    }

    fn regex(&mut self) -> Result<Node> {
        let start = self.at;
        self.at += 1;
        let mut source = String::new();
        loop {
            match self.peek() {
                None => {
                    return Err(FilterError::new(
                        start..start + 1,
                        "this expression is never closed by /",
                    ));
                }
                Some('/') => break,
                Some('\\') => {
                    source.push('\\');
                    self.at += 1;
                    source.extend(self.peek());
                }
                Some(character) => source.push(character),
            }
            self.at += 1;
        }
        self.at += 1;
        let flags = self.at;
        let ignores_case = match self.raw().as_str() {
            "" => false,
            "i" => true,
            _ => return Err(FilterError::new(flags..self.at, "the only flag is i")),
        };
        self.regexes += 1;
        if self.regexes > MAX_REGEXES {
            let problem = format!("more than {MAX_REGEXES} expressions");
            return Err(FilterError::new(start..self.at, problem));
        }
        let mut builder = RegexBuilder::new(&source);
        builder.case_insensitive(ignores_case).nest_limit(64);
        builder
            .size_limit(MAX_REGEX_BYTES)
            .dfa_size_limit(MAX_REGEX_BYTES);
        let regex = builder.build().map_err(|error| {
            // The crate points into a picture of its own; the last line says what is wrong.
            let error = error.to_string();
            let problem = error
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ");
            FilterError::new(start..self.at, format!("invalid expression: {problem}"))
        })?;
        Ok(Node::Regex(Pattern {
            source: source.into(),
            ignores_case,
            regex,
        }))
    }

    fn quoted(&mut self) -> Result<String> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let character = match self.peek() {
                Some('"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some('\\') => {
                    self.at += 1;
                    self.peek()
                }
                other => other,
            };
            let Some(character) = character else {
                return Err(FilterError::new(
                    start..start + 1,
                    "this quote is never closed",
                ));
            };
            text.push(character);
            self.at += 1;
        }
    }

    /// The word that starts here, with stars.
    fn bare(&mut self) -> Result<Node> {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|character| is_raw(character) || character == '*')
        {
            self.at += 1;
        }
        let word: String = self
            .text
            .get(start..self.at)
            .unwrap_or_default()
            .iter()
            .collect();
        if !word.contains('*') {
            return self.named(word, |word| match number(&word) {
                Some(number) => Node::Number(number),
                None => Node::Text(Text::new(&word)),
            });
        }
        match self.peek() {
            Some(':' | '?') => Err(FilterError::new(
                start..self.at,
                "the name of a property takes no *",
            )),
            _ => Ok(Node::Glob(Glob::new(&word))),
        }
    }

    /// A word that turns out to be the name of a property, or not.
    fn named(&mut self, word: String, term: fn(String) -> Node) -> Result<Node> {
        if self.take('?') {
            return Ok(Node::Truthy(word.into()));
        }
        if !self.take(':') {
            return Ok(term(word));
        }
        self.skip_blanks();
        Ok(Node::Property(word.into(), Box::new(self.term()?)))
    }

    /// The word that starts here, without stars; possibly none.
    fn raw(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(is_raw) {
            self.at += 1;
        }
        self.text
            .get(start..self.at)
            .unwrap_or_default()
            .iter()
            .collect()
    }
}

/// Whether a character can stand in a word without quotes.
pub(super) fn is_raw(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | '$')
}

/// A word that is a number: decimal, without the names that Rust reads too (`inf`, `NaN`).
pub(super) fn number(word: &str) -> Option<Number> {
    let starts = |digit: char| digit.is_ascii_digit() || matches!(digit, '-' | '.');
    let value: f64 = word.starts_with(starts).then(|| word.parse().ok())??;
    value.is_finite().then(|| Number {
        value,
        text: Text::new(word),
    })
}
