-- How a server is reached: the face that work uses, and TLS.

ALTER TABLE node
  ADD COLUMN face text NOT NULL DEFAULT 'dimse',
  ADD COLUMN tls boolean NOT NULL DEFAULT false,
  ADD COLUMN tls_ca text,
  ADD COLUMN tls_certificate text,
  ADD COLUMN tls_key text,
  ADD COLUMN tls_server_name text;
