-- How fast bytes may go to a node and come from it (src/rate.ts).

ALTER TABLE node ADD COLUMN megabytes_per_second double precision;
ALTER TABLE pacs_rate ADD COLUMN bytes_until timestamptz NOT NULL DEFAULT now();

-- A node with either limit has the row in which they are kept.
DROP TRIGGER node_rate ON node;
CREATE TRIGGER node_rate AFTER INSERT OR UPDATE OF requests_per_minute, megabytes_per_second ON node FOR EACH ROW
  WHEN (NEW.requests_per_minute IS NOT NULL OR NEW.megabytes_per_second IS NOT NULL) EXECUTE FUNCTION node_rate();
