DROP TABLE "job_failures" CASCADE;--> statement-breakpoint
DROP TABLE "live_requests" CASCADE;