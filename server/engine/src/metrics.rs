//! What can be counted, as Prometheus' text.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Engine;

/// Counts a connected client for as long as it is held.
pub struct ClientCount(Arc<AtomicUsize>);

impl Drop for ClientCount {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Engine {
    /// A client connected.
    pub fn count_client(&self) -> ClientCount {
        self.clients.fetch_add(1, Ordering::Relaxed);
        ClientCount(Arc::clone(&self.clients))
    }

    /// Pools, objects, clients, event latency.
    pub fn metrics(&self) -> String {
        let mut text = String::new();
        let (up, lost) = self.inventory.pool_counts();
        let mut gauge = |name: &str, help: &str, rows: &[(&str, usize)]| {
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
            for (labels, value) in rows {
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        };
        let pools = [("{state=\"connected\"}", up), ("{state=\"lost\"}", lost)];
        gauge("xo_pools", "Pools that are watched.", &pools);
        gauge(
            "xo_objects",
            "Objects in the inventory.",
            &[("", self.inventory.len())],
        );
        gauge(
            "xo_clients",
            "Connected WebSocket clients.",
            &[("", self.clients.load(Ordering::Relaxed))],
        );
        gauge(
            "xo_subscribers",
            "Receivers of changes.",
            &[("", self.inventory.subscribers())],
        );
        text.push_str(&self.inventory.latency.to_prometheus(
            "xo_event_processing_seconds",
            "From the receipt of a pool's events to their hand-over to the clients' queues.",
        ));
        text
    }
}
