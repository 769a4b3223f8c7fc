-- CreateTable
CREATE TABLE "user" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "emailVerified" BOOLEAN NOT NULL DEFAULT false,
    "image" TEXT,
    "username" TEXT,
    "displayUsername" TEXT,
    "role" TEXT NOT NULL DEFAULT 'researcher',
    "banned" BOOLEAN,
    "banReason" TEXT,
    "banExpires" TIMESTAMPTZ,
    "mustChangePassword" BOOLEAN NOT NULL DEFAULT false,
    "createdAt" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ NOT NULL,

    CONSTRAINT "user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" TEXT NOT NULL,
    "token" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "expiresAt" TIMESTAMPTZ NOT NULL,
    "ipAddress" TEXT,
    "userAgent" TEXT,
    "impersonatedBy" TEXT,
    "createdAt" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ NOT NULL,

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "account" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "providerId" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "accessToken" TEXT,
    "refreshToken" TEXT,
    "idToken" TEXT,
    "accessTokenExpiresAt" TIMESTAMPTZ,
    "refreshTokenExpiresAt" TIMESTAMPTZ,
    "scope" TEXT,
    "password" TEXT,
    "createdAt" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ NOT NULL,

    CONSTRAINT "account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "verification" (
    "id" TEXT NOT NULL,
    "identifier" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "expiresAt" TIMESTAMPTZ NOT NULL,
    "createdAt" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ NOT NULL,

    CONSTRAINT "verification_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "node" (
    "id" UUID NOT NULL,
    "number" SERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "notes" TEXT NOT NULL DEFAULT '',
    "may_source" BOOLEAN NOT NULL DEFAULT true,
    "may_destination" BOOLEAN NOT NULL DEFAULT true,
    "ae_title" TEXT,
    "host" TEXT,
    "port" INTEGER,
    "calling_ae_title" TEXT,
    "retrieve_method" TEXT NOT NULL DEFAULT 'c-get',
    "max_associations" INTEGER NOT NULL DEFAULT 2,
    "connect_timeout_ms" INTEGER NOT NULL DEFAULT 10000,
    "association_timeout_ms" INTEGER NOT NULL DEFAULT 30000,
    "response_timeout_ms" INTEGER NOT NULL DEFAULT 60000,
    "idle_timeout_ms" INTEGER NOT NULL DEFAULT 120000,
    "path" TEXT,
    "suspended" BOOLEAN NOT NULL DEFAULT false,
    "suspended_reason" TEXT,
    "last_contact_at" TIMESTAMPTZ,
    "last_cause" TEXT,
    "last_cause_at" TIMESTAMPTZ,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ NOT NULL,

    CONSTRAINT "node_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "pacs_slot" (
    "node_id" UUID NOT NULL,
    "slot_no" INTEGER NOT NULL,
    "holder" TEXT,
    "fence" BIGINT NOT NULL DEFAULT 0,
    "expires_at" TIMESTAMPTZ NOT NULL DEFAULT '-infinity'::timestamp with time zone,

    CONSTRAINT "pacs_slot_pkey" PRIMARY KEY ("node_id","slot_no")
);

-- CreateTable
CREATE TABLE "worker_host" (
    "id" TEXT NOT NULL,
    "receiver_ae_title" TEXT NOT NULL,
    "receiver_host" TEXT NOT NULL,
    "receiver_port" INTEGER NOT NULL,
    "receiver_up" BOOLEAN NOT NULL DEFAULT false,
    "spool_free_bytes" BIGINT NOT NULL DEFAULT 0,
    "started_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "worker_host_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "catalogue_study" (
    "node_id" UUID NOT NULL,
    "study_instance_uid" TEXT NOT NULL,
    "patient_id" TEXT NOT NULL DEFAULT '',
    "patient_name" TEXT NOT NULL DEFAULT '',
    "patient_birth_date" TEXT NOT NULL DEFAULT '',
    "patient_sex" TEXT NOT NULL DEFAULT '',
    "study_date" TEXT NOT NULL DEFAULT '',
    "study_time" TEXT NOT NULL DEFAULT '',
    "accession_number" TEXT NOT NULL DEFAULT '',
    "study_description" TEXT NOT NULL DEFAULT '',
    "modalities" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "number_of_series" INTEGER,
    "number_of_instances" INTEGER,
    "retrieved_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "catalogue_study_pkey" PRIMARY KEY ("node_id","study_instance_uid")
);

-- CreateTable
CREATE TABLE "project" (
    "id" UUID NOT NULL,
    "number" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "trial_protocol_id" TEXT NOT NULL DEFAULT '',
    "trial_protocol_name" TEXT NOT NULL DEFAULT '',
    "dates" TEXT NOT NULL DEFAULT 'shift',
    "sealed_key" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "project_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "pseudonym" (
    "project_id" UUID NOT NULL,
    "patient_hash" TEXT NOT NULL,
    "pseudonym" TEXT NOT NULL,
    "sealed_original" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "pseudonym_pkey" PRIMARY KEY ("project_id","patient_hash")
);

-- CreateTable
CREATE TABLE "job" (
    "id" UUID NOT NULL,
    "number" SERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "project_id" UUID NOT NULL,
    "owner_id" TEXT NOT NULL,
    "idempotency_key" TEXT NOT NULL,
    "title" TEXT NOT NULL DEFAULT '',
    "pseudonymize" BOOLEAN NOT NULL,
    "trial_id" TEXT NOT NULL DEFAULT '',
    "trial_name" TEXT NOT NULL DEFAULT '',
    "urgent" BOOLEAN NOT NULL DEFAULT false,
    "control" TEXT NOT NULL DEFAULT 'run',
    "control_by" TEXT,
    "control_at" TIMESTAMPTZ,
    "state" TEXT NOT NULL DEFAULT 'pending',
    "status_seq" BIGINT NOT NULL DEFAULT 0,
    "run_no" INTEGER NOT NULL DEFAULT 1,
    "tasks_pending" INTEGER NOT NULL DEFAULT 0,
    "tasks_running" INTEGER NOT NULL DEFAULT 0,
    "tasks_paused" INTEGER NOT NULL DEFAULT 0,
    "tasks_canceled" INTEGER NOT NULL DEFAULT 0,
    "tasks_success" INTEGER NOT NULL DEFAULT 0,
    "tasks_warning" INTEGER NOT NULL DEFAULT 0,
    "tasks_failure" INTEGER NOT NULL DEFAULT 0,
    "instances_expected" INTEGER NOT NULL DEFAULT 0,
    "instances_retrieved" INTEGER NOT NULL DEFAULT 0,
    "instances_stored" INTEGER NOT NULL DEFAULT 0,
    "instances_verified" INTEGER NOT NULL DEFAULT 0,
    "instances_failed" INTEGER NOT NULL DEFAULT 0,
    "bytes_retrieved" BIGINT NOT NULL DEFAULT 0,
    "bytes_stored" BIGINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ,
    "ended_at" TIMESTAMPTZ,

    CONSTRAINT "job_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "job_run" (
    "job_id" UUID NOT NULL,
    "run_no" INTEGER NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'requested',
    "task_nos" INTEGER[] DEFAULT ARRAY[]::INTEGER[],
    "started_at" TIMESTAMPTZ,
    "ended_at" TIMESTAMPTZ,

    CONSTRAINT "job_run_pkey" PRIMARY KEY ("job_id","run_no")
);

-- CreateTable
CREATE TABLE "task" (
    "id" UUID NOT NULL,
    "job_id" UUID NOT NULL,
    "task_no" INTEGER NOT NULL,
    "source_id" UUID NOT NULL,
    "destination_id" UUID NOT NULL,
    "study_instance_uid" TEXT NOT NULL,
    "series_instance_uids" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "patient_id" TEXT NOT NULL DEFAULT '',
    "patient_name" TEXT NOT NULL DEFAULT '',
    "study_date" TEXT NOT NULL DEFAULT '',
    "study_time" TEXT NOT NULL DEFAULT '',
    "modalities" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "study_description" TEXT NOT NULL DEFAULT '',
    "accession_number" TEXT NOT NULL DEFAULT '',
    "pseudonym" TEXT,
    "state" TEXT NOT NULL DEFAULT 'pending',
    "run_no" INTEGER NOT NULL DEFAULT 1,
    "chunk_no" INTEGER,
    "wanted" TEXT,
    "cause" TEXT,
    "cause_facts" JSONB,
    "wait" JSONB,
    "shortfall" INTEGER NOT NULL DEFAULT 0,
    "instances_expected" INTEGER NOT NULL DEFAULT 0,
    "instances_retrieved" INTEGER NOT NULL DEFAULT 0,
    "instances_stored" INTEGER NOT NULL DEFAULT 0,
    "instances_verified" INTEGER NOT NULL DEFAULT 0,
    "instances_failed" INTEGER NOT NULL DEFAULT 0,
    "bytes_retrieved" BIGINT NOT NULL DEFAULT 0,
    "bytes_stored" BIGINT NOT NULL DEFAULT 0,
    "manifest" JSONB,
    "started_at" TIMESTAMPTZ,
    "ended_at" TIMESTAMPTZ,

    CONSTRAINT "task_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "part" (
    "task_id" UUID NOT NULL,
    "part_no" INTEGER NOT NULL,
    "run_no" INTEGER NOT NULL,
    "instances" INTEGER NOT NULL,
    "bytes" BIGINT NOT NULL DEFAULT 0,
    "host_id" TEXT,
    "closed_at" TIMESTAMPTZ,
    "ended_at" TIMESTAMPTZ,

    CONSTRAINT "part_pkey" PRIMARY KEY ("task_id","part_no")
);

-- CreateTable
CREATE TABLE "instance" (
    "task_id" UUID NOT NULL,
    "sop_instance_uid" TEXT NOT NULL,
    "series_instance_uid" TEXT NOT NULL,
    "sop_class_uid" TEXT NOT NULL DEFAULT '',
    "transfer_syntax_uid" TEXT NOT NULL DEFAULT '',
    "modality" TEXT NOT NULL DEFAULT '',
    "series_number" TEXT NOT NULL DEFAULT '',
    "series_description" TEXT NOT NULL DEFAULT '',
    "instance_number" TEXT NOT NULL DEFAULT '',
    "state" TEXT NOT NULL DEFAULT 'expected',
    "part_no" INTEGER,
    "host_id" TEXT,
    "bytes" BIGINT,
    "sha256" TEXT,
    "out_sop_instance_uid" TEXT,
    "out_bytes" BIGINT,
    "out_sha256" TEXT,
    "store_status" INTEGER,
    "out_path" TEXT,
    "cause" TEXT,
    "cause_facts" JSONB,
    "retrieved_at" TIMESTAMPTZ,
    "stored_at" TIMESTAMPTZ,
    "verified_at" TIMESTAMPTZ,

    CONSTRAINT "instance_pkey" PRIMARY KEY ("task_id","sop_instance_uid")
);

-- CreateTable
CREATE TABLE "step" (
    "id" BIGSERIAL NOT NULL,
    "task_id" UUID NOT NULL,
    "run_no" INTEGER NOT NULL,
    "step" TEXT NOT NULL,
    "part_no" INTEGER,
    "attempt" INTEGER NOT NULL,
    "host_id" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ended_at" TIMESTAMPTZ,
    "outcome" TEXT,
    "cause" TEXT,
    "cause_facts" JSONB,
    "instances" INTEGER,

    CONSTRAINT "step_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "request" (
    "id" UUID NOT NULL,
    "job_id" UUID NOT NULL,
    "task_id" UUID,
    "user_id" TEXT NOT NULL,
    "run_no" INTEGER NOT NULL,
    "action" TEXT NOT NULL,
    "mode" TEXT,
    "state" TEXT NOT NULL DEFAULT 'taken',
    "reason" TEXT,
    "requested_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "settled_at" TIMESTAMPTZ,

    CONSTRAINT "request_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "outbox" (
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "workflow_id" TEXT NOT NULL,
    "signal_name" TEXT,
    "payload" JSONB NOT NULL,
    "priority" INTEGER NOT NULL DEFAULT 3,
    "created_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "done_at" TIMESTAMPTZ,
    "last_error" TEXT,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "user_email_key" ON "user"("email");

-- CreateIndex
CREATE UNIQUE INDEX "user_username_key" ON "user"("username");

-- CreateIndex
CREATE UNIQUE INDEX "session_token_key" ON "session"("token");

-- CreateIndex
CREATE INDEX "session_userId_idx" ON "session"("userId");

-- CreateIndex
CREATE INDEX "account_userId_idx" ON "account"("userId");

-- CreateIndex
CREATE INDEX "verification_identifier_idx" ON "verification"("identifier");

-- CreateIndex
CREATE UNIQUE INDEX "node_name_key" ON "node"("name");

-- CreateIndex
CREATE UNIQUE INDEX "node_ae_title_host_port_key" ON "node"("ae_title", "host", "port");

-- CreateIndex
CREATE UNIQUE INDEX "project_name_key" ON "project"("name");

-- CreateIndex
CREATE UNIQUE INDEX "pseudonym_project_id_pseudonym_key" ON "pseudonym"("project_id", "pseudonym");

-- CreateIndex
CREATE UNIQUE INDEX "job_number_key" ON "job"("number");

-- CreateIndex
CREATE INDEX "job_state_number_idx" ON "job"("state", "number");

-- CreateIndex
CREATE UNIQUE INDEX "job_owner_id_idempotency_key_key" ON "job"("owner_id", "idempotency_key");

-- CreateIndex
CREATE INDEX "task_job_id_state_task_no_idx" ON "task"("job_id", "state", "task_no");

-- CreateIndex
CREATE UNIQUE INDEX "task_job_id_task_no_key" ON "task"("job_id", "task_no");

-- CreateIndex
CREATE INDEX "part_host_id_idx" ON "part"("host_id");

-- CreateIndex
CREATE INDEX "instance_task_id_part_no_idx" ON "instance"("task_id", "part_no");

-- CreateIndex
CREATE INDEX "step_task_id_id_idx" ON "step"("task_id", "id");

-- CreateIndex
CREATE INDEX "request_job_id_requested_at_idx" ON "request"("job_id", "requested_at");

-- CreateIndex
CREATE INDEX "outbox_done_at_next_attempt_at_idx" ON "outbox"("done_at", "next_attempt_at");

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_userId_fkey" FOREIGN KEY ("userId") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "account" ADD CONSTRAINT "account_userId_fkey" FOREIGN KEY ("userId") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pacs_slot" ADD CONSTRAINT "pacs_slot_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "node"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "catalogue_study" ADD CONSTRAINT "catalogue_study_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "node"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pseudonym" ADD CONSTRAINT "pseudonym_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "job" ADD CONSTRAINT "job_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "job" ADD CONSTRAINT "job_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "job_run" ADD CONSTRAINT "job_run_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "job"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task" ADD CONSTRAINT "task_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "job"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task" ADD CONSTRAINT "task_source_id_fkey" FOREIGN KEY ("source_id") REFERENCES "node"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "task" ADD CONSTRAINT "task_destination_id_fkey" FOREIGN KEY ("destination_id") REFERENCES "node"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "part" ADD CONSTRAINT "part_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "task"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "instance" ADD CONSTRAINT "instance_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "task"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "step" ADD CONSTRAINT "step_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "task"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "request" ADD CONSTRAINT "request_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "job"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "request" ADD CONSTRAINT "request_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "task"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "request" ADD CONSTRAINT "request_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


