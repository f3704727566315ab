//! The canonical spelling of a filter.

use std::fmt::{Formatter, Result, Write};

use super::{
    node::{Comparison, Node},
    parser,
};

/// The whole filter: its terms need no parentheses.
pub(super) fn root(node: &Node, f: &mut Formatter<'_>) -> Result {
    match node {
        Node::And(nodes) => list(nodes, f),
        _ => term(node, f),
    }
}

fn list(nodes: &[Node], f: &mut Formatter<'_>) -> Result {
    for (index, node) in nodes.iter().enumerate() {
        if index > 0 {
            f.write_char(' ')?;
        }
        term(node, f)?;
    }
    Ok(())
}

fn term(node: &Node, f: &mut Formatter<'_>) -> Result {
    match node {
        Node::And(nodes) | Node::Or(nodes) => {
            f.write_str(if matches!(node, Node::Or(_)) {
                "|("
            } else {
                "("
            })?;
            list(nodes, f)?;
            f.write_char(')')
        }
        Node::Not(node) => {
            f.write_char('!')?;
            term(node, f)
        }
        Node::Property(name, node) => {
            word(name, f)?;
            f.write_char(':')?;
            term(node, f)
        }
        Node::Truthy(name) => {
            word(name, f)?;
            f.write_char('?')
        }
        Node::Compare(comparison, number) => {
            f.write_str(match comparison {
                Comparison::Less => "<",
                Comparison::LessOrEqual => "<=",
                Comparison::Greater => ">",
                Comparison::GreaterOrEqual => ">=",
            })?;
            f.write_str(&number.text.written)
        }
        Node::Number(number) => f.write_str(&number.text.written),
        // A text that reads as a number was quoted.
        Node::Text(text) if parser::number(&text.written).is_some() => quoted(&text.written, f),
        Node::Text(text) => word(&text.written, f),
        Node::Glob(glob) => f.write_str(&glob.written),
        Node::Regex(pattern) => {
            write!(
                f,
                "/{}/{}",
                pattern.source,
                if pattern.ignores_case { "i" } else { "" }
            )
        }
    }
}

fn word(text: &str, f: &mut Formatter<'_>) -> Result {
    if !text.is_empty() && text.chars().all(parser::is_raw) {
        f.write_str(text)
    } else {
        quoted(text, f)
    }
}

fn quoted(text: &str, f: &mut Formatter<'_>) -> Result {
    f.write_char('"')?;
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(character)?;
    }
    f.write_char('"')
}
