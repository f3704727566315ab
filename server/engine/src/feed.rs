//! The changes that one client may see.
//!
//! Invariant: what a user may not see is not sent. When a right is lost with a change (a VM moves to another host), the client is
//! told that the object is gone.

use std::collections::HashSet;
use std::sync::Arc;

use xapi_records::Id;
use xo_inventory::{Item, Notice, Subscription};

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
        let mut seen = HashSet::new();
        if let Ok(account) = self.account(caller)
            && !account.is_admin
            && !account.grants.is_empty()
        {
            let all = self.inventory.all();
            seen.extend(
                all.iter()
                    .filter(|o| self.may(&account, o, Permission::View))
                    .map(|o| o.id.clone()),
            );
        }
        ClientFeed {
            engine: Arc::clone(self),
            caller: caller.clone(),
            subscription,
            seen,
        }
    }
}

impl ClientFeed {
    /// Waits for the next round that says something to this caller. `None` when the server stops.
    pub async fn next(&mut self) -> Option<Round> {
        loop {
            let notices = self.subscription.next().await?;
            let round = self.sort(notices);
            if !round.entered.is_empty() || !round.exited.is_empty() {
                return Some(round);
            }
        }
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
