-- Profiles of de-identification as versioned data; projects name one, tasks record the version they used.

CREATE TABLE profile_version (
  profile_id text NOT NULL,
  version integer NOT NULL,
  hash text NOT NULL,
  built_in boolean NOT NULL DEFAULT false,
  content jsonb NOT NULL,
  created_by text,
  created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT profile_version_pkey PRIMARY KEY (profile_id, version)
);

INSERT INTO profile_version (profile_id, version, hash, built_in, content) VALUES
  ('basic', 1, 'af7b19084a5c', true,
   '{"version":1,"maximumAge":89,"identifiers":"empty","documents":"replace","descriptors":{"terms":[],"patterns":[]},"safePrivate":[],"rules":[],"pixels":{"atRisk":"review","masks":[]},"id":"basic","name":"Basic Profile","description":"PS3.15 Basic Application Level Confidentiality Profile without any option.","options":{"dates":"remove","descriptors":"remove","retainUIDs":false,"retainDeviceIdentity":false,"retainInstitutionIdentity":false,"retainPatientCharacteristics":false,"retainSafePrivate":false,"cleanStructuredContent":false,"cleanGraphics":false}}'),
  ('research', 1, '91267f8a6094', true,
   '{"version":1,"maximumAge":89,"identifiers":"derive","documents":"replace","descriptors":{"terms":[],"patterns":[]},"safePrivate":[],"rules":[],"pixels":{"atRisk":"review","masks":[]},"id":"research","name":"Research","description":"Basic Profile with shifted dates, patient characteristics, device identity, cleaned descriptions and safe private attributes.","options":{"dates":"shift","descriptors":"clean","retainUIDs":false,"retainDeviceIdentity":true,"retainInstitutionIdentity":false,"retainPatientCharacteristics":true,"retainSafePrivate":true,"cleanStructuredContent":false,"cleanGraphics":false}}'),
  ('full-dates', 1, 'b5c780ae1efb', true,
   '{"version":1,"maximumAge":89,"identifiers":"derive","documents":"replace","descriptors":{"terms":[],"patterns":[]},"safePrivate":[],"rules":[],"pixels":{"atRisk":"review","masks":[]},"id":"full-dates","name":"Research with true dates","description":"As Research, with dates and times as they are.","options":{"dates":"keep","descriptors":"clean","retainUIDs":false,"retainDeviceIdentity":true,"retainInstitutionIdentity":false,"retainPatientCharacteristics":true,"retainSafePrivate":true,"cleanStructuredContent":false,"cleanGraphics":false}}'),
  ('minimal', 1, '8524801e18a6', true,
   '{"version":1,"maximumAge":null,"identifiers":"derive","documents":"replace","descriptors":{"terms":[],"patterns":[]},"safePrivate":[],"rules":[],"pixels":{"atRisk":"review","masks":[]},"id":"minimal","name":"Minimal, for clinical hand-over","description":"Hides who the patient is and who treated them; dates, UIDs, devices, institutions, descriptions and characteristics stay. Weaker than the Basic Profile: descriptions are not cleaned, and who has the original can find it by its UIDs.","options":{"dates":"keep","descriptors":"keep","retainUIDs":true,"retainDeviceIdentity":true,"retainInstitutionIdentity":true,"retainPatientCharacteristics":true,"retainSafePrivate":true,"cleanStructuredContent":true,"cleanGraphics":true}}'),
  ('adit-compatible', 1, 'a39feb9c9b91', true,
   '{"version":1,"maximumAge":89,"identifiers":"derive","documents":"replace","descriptors":{"terms":[],"patterns":[]},"safePrivate":[],"rules":[],"pixels":{"atRisk":"review","masks":[]},"id":"adit-compatible","name":"ADIT-compatible","description":"For going on with studies that ADIT began: true dates of acquisition, descriptions, devices and institutions stay, as ADIT leaves them. Weaker than the Basic Profile: descriptions are not cleaned, and true dates together with the institution can tell who somebody is. Unlike ADIT it empties birth dates, drops private attributes and maps UIDs the same in every job.","options":{"dates":"keep","descriptors":"keep","retainUIDs":false,"retainDeviceIdentity":true,"retainInstitutionIdentity":true,"retainPatientCharacteristics":true,"retainSafePrivate":false,"cleanStructuredContent":false,"cleanGraphics":false}}');

ALTER TABLE project ADD COLUMN profile_id text NOT NULL DEFAULT 'research';
UPDATE project SET profile_id = CASE dates WHEN 'keep' THEN 'full-dates' WHEN 'remove' THEN 'basic' ELSE 'research' END;
ALTER TABLE project DROP COLUMN dates;

ALTER TABLE task
  ADD COLUMN profile_id text,
  ADD COLUMN profile_version integer,
  ADD CONSTRAINT task_profile_id_profile_version_fkey FOREIGN KEY (profile_id, profile_version)
    REFERENCES profile_version (profile_id, version) ON DELETE RESTRICT ON UPDATE CASCADE;
