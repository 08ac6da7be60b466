-- Ids grow with the row's number as those of UUID version 7 grow with time.
CREATE FUNCTION pg_temp.id(kind int, n int) RETURNS uuid IMMUTABLE LANGUAGE sql
    RETURN (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(kind), 12, '0'))::uuid;

INSERT INTO bodies (id, project_id, source_id, received_at, method, query, headers, body, sha256,
    size, address, parts, blanked_at)
SELECT pg_temp.id(1, n), :project, :source, :begin + n * interval '8.6 seconds', 'POST', '[]', '{}',
    '\x7b7d', md5(n::text), 2, '192.0.2.1', 1, CASE WHEN n < :rows / 2 THEN :begin END
FROM generate_series(1, :rows) AS n;

INSERT INTO event_keys (source_id, event_key, submission_id)
SELECT :source, lpad(n::text, 32, '0'), pg_temp.id(2, n) FROM generate_series(1, :rows) AS n;

INSERT INTO leads (id, project_id, source_id, number, public_id, lead_key, version, test, partial,
    name, email, phone, company, first_name, last_name, form_name, phone_raw, unique_identifier,
    has_gclid, has_cid, has_fbp, has_fbc, status, value_minor, created_at, updated_at)
SELECT pg_temp.id(3, n), :project, :source, n, 'lead_' || n, 'old:' || n, 1, false, false,
    'Lead ' || n, 'lead' || n || '@example.com', '+4930' || n, 'Works ' || n % 1000, 'Lead ' || n,
    CASE WHEN n % 10 > 0 THEN 'Last ' || n % 5000 END, 'Form ' || n % 200, '030 ' || n,
    CASE WHEN n % 3 = 0 THEN 'crm-' || n END, n % 3 = 0, n % 5 > 0, n % 2 = 0, n % 20000 = 0,
    CASE n % 100 WHEN 1 THEN 'won' WHEN 2 THEN 'lost' ELSE 'open' END,
    CASE WHEN n % 10 = 0 THEN n END,
    :begin + n * interval '8.6 seconds', :begin + n * interval '8.6 seconds'
FROM generate_series(1, :rows) AS n;

INSERT INTO lead_totals (project_id, status, has_gclid, has_cid, has_fbp, has_fbc, count)
SELECT project_id, status, has_gclid, has_cid, has_fbp, has_fbc, count(*) FROM leads
GROUP BY project_id, status, has_gclid, has_cid, has_fbp, has_fbc;

INSERT INTO lead_texts (project_id, lead_id, archived, text)
SELECT project_id, id, false, concat_ws(E'\n', lower(name), email, phone, phone_raw, lower(company))
FROM leads;

INSERT INTO word_lists (project_id, about_id, of_lead, words)
SELECT project_id, id, true, 'lead example_com lead' || number || '_example_com 4930' || number
    || ' 30' || number || ' works ' || number % 1000 || ' roof '
    || CASE WHEN number % 250 = 0 THEN 'thatched' ELSE 'flat' END
FROM leads;

INSERT INTO lead_versions (lead_id, version, submission_id, document, warnings, created_at)
SELECT pg_temp.id(3, n), 1, pg_temp.id(2, n), '{}', '[]', :begin + n * interval '8.6 seconds'
FROM generate_series(1, :rows) AS n;

INSERT INTO submissions (id, body_id, project_id, source_id, position, received_at, state,
    event_key, content_key, lead_key, warnings, reasons, lead_id, lead_version, duplicate_of, owed,
    stored_at)
SELECT pg_temp.id(2, n), pg_temp.id(1, n), :project, :source, 0,
    :begin + n * interval '8.6 seconds',
    CASE n % 100 WHEN 1 THEN 'duplicate' WHEN 2 THEN 'refused' WHEN 3 THEN 'quarantined'
        ELSE 'stored' END,
    lpad(n::text, 32, '0'), md5(n::text), 'old:' || n, '[]', '[]',
    CASE WHEN n % 100 IN (1, 2, 3) THEN NULL ELSE pg_temp.id(3, n) END,
    CASE WHEN n % 100 IN (1, 2, 3) THEN NULL ELSE 1 END,
    CASE WHEN n % 100 = 1 THEN pg_temp.id(2, n - 1) END, 1, :begin + n * interval '8.6 seconds'
FROM generate_series(1, :rows) AS n;

UPDATE submissions SET told = true WHERE state IN ('refused', 'quarantined');

INSERT INTO word_lists (project_id, about_id, of_lead, words)
SELECT project_id, id, false, 'shelved somebody' || lead_key FROM submissions
WHERE state IN ('refused', 'quarantined');

INSERT INTO deliveries (id, project_id, lead_id, version, target_id, source_id, event, state,
    created_at, due_at, expires_at, attempts, settled_at, last_outcome, last_status)
SELECT pg_temp.id(4, n), :project, pg_temp.id(3, n), 1,
    (CAST(:targets AS uuid[]))[1 + n % 4], :source, 'created',
    CASE WHEN n > :rows - 500 THEN 'waiting' WHEN n % 50 = 1 THEN 'failed'
        WHEN n % 50 = 2 THEN 'skipped' WHEN n % 500 = 3 THEN 'expired'
        WHEN n % 500 = 4 THEN 'ignored' WHEN n % 500 = 5 THEN 'superseded'
        WHEN n % 500 = 6 THEN 'cancelled' ELSE 'delivered' END,
    :begin + n * interval '8.6 seconds', :begin + interval '300 days',
    :begin + interval '400 days', 1, :begin + n * interval '8.6 seconds',
    CASE WHEN n > :rows - 500 THEN NULL WHEN n % 50 = 1 THEN 'rejected' WHEN n % 50 = 2 THEN NULL
        WHEN n % 5000 = 7 THEN 'gone' ELSE 'delivered' END,
    CASE WHEN n > :rows - 500 THEN NULL WHEN n % 50 = 1 THEN 422 WHEN n % 50 = 2 THEN NULL
        WHEN n % 5000 = 7 THEN 410 ELSE 200 END
FROM generate_series(1, :rows) AS n;

INSERT INTO attempts (id, delivery_id, number, started_at, milliseconds, trigger, outcome,
    exchanges)
SELECT pg_temp.id(5, n), pg_temp.id(4, n), 1, :begin + n * interval '8.6 seconds', 1, 'scheduled',
    'delivered', '[]'
FROM generate_series(1, :rows) AS n
;

INSERT INTO counters (project_id, name, value) VALUES (:project, 'leads', :rows);

INSERT INTO audit (id, project_id, at, actor, action, subject, before, after)
SELECT pg_temp.id(9, n), CASE WHEN n % 10 > 0 THEN :project END,
    :begin + n * interval '43 seconds', 'user' || n % 50 || '@example.com',
    CASE n % 5 WHEN 0 THEN 'sign in' WHEN 1 THEN 'pause' WHEN 2 THEN 'retry' ELSE 'change' END,
    'thing ' || n % 5000, NULL, '{}'
FROM generate_series(1, :rows / 5) AS n
