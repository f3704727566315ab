//! What can be done: authorise, decide, call the pool, report.
