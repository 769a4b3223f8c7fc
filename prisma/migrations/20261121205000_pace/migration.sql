-- How much of its limits a node gets now: less when it refuses, breaks off or becomes slow (src/pace.ts).

CREATE TABLE pacs_pace (
  node_id uuid PRIMARY KEY REFERENCES node (id) ON DELETE CASCADE ON UPDATE CASCADE,
  pace double precision NOT NULL DEFAULT 1,
  gap_ms double precision,
  best_gap_ms double precision,
  changed_at timestamptz NOT NULL DEFAULT now(),
  lowered_at timestamptz NOT NULL DEFAULT '-infinity'::timestamptz
);
