-- kind: '' for what goes into user-data, 'network' for what goes into network-config.
CREATE TABLE cloud_configs (
    id       TEXT NOT NULL PRIMARY KEY,
    kind     TEXT NOT NULL,
    name     TEXT NOT NULL,
    template TEXT NOT NULL
);
