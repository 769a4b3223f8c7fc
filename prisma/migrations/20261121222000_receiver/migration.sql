-- What has come to the receiver of a host since it started, caller by caller (src/hosts.ts).

ALTER TABLE worker_host ADD COLUMN receiver_calls jsonb;
