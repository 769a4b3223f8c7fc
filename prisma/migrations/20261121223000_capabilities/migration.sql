-- What servers have accepted when everything was proposed to them.

CREATE TABLE node_capabilities (
  node_id uuid PRIMARY KEY REFERENCES node (id) ON DELETE CASCADE ON UPDATE CASCADE,
  services text[] NOT NULL,
  storage jsonb NOT NULL,
  probed_at timestamptz NOT NULL DEFAULT now()
);
