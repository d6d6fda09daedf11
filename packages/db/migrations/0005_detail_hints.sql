ALTER TABLE "activities" ADD COLUMN "detail_failed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "activities" ADD COLUMN "viewed_at" timestamp with time zone;