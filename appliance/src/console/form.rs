//! A few lines to fill in.

use crossterm::event::KeyCode;

/// The longest text of a field, in characters.
const LONGEST: usize = 200;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Before it.
    pub label: &'static str,
    /// What stands in it.
    pub text: String,
    /// Shown as stars.
    pub is_secret: bool,
}

/// All lines, and the one that is typed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// From top to bottom.
    pub fields: Vec<Field>,
    /// Which one.
    pub at: usize,
}

/// What a key made of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// It goes on.
    On,
    /// Enter in the last line.
    Done,
    /// Escape.
    Left,
}

impl Form {
    /// Labels and what stands in the lines at first.
    pub fn new(fields: &[(&'static str, &str)]) -> Self {
        let fields = fields.iter().map(|(label, text)| Field {
            label,
            text: (*text).to_owned(),
            is_secret: label.to_ascii_lowercase().contains("password"),
        });
        Self {
            fields: fields.collect(),
            at: 0,
        }
    }

    /// A line's text.
    pub fn text(&self, at: usize) -> &str {
        self.fields.get(at).map_or("", |field| field.text.trim())
    }

    /// A line's words, between commas or blanks.
    pub fn words(&self, at: usize) -> Vec<&str> {
        let words = self.text(at).split([',', ' ']);
        words.filter(|word| !word.is_empty()).collect()
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyCode) -> Typed {
        let last = self.fields.len().saturating_sub(1);
        match key {
            KeyCode::Esc => return Typed::Left,
            KeyCode::Enter if self.at == last => return Typed::Done,
            KeyCode::Enter | KeyCode::Tab | KeyCode::Down => self.at = (self.at + 1).min(last),
            KeyCode::BackTab | KeyCode::Up => self.at = self.at.saturating_sub(1),
            KeyCode::Backspace => {
                if let Some(field) = self.fields.get_mut(self.at) {
                    field.text.pop();
                }
            }
            KeyCode::Char(typed) if !typed.is_control() => {
                if let Some(field) = self.fields.get_mut(self.at)
                    && field.text.chars().count() < LONGEST
                {
                    field.text.push(typed);
                }
            }
            _ => {}
        }
        Typed::On
    }
}
