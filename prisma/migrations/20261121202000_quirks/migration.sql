-- What a server is known to do otherwise (domain/quirks).

ALTER TABLE node ADD COLUMN quirks text[] NOT NULL DEFAULT '{}';
