-- Vain contacts in a row, and why Viaduct itself has suspended a node (src/contact.ts).

ALTER TABLE node
  ADD COLUMN failures integer NOT NULL DEFAULT 0,
  ADD COLUMN suspended_cause text;
