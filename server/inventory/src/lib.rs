//! The live cache: one watcher per pool, indexes, change feed.
