//! Who is told what changed. Each subscriber has one slot per object: a change that was not yet taken is replaced by the
//! newer one, so a slow client costs at most one pointer per object and never holds up a watcher.

use std::collections::HashMap;
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

#[derive(Debug, Default)]
struct Pending {
    by_id: HashMap<Id, usize>,
    notices: Vec<Notice>,
    closed: bool,
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
}

impl Feed {
    pub(crate) fn subscribe(&self) -> Subscription {
        let slot = Arc::new(Slot::default());
        self.slots.lock().push(Arc::downgrade(&slot));
        Subscription { slot }
    }

    /// Hands a round of changes to everybody; forgets subscribers that went away.
    pub(crate) fn publish(&self, notices: &[Notice]) {
        if notices.is_empty() {
            return;
        }
        self.slots.lock().retain(|weak| {
            let Some(slot) = weak.upgrade() else {
                return false;
            };
            {
                let mut pending = slot.pending.lock();
                for notice in notices {
                    pending.put(notice.clone());
                }
            }
            slot.wake.notify_one();
            true
        });
    }

    /// Ends every subscription: the server stops.
    pub(crate) fn close(&self) {
        for slot in self
            .slots
            .lock()
            .drain(..)
            .filter_map(|weak| weak.upgrade())
        {
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
    fn put(&mut self, notice: Notice) {
        let id = &notice.object().id;
        match self.by_id.get(id) {
            Some(&at) => {
                if let Some(old) = self.notices.get_mut(at) {
                    *old = notice;
                }
            }
            None => {
                self.by_id.insert(id.clone(), self.notices.len());
                self.notices.push(notice);
            }
        }
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
                if !pending.notices.is_empty() {
                    pending.by_id.clear();
                    return Some(std::mem::take(&mut pending.notices));
                }
                if pending.closed {
                    return None;
                }
            }
            self.slot.wake.notified().await;
        }
    }
}
