CREATE TABLE "listings" (
	"athlete_id" bigint PRIMARY KEY NOT NULL,
	"state" text DEFAULT 'idle' NOT NULL,
	"generation" integer NOT NULL,
	"cycle" integer DEFAULT 0 NOT NULL,
	"steps" integer DEFAULT 0 NOT NULL,
	"cursor_before" bigint,
	"cursor_page" integer DEFAULT 1 NOT NULL,
	"listed" integer DEFAULT 0 NOT NULL,
	"flawed" boolean DEFAULT false NOT NULL,
	"asked_id" bigint,
	"failures" integer DEFAULT 0 NOT NULL,
	"started_at" timestamp with time zone,
	"updated_at" timestamp with time zone NOT NULL,
	"complete_at" timestamp with time zone,
	"due_at" timestamp with time zone NOT NULL,
	"held_since" timestamp with time zone,
	"held" integer DEFAULT 0 NOT NULL,
	"released" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
ALTER TABLE "activities" ADD COLUMN "listed_in" integer;--> statement-breakpoint
ALTER TABLE "activities" ADD COLUMN "missing_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "listings" ADD CONSTRAINT "listings_athlete_id_athletes_id_fk" FOREIGN KEY ("athlete_id") REFERENCES "public"."athletes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "listings_due_idx" ON "listings" USING btree ("due_at") WHERE state = 'idle';--> statement-breakpoint
CREATE INDEX "listings_moving_idx" ON "listings" USING btree ("updated_at") WHERE state <> 'idle';--> statement-breakpoint
CREATE INDEX "activities_missing_idx" ON "activities" USING btree ("athlete_id","id") WHERE missing_since is not null;--> statement-breakpoint
CREATE INDEX "activities_confirmed_at_idx" ON "activities" USING btree ("confirmed_at");--> statement-breakpoint
CREATE INDEX "activities_detail_at_idx" ON "activities" USING btree ("detail_at") WHERE detail_at is not null;--> statement-breakpoint
CREATE INDEX "activity_tombstones_recorded_at_idx" ON "activity_tombstones" USING btree ("recorded_at");