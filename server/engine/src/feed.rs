//! The changes that one client may see.
//!
//! Invariant: what a user may not see is not sent. When a right is lost with a change (a VM moves to another host), the client is
//! told that the object is gone; so it is when the right itself is taken away, and what is granted appears at once.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::watch;
use xapi_records::Id;
use xo_inventory::{Item, Notice, Subscription};

use crate::access::{Account, Directory};
use crate::{Caller, Engine, Permission};

/// What happened since the last round.
#[derive(Debug, Default)]
pub struct Round {
    /// New and changed objects.
    pub entered: Vec<Arc<Item>>,
    /// Objects that are gone, as they were last.
    pub exited: Vec<Arc<Item>>,
}

/// The changes for one caller.
pub struct ClientFeed {
    engine: Arc<Engine>,
    caller: Caller,
    subscription: Subscription,
    directory: watch::Receiver<Arc<Directory>>,
    /// The caller as of the last round.
    account: Option<Arc<Account>>,
    /// For callers who do not see everything: what they were sent.
    seen: HashSet<Id>,
}

impl Engine {
    /// Waits until the server stops, for answers that would never end by themselves.
    pub async fn stopped(&self) {
        self.stopping.cancelled().await;
    }

    /// Begins to tell a caller what changes; what is there already is asked for apart.
    pub fn feed(self: &Arc<Self>, caller: &Caller) -> ClientFeed {
        let subscription = self.inventory.subscribe();
        let mut feed = ClientFeed {
            engine: Arc::clone(self),
            caller: caller.clone(),
            subscription,
            directory: self.directory_changes(),
            account: None,
            seen: HashSet::new(),
        };
        // What is there already is asked for apart.
        match self.account(caller) {
            Ok(account) if account.is_admin => feed.account = Some(account),
            _ => drop(feed.follow_rights()),
        }
        feed
    }
}

impl ClientFeed {
    /// Waits for the next round that says something to this caller. `None` when the server stops.
    pub async fn next(&mut self) -> Option<Round> {
        loop {
            let round = tokio::select! {
                notices = self.subscription.next() => self.sort(notices?),
                // The engine holds the sender: it goes with the engine, when the server stops.
                changed = self.directory.changed() => {
                    changed.ok()?;
                    self.follow_rights()
                }
            };
            if !round.entered.is_empty() || !round.exited.is_empty() {
                return Some(round);
            }
        }
    }

    /// After a change of users, groups or permissions: what the caller sees now and did not before, and the other way round.
    fn follow_rights(&mut self) -> Round {
        let mut round = Round::default();
        let now = self.engine.account(&self.caller).ok();
        if now == self.account {
            return round;
        }
        let before = std::mem::replace(&mut self.account, now.clone());
        let saw_all = before.is_some_and(|account| account.is_admin);
        let (engine, mut seen) = (&self.engine, HashSet::new());
        for object in engine.inventory.all() {
            let saw = saw_all || self.seen.contains(&object.id);
            let sees = now.as_ref().is_some_and(|account| {
                account.is_admin || engine.may(account, &object, Permission::View)
            });
            if sees && now.as_ref().is_some_and(|account| !account.is_admin) {
                seen.insert(object.id.clone());
            }
            match (saw, sees) {
                (false, true) => round.entered.push(object),
                (true, false) => round.exited.push(object),
                _ => {}
            }
        }
        self.seen = seen;
        round
    }

    fn sort(&mut self, notices: Vec<Notice>) -> Round {
        let mut round = Round::default();
        // A user who was deleted or whose token ran out sees nothing more.
        let Ok(account) = self.engine.account(&self.caller) else {
            return round;
        };
        for notice in notices {
            match notice {
                Notice::Enter(object) if account.is_admin => round.entered.push(object),
                Notice::Exit(object) if account.is_admin => round.exited.push(object),
                Notice::Enter(object) => {
                    if self.engine.may(&account, &object, Permission::View) {
                        self.seen.insert(object.id.clone());
                        round.entered.push(object);
                    } else if self.seen.remove(&object.id) {
                        round.exited.push(object);
                    }
                }
                Notice::Exit(object) => {
                    if self.seen.remove(&object.id) {
                        round.exited.push(object);
                    }
                }
            }
        }
        round
    }
}
