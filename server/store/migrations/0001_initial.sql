-- Times are milliseconds since 1970, flags are 0 or 1, JSON is text: the types that SQLite and PostgreSQL share.

CREATE TABLE users (
    id             TEXT NOT NULL PRIMARY KEY,
    name           TEXT NOT NULL UNIQUE,
    permission     TEXT NOT NULL,
    password_hash  TEXT,
    preferences    TEXT NOT NULL,
    auth_providers TEXT
);

CREATE TABLE groups (
    id   TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE group_members (
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    user_id  TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_by_user ON group_members (user_id);

-- secret_hash: SHA-256 of the secret, base64url. The secret itself is nowhere.
CREATE TABLE tokens (
    id            TEXT NOT NULL PRIMARY KEY,
    secret_hash   TEXT NOT NULL UNIQUE,
    user_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    description   TEXT,
    client_id     TEXT,
    client        TEXT,
    last_uses     TEXT NOT NULL
);
CREATE INDEX tokens_by_user ON tokens (user_id, client_id);
CREATE INDEX tokens_by_expiry ON tokens (expires_at_ms);

-- sealed_password: AES-256-GCM under the key file, bound to the row's id.
CREATE TABLE servers (
    id                 TEXT NOT NULL PRIMARY KEY,
    host               TEXT NOT NULL UNIQUE,
    label              TEXT,
    username           TEXT NOT NULL,
    sealed_password    TEXT NOT NULL,
    enabled            BIGINT NOT NULL,
    read_only          BIGINT NOT NULL,
    allow_unauthorized BIGINT NOT NULL,
    http_proxy         TEXT,
    fingerprint        TEXT,
    pool_id            TEXT,
    pool_name          TEXT,
    error              TEXT
);

CREATE TABLE acls (
    id      TEXT NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL,
    object  TEXT NOT NULL,
    action  TEXT NOT NULL
);
CREATE INDEX acls_by_subject ON acls (subject);
CREATE INDEX acls_by_object ON acls (object);

CREATE TABLE tasks (
    id                    TEXT NOT NULL PRIMARY KEY,
    status                TEXT NOT NULL,
    start_ms              BIGINT NOT NULL,
    updated_at_ms         BIGINT,
    end_ms                BIGINT,
    abort_requested_at_ms BIGINT,
    properties            TEXT NOT NULL,
    result                TEXT,
    infos                 TEXT NOT NULL,
    warnings              TEXT NOT NULL,
    subtasks              TEXT NOT NULL
);
CREATE INDEX tasks_by_start ON tasks (start_ms, id);
CREATE INDEX tasks_by_status ON tasks (status);

CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
