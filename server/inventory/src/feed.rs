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

#[cfg(test)]
mod tests {
    use super::*;
    use xapi_records::Ref;
    use xo_model::{Object, ObjectType};

    fn item(id: &str, json: &str) -> Arc<Item> {
        Arc::new(Item {
            pool: Id::new("pool"),
            object: Object {
                id: Id::new(id),
                kind: ObjectType::Vm,
                reference: Ref::parse(&format!("OpaqueRef:{id}")),
                json: json.into(),
                parents: Box::default(),
            },
        })
    }

    fn new(id: &str, json: &str) -> Told {
        Told {
            notice: Notice::Enter(item(id, json)),
            is_new: true,
        }
    }

    fn changed(id: &str, json: &str) -> Told {
        Told::old(Notice::Enter(item(id, json)))
    }

    fn gone(id: &str) -> Told {
        Told::old(Notice::Exit(item(id, "")))
    }

    /// What a subscriber takes who slept through these.
    fn coalesced(told: &[Told]) -> Vec<String> {
        let mut pending = Pending::default();
        for told in told {
            pending.put(told);
        }
        let taken = pending.take();
        assert!(pending.waiting.is_empty());
        let words = taken.iter().map(|notice| match notice {
            Notice::Enter(item) => format!("{} is {}", item.id, item.json),
            Notice::Exit(item) => format!("{} is gone", item.id),
        });
        words.collect()
    }

    #[test]
    fn only_the_newest_state_of_an_object_waits() {
        let many: Vec<Told> = (0..1000)
            .map(|i| changed(["x", "y"][i % 2], &i.to_string()))
            .collect();
        assert_eq!(coalesced(&many), ["x is 998", "y is 999"]);
    }

    #[test]
    fn what_came_and_went_is_not_told() {
        assert!(coalesced(&[new("x", "1"), changed("x", "2"), gone("x")]).is_empty());
        let round = [new("x", "1"), gone("x"), new("x", "2")];
        assert_eq!(coalesced(&round), ["x is 2"]);
        assert!(coalesced(&[new("x", "1"), gone("x"), new("x", "2"), gone("x")]).is_empty());
    }

    #[test]
    fn the_end_of_what_was_known_is_told_whatever_happened_in_between() {
        for told in [
            vec![gone("x")],
            vec![changed("x", "1"), gone("x")],
            vec![gone("x"), new("x", "1"), gone("x")],
            vec![gone("x"), changed("x", "1"), gone("x")],
            vec![changed("x", "1"), gone("x"), new("x", "2"), gone("x")],
        ] {
            assert_eq!(coalesced(&told), ["x is gone"], "{told:?}");
        }
    }

    #[test]
    fn an_object_that_another_pool_takes_over_is_told_gone_when_that_one_lets_go() {
        // Known, then taken over: a change. The end must be heard.
        assert_eq!(coalesced(&[changed("x", "b"), gone("x")]), ["x is gone"]);
        // Not yet heard of, taken over, and gone: nothing to tell.
        assert!(coalesced(&[new("x", "a"), changed("x", "b"), gone("x")]).is_empty());
    }

    #[test]
    fn notices_come_in_the_order_of_their_first_appearance() {
        let told = [
            new("b", "1"),
            new("a", "1"),
            changed("b", "2"),
            gone("c"),
            changed("a", "2"),
        ];
        assert_eq!(coalesced(&told), ["b is 2", "a is 2", "c is gone"]);
    }

    #[tokio::test]
    async fn a_subscription_that_was_dropped_is_forgotten_and_a_closed_feed_ends_all() {
        let feed = Feed::default();
        let (first, mut second) = (feed.subscribe(), feed.subscribe());
        drop(first);
        assert_eq!(feed.subscribers(), 1);
        feed.publish(&[new("x", "1")]);
        assert_eq!(feed.slots.lock().len(), 1);
        feed.close();
        assert_eq!(second.next().await.unwrap().len(), 1, "what waits is taken");
        assert!(second.next().await.is_none());
        assert!(feed.subscribe().next().await.is_none());
    }
}
