-- What was too many associations the last time, and the gap with so many (src/pace.ts).

ALTER TABLE pacs_pace ADD COLUMN ceiling integer, ADD COLUMN ceiling_gap_ms double precision;
