-- The table in which K3s (through kine) keeps its state in sqlite. Column names and indexes are kine's.
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS kine (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  name            TEXT,
  created         INTEGER,
  deleted         INTEGER,
  create_revision INTEGER,
  prev_revision   INTEGER,
  lease           INTEGER,
  value           BLOB,
  old_value       BLOB
);
CREATE INDEX        IF NOT EXISTS kine_name_index               ON kine (name);
CREATE UNIQUE INDEX IF NOT EXISTS kine_name_prev_revision_uindex ON kine (name, prev_revision);
