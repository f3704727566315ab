//! Users, tokens, pool connections, permissions, tasks and settings in SQL.
