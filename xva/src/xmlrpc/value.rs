//! The value tree of XML-RPC, with the lenient readings that XAPI's model needs: an integer may come
//! as text, a date as text, an enumeration in any case.

/// One XML-RPC value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text; also references, UUIDs and enumerations.
    String(String),
    /// A 64-bit integer, written as untyped text, as XAPI writes it: a reader gets it back as [`Value::String`].
    Int(i64),
    /// A 32-bit integer written as `<i4>`; XAPI does so only in `valid_ref_counts`. Read back as [`Value::Int`].
    I4(i32),
    /// A boolean.
    Bool(bool),
    /// A floating point number.
    Double(f64),
    /// The text of a date, `YYYYMMDDTHH:MM:SSZ`, not interpreted here.
    DateTime(String),
    /// A list; XAPI's sets too.
    Array(Vec<Value>),
    /// Named members in order; XAPI's maps too.
    Struct(Struct),
    /// `<nil/>`.
    Nil,
}

/// The members of a struct in the order in which they came.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Struct(Vec<(String, Value)>);

impl Struct {
    /// An empty struct.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The first member of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// Appends a member. A name that is there already stays, and is the one that [`Struct::get`] finds.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.push((name.into(), value.into()));
    }

    /// Replaces the first member of that name, or appends it.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        match self.0.iter_mut().find(|(n, _)| n == name) {
            Some((_, slot)) => *slot = value.into(),
            None => self.push(name, value),
        }
    }

    /// Appends a member; for building in one expression.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.push(name, value);
        self
    }

    /// The members in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v))
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Struct {
    type Item = (String, Value);
    type IntoIter = std::vec::IntoIter<Self::Item>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<(String, Value)> for Struct {
    fn from_iter<T: IntoIterator<Item = (String, Value)>>(members: T) -> Self {
        Self(members.into_iter().collect())
    }
}

impl Value {
    /// The text of a string or a date.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::DateTime(text) => Some(text),
            _ => None,
        }
    }

    /// An integer, typed or as decimal text.
    #[must_use]
    pub fn to_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::I4(number) => Some(i64::from(*number)),
            Self::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// A boolean. Text is never one: XAPI reads `true` as text as false, so it is refused here.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// A number, typed or as text.
    #[must_use]
    pub fn to_double(&self) -> Option<f64> {
        match self {
            Self::Double(number) => Some(*number),
            Self::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The elements of an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The members of a struct.
    #[must_use]
    pub fn as_struct(&self) -> Option<&Struct> {
        match self {
            Self::Struct(members) => Some(members),
            _ => None,
        }
    }

    /// The name of the type, for messages.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::String(_) => "string",
            Self::Int(_) | Self::I4(_) => "integer",
            Self::Bool(_) => "boolean",
            Self::Double(_) => "double",
            Self::DateTime(_) => "date",
            Self::Array(_) => "array",
            Self::Struct(_) => "struct",
            Self::Nil => "nil",
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}
impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}
impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}
impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Double(number)
    }
}
impl From<Vec<Value>> for Value {
    fn from(elements: Vec<Value>) -> Self {
        Self::Array(elements)
    }
}
impl From<Struct> for Value {
    fn from(members: Struct) -> Self {
        Self::Struct(members)
    }
}
