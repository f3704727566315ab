//! XAPI client: sessions, calls, events, tasks, data channels, consoles.
