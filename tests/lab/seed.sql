-- What `lab up` puts into a new sqlite datastore: 203 live keys, over 1 MiB of values, and the things a
-- migration can get wrong: newer revisions of a key, deleted keys, a value of awkward bytes, kine's own row.
BEGIN;

-- 200 config maps of about 6 KiB each (ids 1 to 200).
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
INSERT INTO kine (name, created, deleted, create_revision, prev_revision, lease, value)
SELECT printf('/registry/configmaps/default/app-%03d', i), 1, 0, 0, 0, 0,
       CAST('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"' || printf('app-%03d', i)
            || '","namespace":"default"},"data":{"blob":"' || hex(randomblob(3072)) || '"}}' AS BLOB)
FROM n;

-- 20 of them were changed later: only the newest revision is live.
INSERT INTO kine (name, created, deleted, create_revision, prev_revision, lease, value, old_value)
SELECT name, 0, 0, id, id, 0, CAST(replace(CAST(value AS TEXT), '"v1"', '"v1","changed":true') AS BLOB), value
FROM kine WHERE id <= 20;

-- 10 keys were made and deleted again: none of them is live.
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)
INSERT INTO kine (name, created, deleted, create_revision, prev_revision, lease, value)
SELECT printf('/registry/pods/default/gone-%02d', i), 1, 0, 0, 0, 0, CAST('{"kind":"Pod"}' AS BLOB) FROM n;
INSERT INTO kine (name, created, deleted, create_revision, prev_revision, lease, value, old_value)
SELECT name, 0, 1, id, id, 0, value, value FROM kine WHERE name LIKE '/registry/pods/default/gone-%';

-- A node, a namespace, and a value with a NUL, quotes, a backslash, a line end and bytes that are no UTF-8.
INSERT INTO kine (name, created, deleted, create_revision, prev_revision, lease, value) VALUES
  ('/registry/minions/k3s-master',     1, 0, 0, 0, 0, CAST('{"kind":"Node","apiVersion":"v1","metadata":{"name":"k3s-master"}}' AS BLOB)),
  ('/registry/namespaces/default',     1, 0, 0, 0, 0, CAST('{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"default"}}' AS BLOB)),
  ('/registry/secrets/default/binary', 1, 0, 0, 0, 0, x'6B3873000AFF22275C0D0920FE'),
  ('compact_rev_key',                  1, 0, 0, 0, 0, CAST('0' AS BLOB));

COMMIT;
