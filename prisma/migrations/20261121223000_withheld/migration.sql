-- What of a job stays here is listed on its page (src/withheld.ts): few instances among very many.

CREATE INDEX instance_withheld ON instance (task_id) WHERE state IN ('excluded', 'held');
