CREATE TABLE "activities" (
	"id" bigint PRIMARY KEY NOT NULL,
	"athlete_id" bigint NOT NULL,
	"name" text NOT NULL,
	"sport_type" text NOT NULL,
	"start_at" timestamp with time zone NOT NULL,
	"utc_offset_seconds" integer NOT NULL,
	"time_zone" text,
	"distance_meters" double precision NOT NULL,
	"moving_time_seconds" integer NOT NULL,
	"elapsed_time_seconds" integer NOT NULL,
	"elevation_gain_meters" double precision NOT NULL,
	"average_speed" double precision,
	"average_heart_rate" double precision,
	"private" boolean NOT NULL,
	"manual" boolean NOT NULL,
	"summary_polyline" text,
	"summary" jsonb,
	"detail" jsonb,
	"observed_at" timestamp with time zone NOT NULL,
	"confirmed_at" timestamp with time zone NOT NULL,
	"detail_at" timestamp with time zone,
	"detail_failed_at" timestamp with time zone,
	"viewed_at" timestamp with time zone,
	"event_time" bigint DEFAULT 0 NOT NULL,
	"hidden_at" timestamp with time zone,
	"resync_run" integer,
	"missing_since" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "activity_tombstones" (
	"activity_id" bigint PRIMARY KEY NOT NULL,
	"athlete_id" bigint NOT NULL,
	"event_time" bigint NOT NULL,
	"recorded_at" timestamp with time zone NOT NULL,
	"confirmed" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catch_ups" (
	"athlete_id" bigint PRIMARY KEY NOT NULL,
	"listed_at" timestamp with time zone NOT NULL,
	"fruitless" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "imports" (
	"athlete_id" bigint PRIMARY KEY NOT NULL,
	"state" text NOT NULL,
	"generation" integer DEFAULT 1 NOT NULL,
	"pages" integer DEFAULT 0 NOT NULL,
	"cursor_before" bigint,
	"cursor_page" integer DEFAULT 1 NOT NULL,
	"cursor_step" text DEFAULT 'onward' NOT NULL,
	"unreadable" integer DEFAULT 0 NOT NULL,
	"wait_reason" text,
	"wait_until" timestamp with time zone,
	"published_eta" jsonb,
	"connected_at" timestamp with time zone,
	"started_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"completed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "processed_events" (
	"key" text PRIMARY KEY NOT NULL,
	"athlete_id" bigint NOT NULL,
	"activity_id" bigint NOT NULL,
	"processed_at" timestamp with time zone NOT NULL,
	"before" text,
	"outcome" text DEFAULT 'open' NOT NULL,
	"calls" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "resyncs" (
	"athlete_id" bigint PRIMARY KEY NOT NULL,
	"state" text DEFAULT 'idle' NOT NULL,
	"generation" integer NOT NULL,
	"run" integer DEFAULT 0 NOT NULL,
	"step" integer DEFAULT 0 NOT NULL,
	"cursor_before" bigint,
	"cursor_page" integer DEFAULT 1 NOT NULL,
	"cursor_step" text DEFAULT 'onward' NOT NULL,
	"unreadable" integer DEFAULT 0 NOT NULL,
	"incomplete" boolean DEFAULT false NOT NULL,
	"verified_up_to" bigint,
	"sampled" integer DEFAULT 0 NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"complete_at" timestamp with time zone,
	"due_at" timestamp with time zone NOT NULL,
	"quarantined_since" timestamp with time zone,
	"quarantined" integer DEFAULT 0 NOT NULL,
	"approved" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "arrivals" (
	"lane" text NOT NULL,
	"bucket_start" timestamp with time zone NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "arrivals_lane_bucket_start_pk" PRIMARY KEY("lane","bucket_start")
);
--> statement-breakpoint
CREATE TABLE "budgets" (
	"key" text PRIMARY KEY NOT NULL,
	"spent" integer NOT NULL,
	"ends_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"athlete_id" bigint,
	"subject" text NOT NULL,
	"message_id" text NOT NULL,
	"headers" jsonb NOT NULL,
	"body" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "quota_ledger" (
	"id" text PRIMARY KEY NOT NULL,
	"version" bigint DEFAULT 0 NOT NULL,
	"state" jsonb NOT NULL,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "webhook_outages" (
	"id" text PRIMARY KEY NOT NULL,
	"heartbeat_at" timestamp with time zone NOT NULL,
	"outage_from" timestamp with time zone,
	"outage_to" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "webhook_subscriptions" (
	"id" bigint PRIMARY KEY NOT NULL,
	"callback_url" text NOT NULL,
	"seen_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "app_codes" (
	"code_hash" text PRIMARY KEY NOT NULL,
	"app_id" text NOT NULL,
	"athlete_id" bigint NOT NULL,
	"redirect_uri" text NOT NULL,
	"code_challenge" text NOT NULL,
	"scopes" text[] NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	"connection_id" text
);
--> statement-breakpoint
CREATE TABLE "app_connections" (
	"id" text PRIMARY KEY NOT NULL,
	"app_id" text NOT NULL,
	"athlete_id" bigint NOT NULL,
	"scopes" text[] NOT NULL,
	"connected_at" timestamp with time zone NOT NULL,
	"last_used_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "app_refresh_tokens" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"connection_id" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "apps" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"secret_hash" text,
	"redirect_uris" text[] NOT NULL,
	"origins" text[] NOT NULL,
	"scopes" text[] NOT NULL,
	"built_in" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "personal_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"token_hash" text NOT NULL,
	"athlete_id" bigint NOT NULL,
	"name" text NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "personal_tokens_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "athletes" (
	"id" bigint PRIMARY KEY NOT NULL,
	"username" text,
	"first_name" text,
	"last_name" text,
	"profile_url" text,
	"strava_created_at" timestamp with time zone,
	"scopes" text[] NOT NULL,
	"grant_state" text DEFAULT 'active' NOT NULL,
	"erasure_due_at" timestamp with time zone,
	"end_reported_at" timestamp with time zone,
	"connected_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "grant_verifications" (
	"athlete_id" bigint PRIMARY KEY NOT NULL,
	"requested_at" timestamp with time zone,
	"not_before" timestamp with time zone NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"leased_until" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "grants" (
	"athlete_id" bigint PRIMARY KEY NOT NULL,
	"sealed_access_token" text NOT NULL,
	"sealed_refresh_token" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"refreshed_at" timestamp with time zone NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"refresh_begun_at" timestamp with time zone,
	"confirmed_at" timestamp with time zone,
	"blocked_at" timestamp with time zone,
	"reported_at" timestamp with time zone,
	"unreadable_at" timestamp with time zone,
	"recheck_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "pending_erasures" (
	"id" text PRIMARY KEY NOT NULL,
	"sealed_token" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "session_revocations" (
	"id" text PRIMARY KEY NOT NULL,
	"session_id" text,
	"athlete_id" bigint,
	"sessions_only" boolean DEFAULT false NOT NULL,
	"revoked_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"recorded_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "athlete_presence" (
	"athlete_id" bigint PRIMARY KEY NOT NULL,
	"until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "fetch_queue" (
	"lane" text NOT NULL,
	"athlete_id" bigint NOT NULL,
	"sequence" bigint GENERATED BY DEFAULT AS IDENTITY (sequence name "fetch_queue_sequence_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"queued_at" timestamp with time zone NOT NULL,
	"delayed_until" timestamp with time zone,
	"request_seq" integer DEFAULT 1 NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"failure" text,
	"dead_at" timestamp with time zone,
	"leased_by" text,
	"leased_until" timestamp with time zone,
	"reply_to" text[],
	"trace_parent" text,
	CONSTRAINT "fetch_queue_lane_athlete_id_pk" PRIMARY KEY("lane","athlete_id")
);
--> statement-breakpoint
CREATE TABLE "wanted_activities" (
	"lane" text NOT NULL,
	"athlete_id" bigint NOT NULL,
	"activity_id" bigint NOT NULL,
	"sequence" bigint GENERATED BY DEFAULT AS IDENTITY (sequence name "wanted_activities_sequence_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"request_seq" integer DEFAULT 1 NOT NULL,
	"not_before" timestamp with time zone NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"failure" text,
	"dead_at" timestamp with time zone,
	CONSTRAINT "wanted_activities_lane_athlete_id_activity_id_pk" PRIMARY KEY("lane","athlete_id","activity_id")
);
--> statement-breakpoint
CREATE TABLE "auth_locks" (
	"id" text PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ingest_locks" (
	"id" text PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox_locks" (
	"id" text PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "backups" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "backups_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"made_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "restores" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "restores_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"restored_at" timestamp with time zone DEFAULT now() NOT NULL,
	"access_ended_at" timestamp with time zone,
	"erasures_applied_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "schema_minimum" (
	"id" text PRIMARY KEY NOT NULL,
	"migrations" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "seen_streams" (
	"name" text PRIMARY KEY NOT NULL,
	"created_at" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "teams" (
	"name" text PRIMARY KEY NOT NULL,
	"start_from" timestamp with time zone,
	"added_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "allowed_athletes" (
	"athlete_id" bigint PRIMARY KEY NOT NULL,
	"allowed_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "capacity_refusals" (
	"id" text PRIMARY KEY NOT NULL,
	"refused_at" timestamp with time zone NOT NULL,
	"connected" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "invitations" (
	"id" text PRIMARY KEY NOT NULL,
	"token_hash" text NOT NULL,
	"note" text,
	"max_uses" integer NOT NULL,
	"uses" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "invitations_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
ALTER TABLE "activities" ADD CONSTRAINT "activities_athlete_id_athletes_id_fk" FOREIGN KEY ("athlete_id") REFERENCES "public"."athletes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "activity_tombstones" ADD CONSTRAINT "activity_tombstones_athlete_id_athletes_id_fk" FOREIGN KEY ("athlete_id") REFERENCES "public"."athletes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catch_ups" ADD CONSTRAINT "catch_ups_athlete_id_athletes_id_fk" FOREIGN KEY ("athlete_id") REFERENCES "public"."athletes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "imports" ADD CONSTRAINT "imports_athlete_id_athletes_id_fk" FOREIGN KEY ("athlete_id") REFERENCES "public"."athletes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "processed_events" ADD CONSTRAINT "processed_events_athlete_id_athletes_id_fk" FOREIGN KEY ("athlete_id") REFERENCES "public"."athletes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "resyncs" ADD CONSTRAINT "resyncs_athlete_id_athletes_id_fk" FOREIGN KEY ("athlete_id") REFERENCES "public"."athletes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app_codes" ADD CONSTRAINT "app_codes_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app_codes" ADD CONSTRAINT "app_codes_athlete_id_athletes_id_fk" FOREIGN KEY ("athlete_id") REFERENCES "public"."athletes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app_connections" ADD CONSTRAINT "app_connections_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app_connections" ADD CONSTRAINT "app_connections_athlete_id_athletes_id_fk" FOREIGN KEY ("athlete_id") REFERENCES "public"."athletes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app_refresh_tokens" ADD CONSTRAINT "app_refresh_tokens_connection_id_app_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."app_connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "personal_tokens" ADD CONSTRAINT "personal_tokens_athlete_id_athletes_id_fk" FOREIGN KEY ("athlete_id") REFERENCES "public"."athletes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grant_verifications" ADD CONSTRAINT "grant_verifications_athlete_id_athletes_id_fk" FOREIGN KEY ("athlete_id") REFERENCES "public"."athletes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_athlete_id_athletes_id_fk" FOREIGN KEY ("athlete_id") REFERENCES "public"."athletes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "athlete_presence" ADD CONSTRAINT "athlete_presence_athlete_id_athletes_id_fk" FOREIGN KEY ("athlete_id") REFERENCES "public"."athletes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "fetch_queue" ADD CONSTRAINT "fetch_queue_athlete_id_athletes_id_fk" FOREIGN KEY ("athlete_id") REFERENCES "public"."athletes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "wanted_activities" ADD CONSTRAINT "wanted_activities_athlete_id_athletes_id_fk" FOREIGN KEY ("athlete_id") REFERENCES "public"."athletes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "activities_newest_idx" ON "activities" USING btree ("athlete_id","start_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "activities_missing_idx" ON "activities" USING btree ("athlete_id","id") WHERE missing_since is not null;--> statement-breakpoint
CREATE INDEX "activities_hidden_idx" ON "activities" USING btree ("athlete_id") WHERE hidden_at is not null;--> statement-breakpoint
CREATE INDEX "activities_confirmed_at_idx" ON "activities" USING btree ("confirmed_at");--> statement-breakpoint
CREATE INDEX "activities_detail_at_idx" ON "activities" USING btree ("detail_at") WHERE detail_at is not null;--> statement-breakpoint
CREATE INDEX "activity_tombstones_athlete_idx" ON "activity_tombstones" USING btree ("athlete_id");--> statement-breakpoint
CREATE INDEX "activity_tombstones_recorded_at_idx" ON "activity_tombstones" USING btree ("recorded_at");--> statement-breakpoint
CREATE INDEX "imports_running_idx" ON "imports" USING btree ("updated_at") WHERE state <> 'complete';--> statement-breakpoint
CREATE INDEX "processed_events_unconfirmed_idx" ON "processed_events" USING btree ("athlete_id","processed_at") WHERE outcome <> 'confirmed';--> statement-breakpoint
CREATE INDEX "processed_events_athlete_idx" ON "processed_events" USING btree ("athlete_id");--> statement-breakpoint
CREATE INDEX "processed_events_processed_at_idx" ON "processed_events" USING btree ("processed_at");--> statement-breakpoint
CREATE INDEX "resyncs_due_idx" ON "resyncs" USING btree ("due_at") WHERE state = 'idle';--> statement-breakpoint
CREATE INDEX "resyncs_moving_idx" ON "resyncs" USING btree ("updated_at") WHERE state <> 'idle';--> statement-breakpoint
CREATE INDEX "budgets_ends_at_idx" ON "budgets" USING btree ("ends_at");--> statement-breakpoint
CREATE INDEX "outbox_athlete_idx" ON "outbox" USING btree ("athlete_id");--> statement-breakpoint
CREATE INDEX "app_codes_expires_at_idx" ON "app_codes" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "app_codes_athlete_idx" ON "app_codes" USING btree ("athlete_id");--> statement-breakpoint
CREATE INDEX "app_codes_app_idx" ON "app_codes" USING btree ("app_id");--> statement-breakpoint
CREATE INDEX "app_connections_athlete_idx" ON "app_connections" USING btree ("athlete_id","app_id");--> statement-breakpoint
CREATE INDEX "app_connections_app_idx" ON "app_connections" USING btree ("app_id");--> statement-breakpoint
CREATE INDEX "app_connections_expires_at_idx" ON "app_connections" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "app_refresh_tokens_connection_idx" ON "app_refresh_tokens" USING btree ("connection_id");--> statement-breakpoint
CREATE INDEX "app_refresh_tokens_expires_at_idx" ON "app_refresh_tokens" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "personal_tokens_athlete_idx" ON "personal_tokens" USING btree ("athlete_id");--> statement-breakpoint
CREATE INDEX "personal_tokens_expires_at_idx" ON "personal_tokens" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "grant_verifications_not_before_idx" ON "grant_verifications" USING btree ("not_before");--> statement-breakpoint
CREATE INDEX "session_revocations_recorded_at_idx" ON "session_revocations" USING btree ("recorded_at");--> statement-breakpoint
CREATE INDEX "athlete_presence_until_idx" ON "athlete_presence" USING btree ("until");--> statement-breakpoint
CREATE INDEX "fetch_queue_order_idx" ON "fetch_queue" USING btree ("lane","sequence") WHERE delayed_until is null and dead_at is null;--> statement-breakpoint
CREATE INDEX "fetch_queue_delayed_idx" ON "fetch_queue" USING btree ("delayed_until") WHERE delayed_until is not null and dead_at is null;--> statement-breakpoint
CREATE INDEX "fetch_queue_athlete_idx" ON "fetch_queue" USING btree ("athlete_id");--> statement-breakpoint
CREATE INDEX "fetch_queue_lease_idx" ON "fetch_queue" USING btree ("leased_by") WHERE leased_by is not null;--> statement-breakpoint
CREATE INDEX "wanted_activities_athlete_idx" ON "wanted_activities" USING btree ("athlete_id");--> statement-breakpoint
CREATE INDEX "wanted_activities_order_idx" ON "wanted_activities" USING btree ("lane","athlete_id","not_before","sequence") WHERE dead_at is null;--> statement-breakpoint
CREATE INDEX "invitations_expires_at_idx" ON "invitations" USING btree ("expires_at");