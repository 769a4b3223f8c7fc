-- The studies that a source has named in answer to a question, so that it is not asked the same again and again.

CREATE TABLE catalogue_question (
  node_id uuid NOT NULL REFERENCES node (id) ON DELETE CASCADE ON UPDATE CASCADE,
  question text NOT NULL,
  study_instance_uids text[] NOT NULL,
  retrieved_at timestamptz NOT NULL,
  PRIMARY KEY (node_id, question)
);
CREATE INDEX catalogue_question_retrieved_at_idx ON catalogue_question (retrieved_at);
CREATE INDEX catalogue_study_retrieved_at_idx ON catalogue_study (retrieved_at);
