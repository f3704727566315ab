//! Who is told what changed. Each subscriber has one slot per object: a change that was not yet taken is replaced by the
//! newer one, so a slow client costs at most one slot per object and never holds up a watcher. What came and went before it was
//! taken is not told at all: tasks that come and go for hours fill no slots.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::Notify;
use xapi_records::Id;

use crate::Item;

/// The newest state of one object.
#[derive(Debug, Clone)]
pub enum Notice {
    /// New or changed.
    Enter(Arc<Item>),
    /// Gone; as it was last.
    Exit(Arc<Item>),
}

impl Notice {
    /// The object, as it is or as it was.
    pub fn object(&self) -> &Arc<Item> {
        match self {
            Self::Enter(object) | Self::Exit(object) => object,
        }
    }
}

/// A notice, and whether its object was not there before.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) notice: Notice,
    pub(crate) is_new: bool,
}

impl Told {
    pub(crate) fn old(notice: Notice) -> Self {
        Self {
            notice,
            is_new: false,
        }
    }
}

#[derive(Debug, Default)]
struct Pending {
    waiting: HashMap<Id, Waiting>,
    /// Of the next one that comes.
    number: u64,
    closed: bool,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    notice: Notice,
    /// The subscriber has not yet heard of the object: when it goes, there is nothing to tell.
    is_new: bool,
}

#[derive(Debug, Default)]
struct Slot {
    pending: Mutex<Pending>,
    wake: Notify,
}

/// All subscribers.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    slots: Mutex<Vec<Weak<Slot>>>,
    closed: AtomicBool,
}

impl Feed {
    pub(crate) fn subscribe(&self) -> Subscription {
        let slot = Arc::new(Slot::default());
        let mut slots = self.slots.lock();
        slot.pending.lock().closed = self.closed.load(Ordering::Relaxed);
        slots.push(Arc::downgrade(&slot));
        drop(slots);
        Subscription { slot }
    }

    /// Hands a round of changes to everybody; forgets subscribers that went away.
    pub(crate) fn publish(&self, told: &[Told]) {
        self.slots.lock().retain(|weak| {
            let Some(slot) = weak.upgrade() else {
                return false;
            };
            {
                let mut pending = slot.pending.lock();
                for told in told {
                    pending.put(told);
                }
            }
            slot.wake.notify_one();
            true
        });
    }

    /// Ends every subscription: the server stops.
    pub(crate) fn close(&self) {
        let mut slots = self.slots.lock();
        self.closed.store(true, Ordering::Relaxed);
        for slot in slots.drain(..).filter_map(|weak| weak.upgrade()) {
            slot.pending.lock().closed = true;
            slot.wake.notify_one();
        }
    }

    pub(crate) fn subscribers(&self) -> usize {
        self.slots
            .lock()
            .iter()
            .filter(|weak| weak.strong_count() > 0)
            .count()
    }
}

impl Pending {
    fn put(&mut self, told: &Told) {
        let id = &told.notice.object().id;
        if let Some(waiting) = self.waiting.get_mut(id) {
            if waiting.is_new && matches!(told.notice, Notice::Exit(_)) {
                self.waiting.remove(id);
            } else {
                waiting.notice = told.notice.clone();
            }
            return;
        }
        let waiting = Waiting {
            number: self.number,
            notice: told.notice.clone(),
            is_new: told.is_new,
        };
        self.number += 1;
        self.waiting.insert(id.clone(), waiting);
    }

    fn take(&mut self) -> Vec<Notice> {
        let mut all: Vec<Waiting> = std::mem::take(&mut self.waiting).into_values().collect();
        all.sort_unstable_by_key(|waiting| waiting.number);
        all.into_iter().map(|waiting| waiting.notice).collect()
    }
}

/// One client's view of the changes.
#[derive(Debug)]
pub struct Subscription {
    slot: Arc<Slot>,
}

impl Subscription {
    /// Waits for changes and takes all there are, in the order of their first appearance. `None` when the server stops.
    pub async fn next(&mut self) -> Option<Vec<Notice>> {
        loop {
            {
                let mut pending = self.slot.pending.lock();
                if !pending.waiting.is_empty() {
                    return Some(pending.take());
                }
                if pending.closed {
                    return None;
                }
            }
            self.slot.wake.notified().await;
        }
    }
}
