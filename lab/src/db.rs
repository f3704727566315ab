//! The pool's database: one table per class, rows as slots in the schema's order, a generation counter that every write
//! moves, and an index of rows by the generation of their last change (what `event.from` reads).
//!
//! Invariant: links between rows are consistent in both directions; only `set`, `create` and `destroy` touch them.

pub mod events;
mod fields;
mod ids;
mod links;
pub mod query;
mod store;

use std::collections::{BTreeMap, HashMap, VecDeque};

pub use ids::Ids;
pub use store::{Store, WriteGuard};

use crate::schema::{Class, Schema};
use crate::value::{NULL_REF, Text, Value};
use links::Links;

/// How many deletions are remembered for clients that are behind (reference: wire facts, section 3).
const DELETIONS_KEPT: usize = 50_000;

/// Where a row is: class and slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowId {
    class: u16,
    slot: u32,
}

impl RowId {
    /// Index of the row's class in the schema.
    #[must_use]
    pub fn class(self) -> usize {
        usize::from(self.class)
    }
}

/// One object.
#[derive(Debug)]
pub struct Row {
    /// Its opaque reference.
    pub reference: Text,
    /// The generation at which it came to be.
    pub created: u64,
    /// The generation of its last change.
    pub modified: u64,
    /// Its fields in the order of the schema.
    pub values: Box<[Value]>,
}

#[derive(Debug, Default)]
struct Table {
    rows: Vec<Option<Row>>,
    free: Vec<u32>,
    count: usize,
}

/// A row that is gone.
#[derive(Debug)]
struct Deletion {
    generation: u64,
    created: u64,
    class: u16,
    reference: Text,
}

/// All tables. Reached through [`Store`].
#[derive(Debug)]
pub struct Db {
    schema: &'static Schema,
    links: Links,
    tables: Vec<Table>,
    /// Rows by reference and by uuid.
    lookup: HashMap<Text, RowId>,
    generation: u64,
    by_generation: BTreeMap<u64, RowId>,
    deletions: VecDeque<Deletion>,
    ids: Ids,
    /// Sets of words that many rows have alike.
    shared: HashMap<Vec<&'static str>, Value>,
    /// Where HTTPS is served, when that is not port 443.
    pub https_port: Option<u16>,
    /// The content of a disk, both by uuid, where it is shared or was written (`contents.rs`).
    pub(crate) contents: HashMap<Text, Text>,
}

impl Db {
    /// An empty database whose ids follow from these.
    #[must_use]
    pub fn new(ids: Ids) -> Self {
        let schema = Schema::get();
        Self {
            schema,
            links: Links::new(schema),
            tables: schema.classes.iter().map(|_| Table::default()).collect(),
            lookup: HashMap::new(),
            generation: 1,
            by_generation: BTreeMap::new(),
            deletions: VecDeque::new(),
            ids,
            shared: HashMap::new(),
            https_port: None,
            contents: HashMap::new(),
        }
    }

    /// A set of these words, the same in memory for all who ask for it.
    pub fn shared_set(&mut self, words: &[&'static str]) -> Value {
        if let Some(value) = self.shared.get(words) {
            return value.clone();
        }
        let value = Value::strings(words.iter().copied());
        self.shared.insert(words.to_vec(), value.clone());
        value
    }

    /// The model.
    #[must_use]
    pub fn schema(&self) -> &'static Schema {
        self.schema
    }

    /// The generation of the last write.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The source of new uuids and references.
    pub fn ids(&mut self) -> &mut Ids {
        &mut self.ids
    }

    /// The class of this name. Names are the program's own, so an unknown one is class 0 (`session`), which tests see.
    fn class_index(&self, class: &str) -> usize {
        self.schema.class(class).unwrap_or_default()
    }

    fn class(&self, id: RowId) -> Option<&'static Class> {
        self.schema.classes.get(id.class())
    }

    /// The row under this reference, if it is one of that class.
    #[must_use]
    pub fn find(&self, class: &str, reference: &str) -> Option<&Row> {
        let id = self.lookup.get(reference)?;
        let row = self.row(*id)?;
        (id.class() == self.class_index(class) && *row.reference == *reference).then_some(row)
    }

    /// There is an object of this class under this reference.
    #[must_use]
    pub fn has(&self, class: &str, reference: &str) -> bool {
        self.find(class, reference).is_some()
    }

    /// The reference of the object of this class with this uuid.
    #[must_use]
    pub fn by_uuid(&self, class: &str, uuid: &str) -> Option<Text> {
        let id = self
            .lookup
            .get(uuid)
            .filter(|id| id.class() == self.class_index(class))?;
        self.row(*id)
            .filter(|row| *row.reference != *uuid)
            .map(|row| Text::clone(&row.reference))
    }

    /// The name of the class of the object under this reference.
    #[must_use]
    pub fn class_of(&self, reference: &str) -> Option<&'static str> {
        self.lookup
            .get(reference)
            .and_then(|id| self.class(*id))
            .map(|class| &*class.name)
    }

    /// The row at this place.
    #[must_use]
    pub fn row(&self, id: RowId) -> Option<&Row> {
        self.tables
            .get(id.class())?
            .rows
            .get(id.slot as usize)?
            .as_ref()
    }

    fn row_mut(&mut self, id: RowId) -> Option<&mut Row> {
        self.tables
            .get_mut(id.class())?
            .rows
            .get_mut(id.slot as usize)?
            .as_mut()
    }

    /// The rows of a class by its index in the schema.
    pub fn rows_of(&self, class: usize) -> impl Iterator<Item = &Row> {
        self.tables
            .get(class)
            .into_iter()
            .flat_map(|table| table.rows.iter().flatten())
    }

    /// The rows of a class.
    pub fn rows(&self, class: &str) -> impl Iterator<Item = &Row> {
        self.rows_of(self.class_index(class))
    }

    /// The references of all objects of a class.
    #[must_use]
    pub fn all(&self, class: &str) -> Vec<Text> {
        self.rows(class)
            .map(|row| Text::clone(&row.reference))
            .collect()
    }

    /// How many objects a class has.
    #[must_use]
    pub fn count(&self, class: &str) -> usize {
        self.tables
            .get(self.class_index(class))
            .map_or(0, |table| table.count)
    }

    /// How many objects each class has, in the order of the schema.
    pub fn counts(&self) -> impl Iterator<Item = (&'static Class, usize)> {
        self.schema
            .classes
            .iter()
            .zip(self.tables.iter().map(|table| table.count))
    }

    /// Makes an object: fields that are not given have their default, `uuid` and the reference are fresh.
    /// Returns its reference.
    pub fn create<'a>(
        &mut self,
        class: &str,
        fields: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Text {
        let index = self.class_index(class);
        let Some(model) = self.schema.classes.get(index) else {
            return Text::from(NULL_REF);
        };
        let mut values = model.defaults.clone();
        for (name, value) in fields {
            if let Some(slot) = model.field(name).and_then(|at| values.get_mut(at)) {
                *slot = value;
            }
        }
        let mut uuid = None;
        if let Some(slot) = model.field("uuid").and_then(|at| values.get_mut(at)) {
            if slot.as_str().is_empty() {
                *slot = Value::from(self.ids.uuid());
            }
            uuid = slot.as_text().cloned();
        }
        let reference = Text::from(self.ids.reference());
        let linked: Vec<(usize, Text)> = self
            .links
            .forward_fields(index)
            .filter_map(|at| Some((at, values.get(at)?.as_text()?.clone())))
            .filter(|(_, target)| **target != *NULL_REF)
            .collect();
        self.generation += 1;
        let generation = self.generation;
        let row = Row {
            reference: Text::clone(&reference),
            created: generation,
            modified: generation,
            values: values.into_boxed_slice(),
        };
        let id = self.place(index, row);
        self.by_generation.insert(generation, id);
        self.lookup.insert(Text::clone(&reference), id);
        if let Some(uuid) = uuid {
            self.lookup.insert(uuid, id);
        }
        for (at, target) in linked {
            self.link(id, at, &target, &reference);
        }
        reference
    }

    fn place(&mut self, class: usize, row: Row) -> RowId {
        let mut slot = 0;
        if let Some(table) = self.tables.get_mut(class) {
            table.count += 1;
            match table.free.pop() {
                Some(free) => {
                    slot = free;
                    if let Some(place) = table.rows.get_mut(free as usize) {
                        *place = Some(row);
                    }
                }
                None => {
                    slot = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
                    table.rows.push(Some(row));
                }
            }
        }
        RowId {
            class: u16::try_from(class).unwrap_or(u16::MAX),
            slot,
        }
    }

    /// Removes an object and every link to it. False when there is none.
    pub fn destroy(&mut self, reference: &str) -> bool {
        let Some(id) = self.lookup.get(reference).copied() else {
            return false;
        };
        self.unlink_all(id);
        let Some(table) = self.tables.get_mut(id.class()) else {
            return false;
        };
        let Some(row) = table.rows.get_mut(id.slot as usize).and_then(Option::take) else {
            return false;
        };
        table.free.push(id.slot);
        table.count -= 1;
        self.lookup.remove(&row.reference);
        if let Some(uuid) = self.class(id).and_then(|class| class.field("uuid"))
            && let Some(Value::Str(uuid)) = row.values.get(uuid)
        {
            self.lookup.remove(uuid);
        }
        self.by_generation.remove(&row.modified);
        self.generation += 1;
        self.deletions.push_back(Deletion {
            generation: self.generation,
            created: row.created,
            class: id.class,
            reference: row.reference,
        });
        if self.deletions.len() > DELETIONS_KEPT {
            self.deletions.pop_front();
        }
        true
    }

    /// Forgets what was destroyed, as a pool does after a while: who was away never hears of it.
    pub fn forget_deletions(&mut self) {
        self.deletions.clear();
    }

    /// Marks an object as changed without changing it. False when there is none.
    pub fn touch(&mut self, reference: &str) -> bool {
        let Some(id) = self.lookup.get(reference).copied() else {
            return false;
        };
        self.touch_row(id);
        true
    }

    fn touch_row(&mut self, id: RowId) {
        self.generation += 1;
        let generation = self.generation;
        if let Some(row) = self.row_mut(id) {
            let before = std::mem::replace(&mut row.modified, generation);
            self.by_generation.remove(&before);
            self.by_generation.insert(generation, id);
        }
    }

    /// Gives every object a new reference, as a pool does that was restored, and forgets the past: what a client
    /// remembers is of no use any more. Sessions and tasks are gone.
    pub fn renew_references(&mut self) {
        for class in ["session", "task"] {
            for reference in self.all(class) {
                self.destroy(&reference);
            }
        }
        let mut renamed: HashMap<Text, Text> = HashMap::new();
        let mut lookup: HashMap<Text, RowId> = HashMap::new();
        for (old, id) in std::mem::take(&mut self.lookup) {
            if old.starts_with("OpaqueRef:") {
                let new = Text::from(self.ids.reference());
                lookup.insert(Text::clone(&new), id);
                renamed.insert(old, new);
            } else {
                lookup.insert(old, id);
            }
        }
        self.lookup = lookup;
        self.deletions.clear();
        self.by_generation.clear();
        for (class, table) in self.tables.iter_mut().enumerate() {
            for (slot, row) in table.rows.iter_mut().enumerate() {
                let Some(row) = row else { continue };
                self.generation += 1;
                row.created = self.generation;
                row.modified = self.generation;
                let (class, slot) = (u16::try_from(class), u32::try_from(slot));
                if let (Ok(class), Ok(slot)) = (class, slot) {
                    self.by_generation
                        .insert(self.generation, RowId { class, slot });
                }
                if let Some(new) = renamed.get(&row.reference) {
                    row.reference = Text::clone(new);
                }
                for value in &mut row.values {
                    rename(value, &renamed);
                }
            }
        }
    }
}

fn rename(value: &mut Value, renamed: &HashMap<Text, Text>) {
    match value {
        Value::Str(text) => {
            if let Some(new) = renamed.get(text) {
                *text = Text::clone(new);
            }
        }
        Value::Set(values) if !values.is_empty() => {
            std::sync::Arc::make_mut(values)
                .iter_mut()
                .for_each(|value| rename(value, renamed));
        }
        Value::Map(entries) if !entries.is_empty() => {
            for (key, value) in std::sync::Arc::make_mut(entries) {
                if let Some(new) = renamed.get(key) {
                    *key = Text::clone(new);
                }
                rename(value, renamed);
            }
        }
        _ => {}
    }
}
