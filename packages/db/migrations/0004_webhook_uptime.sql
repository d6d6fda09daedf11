CREATE TABLE "webhook_uptime" (
	"id" text PRIMARY KEY NOT NULL,
	"alive_at" timestamp with time zone NOT NULL,
	"gap_from" timestamp with time zone,
	"gap_to" timestamp with time zone
);
--> statement-breakpoint
UPDATE "listings" SET "started_at" = "updated_at" WHERE "started_at" IS NULL;--> statement-breakpoint
ALTER TABLE "listings" ALTER COLUMN "started_at" SET NOT NULL;