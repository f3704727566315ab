//! Names as administrators give them.

/// Service, description, guest system (a `reference_label` of a template).
pub(super) const SERVICES: [(&str, &str, &str); 16] = [
    ("web", "Front end of the shop", "debian-12"),
    ("db", "PostgreSQL", "rocky-9"),
    ("app", "Application server", "ubuntu-24.04"),
    ("cache", "Valkey", "debian-12"),
    ("mail", "Mail relay", "debian-12"),
    ("dns", "Name server", "debian-12"),
    ("ldap", "Directory", "rocky-9"),
    ("monitor", "Metrics and alerts", "ubuntu-24.04"),
    ("build", "Build agent", "ubuntu-24.04"),
    ("git", "Repositories", "debian-12"),
    ("files", "File shares", "windows-server-2022-64bit"),
    ("ad", "Domain controller", "windows-server-2022-64bit"),
    ("proxy", "Outgoing proxy", "debian-12"),
    ("queue", "Message broker", "rocky-9"),
    ("backup", "Backup target", "rocky-9"),
    ("test", "Playground", "debian-12"),
];

/// Tags that VMs carry now and then.
pub(super) const TAGS: [&str; 6] = [
    "production",
    "staging",
    "backup:daily",
    "team:web",
    "team:data",
    "legacy",
];
