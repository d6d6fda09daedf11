// Made by `npm run client` from openapi.json. Do not edit.

export interface paths {
    "/v1/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How much of Strava's limits is spent
         * @description The limits and what is used of them now and over the last 24 hours, what each kind of work waits for and until when, and Strava's own state as its answers show it. At most a second old.
         */
        get: operations["getStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/activities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A page of activities
         * @description Newest first, or as `sort` says; equal values follow their ids. `next_cursor` leads to the next page and is null on the last one. Pages neither repeat nor skip an activity, though others come and go.
         */
        get: operations["listActivities"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/activities/random": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Any activity
         * @description One activity, each one that fits the filter as likely as any other.
         *
         *     With `cursor` it is a step of a walk through all that fit, in a random order and each once: begin with an empty cursor
         *     (`?cursor=`) and go on with `next_cursor`, which is null after the last one. What comes during the walk is met if its
         *     place in the order is still ahead, what goes is not met any more, and nothing is met twice. When nothing is left, a new walk
         *     begins. The filter stays the same during a walk.
         */
        get: operations["randomActivity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/activities/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One activity
         * @description `detail` is Strava's own document (DetailedActivity) to the last digit, or null.
         */
        get: operations["getActivity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who I am
         * @description The athlete whose session it is, and what he allows.
         */
        get: operations["getMe"];
        put?: never;
        post?: never;
        /**
         * Disconnect
         * @description Erases everything of the athlete, revokes the grant at Strava and ends all sessions. It cannot be undone; whoever signs in again starts anew. With a cookie it works from our own pages only.
         */
        delete: operations["disconnect"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where the import of my history stands
         * @description How far it is, how long it still takes, and what it waits for, why and until when.
         */
        get: operations["getImport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/import/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow the import, live
         * @description A stream of server-sent events that stays open. The first one is `import`, with the state of now.
         *
         *     | `event`    | `data`                              | when                                                             |
         *     | ---------- | ----------------------------------- | ---------------------------------------------------------------- |
         *     | `import`   | ImportStatus                        | at the start, and whenever something of it has changed           |
         *     | `activity` | ActivityChanges                     | activities have come, changed or gone; several go out as one      |
         *     | `reload`   | `{}`                                | what happened since `Last-Event-ID` is not known: read all again |
         *
         *     A comment line comes every 15 seconds. The stream ends with the session; when it ends otherwise, connect again with the
         *     last `id` as `Last-Event-ID` (browsers' `EventSource` does), and what was missed comes first. A client that does not read
         *     is cut off. Each athlete may have ten of them open.
         */
        get: operations["followImport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export everything
         * @description All that ikigai holds of the athlete, one JSON object a line (NDJSON): first `athlete` with the scopes
         *     and the beginning of the account at Strava, then `import`, then each `activity` with Strava's own documents to the last digit,
         *     newest first, those included that are hidden (`hidden_at`), and at last `end` with their number. An export without that line is
         *     cut: the session ended, or the connection. One export at a time.
         *
         *     Not in it: activities that may no longer be used and are about to be removed (`end` says how many), the access tokens of
         *     Strava, which are encrypted, and what the services note for themselves (ids of deleted activities and of events, queued
         *     work, ended sessions).
         */
        get: operations["exportMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Activity: {
            /** @description An id given by Strava: int64 as a decimal string */
            id: string;
            /** @description An id given by Strava: int64 as a decimal string */
            athlete_id: string;
            name: string;
            /** @description Strava's sport type; a growing list, so plain text */
            sport_type: string;
            /** @description RFC 3339 date and time with zone */
            start_time: string;
            time_zone: string | null;
            distance_meters: number;
            moving_time_seconds: number;
            elapsed_time_seconds: number;
            elevation_gain_meters: number;
            average_speed_meters_per_second: number | null;
            average_heart_rate_bpm: number | null;
            /** @description Visible to its owner alone ("Only You") */
            private: boolean;
            manual: boolean;
            summary_polyline: string | null;
            has_detail: boolean;
            /** @description Where "View on Strava" leads */
            strava_url: string;
            /** @description RFC 3339 date and time with zone */
            confirmed_at: string;
        };
        ActivityPage: {
            data: components["schemas"]["Activity"][];
            next_cursor: string | null;
        };
        ActivityWithDetail: {
            /** @description An id given by Strava: int64 as a decimal string */
            id: string;
            /** @description An id given by Strava: int64 as a decimal string */
            athlete_id: string;
            name: string;
            /** @description Strava's sport type; a growing list, so plain text */
            sport_type: string;
            /** @description RFC 3339 date and time with zone */
            start_time: string;
            time_zone: string | null;
            distance_meters: number;
            moving_time_seconds: number;
            elapsed_time_seconds: number;
            elevation_gain_meters: number;
            average_speed_meters_per_second: number | null;
            average_heart_rate_bpm: number | null;
            /** @description Visible to its owner alone ("Only You") */
            private: boolean;
            manual: boolean;
            summary_polyline: string | null;
            has_detail: boolean;
            /** @description Where "View on Strava" leads */
            strava_url: string;
            /** @description RFC 3339 date and time with zone */
            confirmed_at: string;
            detail: unknown;
        };
        RandomActivity: {
            /** @description An id given by Strava: int64 as a decimal string */
            id: string;
            /** @description An id given by Strava: int64 as a decimal string */
            athlete_id: string;
            name: string;
            /** @description Strava's sport type; a growing list, so plain text */
            sport_type: string;
            /** @description RFC 3339 date and time with zone */
            start_time: string;
            time_zone: string | null;
            distance_meters: number;
            moving_time_seconds: number;
            elapsed_time_seconds: number;
            elevation_gain_meters: number;
            average_speed_meters_per_second: number | null;
            average_heart_rate_bpm: number | null;
            /** @description Visible to its owner alone ("Only You") */
            private: boolean;
            manual: boolean;
            summary_polyline: string | null;
            has_detail: boolean;
            /** @description Where "View on Strava" leads */
            strava_url: string;
            /** @description RFC 3339 date and time with zone */
            confirmed_at: string;
            detail: unknown;
            next_cursor?: string | null;
        };
        Athlete: {
            /** @description An id given by Strava: int64 as a decimal string */
            id: string;
            username: string | null;
            first_name: string | null;
            last_name: string | null;
            profile_url: string | null;
            scopes: string[];
            grant: "active" | "needs_reauthorization";
            /** @description RFC 3339 date and time with zone */
            connected_at: string;
        };
        ImportStatus: {
            /** @description An id given by Strava: int64 as a decimal string */
            athlete_id: string;
            state: "queued" | "running" | "complete" | "blocked";
            activities_stored: number;
            pages_fetched: number;
            oldest_start_time: string | null;
            activities_expected: number | null;
            queue_position: number | null;
            /** @description When the whole history will be here; null: not known, or nothing is to come */
            eta: string | null;
            /** @description End of the range that begins at `eta`; null: `eta` is a time and no range */
            eta_latest: string | null;
            eta_reason: ("history_length" | "busy" | "next_days" | "strava_unavailable") | null;
            /** @description When and why `eta` was last changed, and what it was before; null: it was not */
            eta_change: {
                /** @description RFC 3339 date and time with zone */
                at: string;
                /** @description RFC 3339 date and time with zone */
                from: string;
                reason: "longer_history" | "shorter_history" | "busier" | "quieter" | "strava_unavailable";
            } | null;
            waiting: {
                reason: "quota_15min" | "quota_day" | "reserved" | "rate_limited" | "application_inactive" | "strava_unavailable" | "token_rejected" | "needs_reauthorization" | "scope_missing" | "queued";
                until: string | null;
                detail: string;
            } | null;
            /** @description RFC 3339 date and time with zone */
            started_at: string;
            /** @description RFC 3339 date and time with zone */
            updated_at: string;
            completed_at: string | null;
        };
        QuotaStatus: {
            windows: {
                window: "15min" | "day";
                counter: "read" | "overall";
                limit: number;
                /** @description Calls made and calls under way */
                used: number;
                /** @description RFC 3339 date and time with zone */
                resets_at: string;
            }[];
            lanes: {
                /** @enum {unknown} */
                lane: "signup" | "newest" | "webhook" | "backfill" | "resync" | "enrich";
                /** @description Jobs that wait */
                queued: number;
                waiting: {
                    reason: "quota_15min" | "quota_day" | "reserved" | "rate_limited" | "application_inactive" | "strava_unavailable" | "token_rejected" | "needs_reauthorization" | "scope_missing" | "queued";
                    until: string | null;
                    detail: string;
                } | null;
            }[];
            /** @description Strava as its latest answers show it */
            strava: {
                state: "available" | "rate_limited" | "application_inactive" | "unavailable";
                until: string | null;
            };
            /** @description Reads by quarter of an hour over the last 24 hours, oldest first */
            history: {
                /** @description RFC 3339 date and time with zone */
                window_start: string;
                used: number;
                limit: number;
            }[];
            /** @description RFC 3339 date and time with zone */
            as_of: string;
        };
        ActivityChanges: {
            created: string[];
            updated: string[];
            deleted: string[];
        };
        /** @description One message of the stream: what its lines `event`, `id` and `data` say */
        LiveMessage: {
            /** @constant */
            event: "import";
            id?: string;
            data: components["schemas"]["ImportStatus"];
        } | {
            /** @constant */
            event: "activity";
            id?: string;
            data: components["schemas"]["ActivityChanges"];
        } | {
            /** @constant */
            event: "reload";
            id?: string;
            data: Record<string, never>;
        };
        /** @description One line; `kind` says what it holds */
        ExportLine: {
            /** @constant */
            kind: "athlete";
            athlete: components["schemas"]["Athlete"];
            strava_created_at: string | null;
        } | {
            /** @constant */
            kind: "import";
            import: components["schemas"]["ImportStatus"];
        } | {
            /** @constant */
            kind: "activity";
            activity: components["schemas"]["Activity"];
            /** @description Strava's SummaryActivity, to the last digit; null: not fetched */
            summary: unknown;
            /** @description Strava's DetailedActivity, to the last digit; null: not fetched */
            detail: unknown;
            detail_fetched_at: string | null;
            viewed_at: string | null;
            hidden_at: string | null;
        } | {
            /** @constant */
            kind: "end";
            /** @description How many there were; without this line the export is cut */
            activities: number;
            /** @description How many are still stored, are not in the export and are about to be removed */
            left_out: {
                /** @description Private, and private activities are not allowed any more */
                private: number;
                /** @description Not confirmed by Strava for so long that none may be used */
                unconfirmed: number;
            };
        };
        /** @description The request does not match what the address takes. */
        BadRequestProblem: {
            /**
             * @description Its page, relative to this origin
             * @constant
             */
            type: "/problems/bad-request";
            /** @description For people; may change */
            title: string;
            /** @constant */
            status: 400;
            /** @description What happened this time and what to do, for people */
            detail: string;
            /** @description What is wrong, and where */
            errors?: {
                /**
                 * @description JSON pointer into the request
                 * @example /querystring/limit
                 */
                pointer: string;
                detail: string;
            }[];
        };
        /** @description The cursor is none that this operation has given out for this order and filter. */
        InvalidCursorProblem: {
            /**
             * @description Its page, relative to this origin
             * @constant
             */
            type: "/problems/invalid-cursor";
            /** @description For people; may change */
            title: string;
            /** @constant */
            status: 400;
            /** @description What happened this time and what to do, for people */
            detail: string;
            /** @description What is wrong, and where */
            errors: {
                /**
                 * @description JSON pointer into the request
                 * @example /querystring/limit
                 */
                pointer: string;
                detail: string;
            }[];
        };
        /** @description There is no valid session. */
        SignInNeededProblem: {
            /**
             * @description Its page, relative to this origin
             * @constant
             */
            type: "/problems/sign-in-needed";
            /** @description For people; may change */
            title: string;
            /** @constant */
            status: 401;
            /** @description What happened this time and what to do, for people */
            detail: string;
        };
        /** @description A page of another site used the athlete's cookie. */
        CrossOriginProblem: {
            /**
             * @description Its page, relative to this origin
             * @constant
             */
            type: "/problems/cross-origin";
            /** @description For people; may change */
            title: string;
            /** @constant */
            status: 403;
            /** @description What happened this time and what to do, for people */
            detail: string;
        };
        /** @description Nothing is stored of this athlete yet; `import` says why and until when. */
        NoActivityYetProblem: {
            /**
             * @description Its page, relative to this origin
             * @constant
             */
            type: "/problems/no-activity-yet";
            /** @description For people; may change */
            title: string;
            /** @constant */
            status: 404;
            /** @description What happened this time and what to do, for people */
            detail: string;
            import: components["schemas"]["ImportStatus"];
        };
        /** @description There are activities, and none that fits the filter. */
        NoActivityMatchesProblem: {
            /**
             * @description Its page, relative to this origin
             * @constant
             */
            type: "/problems/no-activity-matches";
            /** @description For people; may change */
            title: string;
            /** @constant */
            status: 404;
            /** @description What happened this time and what to do, for people */
            detail: string;
        };
        /** @description The athlete has no activity with this id. */
        NoSuchActivityProblem: {
            /**
             * @description Its page, relative to this origin
             * @constant
             */
            type: "/problems/no-such-activity";
            /** @description For people; may change */
            title: string;
            /** @constant */
            status: 404;
            /** @description What happened this time and what to do, for people */
            detail: string;
        };
        /** @description The body is too large. */
        ContentTooLargeProblem: {
            /**
             * @description Its page, relative to this origin
             * @constant
             */
            type: "/problems/content-too-large";
            /** @description For people; may change */
            title: string;
            /** @constant */
            status: 413;
            /** @description What happened this time and what to do, for people */
            detail: string;
        };
        /** @description The id is longer than any. */
        UriTooLongProblem: {
            /**
             * @description Its page, relative to this origin
             * @constant
             */
            type: "/problems/uri-too-long";
            /** @description For people; may change */
            title: string;
            /** @constant */
            status: 414;
            /** @description What happened this time and what to do, for people */
            detail: string;
        };
        /** @description The body is neither JSON nor plain text. */
        UnsupportedMediaTypeProblem: {
            /**
             * @description Its page, relative to this origin
             * @constant
             */
            type: "/problems/unsupported-media-type";
            /** @description For people; may change */
            title: string;
            /** @constant */
            status: 415;
            /** @description What happened this time and what to do, for people */
            detail: string;
        };
        /** @description More requests than the limit allows; `retry-after` says when the next one is answered. */
        TooManyRequestsProblem: {
            /**
             * @description Its page, relative to this origin
             * @constant
             */
            type: "/problems/too-many-requests";
            /** @description For people; may change */
            title: string;
            /** @constant */
            status: 429;
            /** @description What happened this time and what to do, for people */
            detail: string;
        };
        /** @description The athlete has as many of these open as one may have at once. */
        TooManyStreamsProblem: {
            /**
             * @description Its page, relative to this origin
             * @constant
             */
            type: "/problems/too-many-streams";
            /** @description For people; may change */
            title: string;
            /** @constant */
            status: 429;
            /** @description What happened this time and what to do, for people */
            detail: string;
        };
        /** @description An export of this athlete is under way already. */
        ExportUnderWayProblem: {
            /**
             * @description Its page, relative to this origin
             * @constant
             */
            type: "/problems/export-under-way";
            /** @description For people; may change */
            title: string;
            /** @constant */
            status: 429;
            /** @description What happened this time and what to do, for people */
            detail: string;
        };
        /** @description Our fault. */
        InternalProblem: {
            /**
             * @description Its page, relative to this origin
             * @constant
             */
            type: "/problems/internal";
            /** @description For people; may change */
            title: string;
            /** @constant */
            status: 500;
            /** @description What happened this time and what to do, for people */
            detail: string;
            /** @description Finds the request in the logs; also in `x-request-id` */
            request_id: string;
        };
        /** @description Not possible at this moment. */
        UnavailableProblem: {
            /**
             * @description Its page, relative to this origin
             * @constant
             */
            type: "/problems/unavailable";
            /** @description For people; may change */
            title: string;
            /** @constant */
            status: 503;
            /** @description What happened this time and what to do, for people */
            detail: string;
            /** @description Finds the request in the logs; also in `x-request-id` */
            request_id?: string;
        };
        /** @description Disconnecting is not possible at this moment. */
        AuthUnavailableProblem: {
            /**
             * @description Its page, relative to this origin
             * @constant
             */
            type: "/problems/auth-unavailable";
            /** @description For people; may change */
            title: string;
            /** @constant */
            status: 503;
            /** @description What happened this time and what to do, for people */
            detail: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getStatus: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state of the service */
            200: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed in a minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left of them */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until all of them are back */
                    "ratelimit-reset"?: number;
                    /** @description The state of what is answered, for `If-None-Match` */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "windows": [
                     *         {
                     *           "window": "15min",
                     *           "counter": "read",
                     *           "limit": 100,
                     *           "used": 64,
                     *           "resets_at": "2026-06-15T12:15:02.000Z"
                     *         },
                     *         {
                     *           "window": "day",
                     *           "counter": "read",
                     *           "limit": 1000,
                     *           "used": 412,
                     *           "resets_at": "2026-06-16T00:00:02.000Z"
                     *         }
                     *       ],
                     *       "lanes": [
                     *         {
                     *           "lane": "backfill",
                     *           "queued": 12,
                     *           "waiting": null
                     *         }
                     *       ],
                     *       "strava": {
                     *         "state": "available",
                     *         "until": null
                     *       },
                     *       "history": [
                     *         {
                     *           "window_start": "2026-06-15T11:45:00.000Z",
                     *           "used": 97,
                     *           "limit": 100
                     *         }
                     *       ],
                     *       "as_of": "2026-06-15T12:04:11.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["QuotaStatus"];
                };
            };
            /** @description Nothing has changed since that `ETag` */
            304: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed in a minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left of them */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until all of them are back */
                    "ratelimit-reset"?: number;
                    /** @description The state of what is answered, for `If-None-Match` */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description [too-many-requests](/problems/too-many-requests): More requests than the limit allows; `retry-after` says when the next one is answered. */
            429: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds until it makes sense to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /** @description [internal](/problems/internal): Our fault. */
            500: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                };
            };
        };
    };
    listActivities: {
        parameters: {
            query?: {
                sport_type?: string;
                /** @description RFC 3339 date and time with zone */
                after?: string;
                /** @description RFC 3339 date and time with zone */
                before?: string;
                /**
                 * @description First day; an activity is of the date in its own start_time
                 * @example 2026-03-04
                 */
                from_date?: string;
                /**
                 * @description Last day, likewise
                 * @example 2026-03-04
                 */
                to_date?: string;
                /** @description meters */
                min_distance?: number;
                /** @description meters */
                max_distance?: number;
                /** @description `-` is descending */
                sort?: "-start_time" | "start_time" | "-distance" | "distance" | "-moving_time" | "moving_time" | "-elevation_gain" | "elevation_gain";
                limit?: number;
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed in a minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left of them */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until all of them are back */
                    "ratelimit-reset"?: number;
                    /** @description The state of what is answered, for `If-None-Match` */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "9007199254740993",
                     *           "athlete_id": "134815",
                     *           "name": "Evening Run",
                     *           "sport_type": "Run",
                     *           "start_time": "2026-06-14T18:30:00+02:00",
                     *           "time_zone": "Europe/Copenhagen",
                     *           "distance_meters": 10234.5,
                     *           "moving_time_seconds": 3012,
                     *           "elapsed_time_seconds": 3120,
                     *           "elevation_gain_meters": 84,
                     *           "average_speed_meters_per_second": 3.398,
                     *           "average_heart_rate_bpm": 151.2,
                     *           "private": false,
                     *           "manual": false,
                     *           "summary_polyline": "_p~iF~ps|U_ulLnnqC_mqNvxq`@",
                     *           "has_detail": false,
                     *           "strava_url": "https://www.strava.com/activities/9007199254740993",
                     *           "confirmed_at": "2026-06-15T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "next_cursor": "YWN0aXZpdGllcy4yOi1zdGFydF90aW1l"
                     *     }
                     */
                    "application/json": components["schemas"]["ActivityPage"];
                };
            };
            /** @description Nothing has changed since that `ETag` */
            304: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed in a minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left of them */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until all of them are back */
                    "ratelimit-reset"?: number;
                    /** @description The state of what is answered, for `If-None-Match` */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /**
             * @description [bad-request](/problems/bad-request): The request does not match what the address takes.
             *
             *     [invalid-cursor](/problems/invalid-cursor): The cursor is none that this operation has given out for this order and filter.
             */
            400: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"] | components["schemas"]["InvalidCursorProblem"];
                };
            };
            /** @description [sign-in-needed](/problems/sign-in-needed): There is no valid session. */
            401: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /** @description [too-many-requests](/problems/too-many-requests): More requests than the limit allows; `retry-after` says when the next one is answered. */
            429: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds until it makes sense to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /** @description [internal](/problems/internal): Our fault. */
            500: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                };
            };
            /** @description [unavailable](/problems/unavailable): Not possible at this moment. */
            503: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds until it makes sense to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnavailableProblem"];
                };
            };
        };
    };
    randomActivity: {
        parameters: {
            query?: {
                sport_type?: string;
                /** @description RFC 3339 date and time with zone */
                after?: string;
                /** @description RFC 3339 date and time with zone */
                before?: string;
                /**
                 * @description First day; an activity is of the date in its own start_time
                 * @example 2026-03-04
                 */
                from_date?: string;
                /**
                 * @description Last day, likewise
                 * @example 2026-03-04
                 */
                to_date?: string;
                /** @description meters */
                min_distance?: number;
                /** @description meters */
                max_distance?: number;
                /** @description Walks all activities that fit in a random order, each once: begin with an empty one, go on with next_cursor */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An activity */
            200: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed in a minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left of them */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until all of them are back */
                    "ratelimit-reset"?: number;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "9007199254740993",
                     *       "athlete_id": "134815",
                     *       "name": "Evening Run",
                     *       "sport_type": "Run",
                     *       "start_time": "2026-06-14T18:30:00+02:00",
                     *       "time_zone": "Europe/Copenhagen",
                     *       "distance_meters": 10234.5,
                     *       "moving_time_seconds": 3012,
                     *       "elapsed_time_seconds": 3120,
                     *       "elevation_gain_meters": 84,
                     *       "average_speed_meters_per_second": 3.398,
                     *       "average_heart_rate_bpm": 151.2,
                     *       "private": false,
                     *       "manual": false,
                     *       "summary_polyline": "_p~iF~ps|U_ulLnnqC_mqNvxq`@",
                     *       "has_detail": false,
                     *       "strava_url": "https://www.strava.com/activities/9007199254740993",
                     *       "confirmed_at": "2026-06-15T12:00:00.000Z",
                     *       "detail": null
                     *     }
                     */
                    "application/json": components["schemas"]["RandomActivity"];
                };
            };
            /**
             * @description [bad-request](/problems/bad-request): The request does not match what the address takes.
             *
             *     [invalid-cursor](/problems/invalid-cursor): The cursor is none that this operation has given out for this order and filter.
             */
            400: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"] | components["schemas"]["InvalidCursorProblem"];
                };
            };
            /** @description [sign-in-needed](/problems/sign-in-needed): There is no valid session. */
            401: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /**
             * @description [no-activity-yet](/problems/no-activity-yet): Nothing is stored of this athlete yet; `import` says why and until when.
             *
             *     [no-activity-matches](/problems/no-activity-matches): There are activities, and none that fits the filter.
             */
            404: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NoActivityYetProblem"] | components["schemas"]["NoActivityMatchesProblem"];
                };
            };
            /** @description [too-many-requests](/problems/too-many-requests): More requests than the limit allows; `retry-after` says when the next one is answered. */
            429: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds until it makes sense to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /** @description [internal](/problems/internal): Our fault. */
            500: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                };
            };
            /** @description [unavailable](/problems/unavailable): Not possible at this moment. */
            503: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds until it makes sense to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnavailableProblem"];
                };
            };
        };
    };
    getActivity: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id given by Strava: int64 as a decimal string */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The activity */
            200: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed in a minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left of them */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until all of them are back */
                    "ratelimit-reset"?: number;
                    /** @description The state of what is answered, for `If-None-Match` */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "9007199254740993",
                     *       "athlete_id": "134815",
                     *       "name": "Evening Run",
                     *       "sport_type": "Run",
                     *       "start_time": "2026-06-14T18:30:00+02:00",
                     *       "time_zone": "Europe/Copenhagen",
                     *       "distance_meters": 10234.5,
                     *       "moving_time_seconds": 3012,
                     *       "elapsed_time_seconds": 3120,
                     *       "elevation_gain_meters": 84,
                     *       "average_speed_meters_per_second": 3.398,
                     *       "average_heart_rate_bpm": 151.2,
                     *       "private": false,
                     *       "manual": false,
                     *       "summary_polyline": "_p~iF~ps|U_ulLnnqC_mqNvxq`@",
                     *       "has_detail": false,
                     *       "strava_url": "https://www.strava.com/activities/9007199254740993",
                     *       "confirmed_at": "2026-06-15T12:00:00.000Z",
                     *       "detail": null
                     *     }
                     */
                    "application/json": components["schemas"]["ActivityWithDetail"];
                };
            };
            /** @description Nothing has changed since that `ETag` */
            304: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed in a minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left of them */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until all of them are back */
                    "ratelimit-reset"?: number;
                    /** @description The state of what is answered, for `If-None-Match` */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description [bad-request](/problems/bad-request): The request does not match what the address takes. */
            400: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"];
                };
            };
            /** @description [sign-in-needed](/problems/sign-in-needed): There is no valid session. */
            401: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /** @description [no-such-activity](/problems/no-such-activity): The athlete has no activity with this id. */
            404: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NoSuchActivityProblem"];
                };
            };
            /** @description [uri-too-long](/problems/uri-too-long): The id is longer than any. */
            414: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UriTooLongProblem"];
                };
            };
            /** @description [too-many-requests](/problems/too-many-requests): More requests than the limit allows; `retry-after` says when the next one is answered. */
            429: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds until it makes sense to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /** @description [internal](/problems/internal): Our fault. */
            500: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                };
            };
            /** @description [unavailable](/problems/unavailable): Not possible at this moment. */
            503: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds until it makes sense to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnavailableProblem"];
                };
            };
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The athlete */
            200: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed in a minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left of them */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until all of them are back */
                    "ratelimit-reset"?: number;
                    /** @description The state of what is answered, for `If-None-Match` */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "134815",
                     *       "username": "ada_runs",
                     *       "first_name": "Ada",
                     *       "last_name": "Runner",
                     *       "profile_url": null,
                     *       "scopes": [
                     *         "read",
                     *         "activity:read_all"
                     *       ],
                     *       "grant": "active",
                     *       "connected_at": "2026-06-14T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Athlete"];
                };
            };
            /** @description Nothing has changed since that `ETag` */
            304: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed in a minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left of them */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until all of them are back */
                    "ratelimit-reset"?: number;
                    /** @description The state of what is answered, for `If-None-Match` */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description [sign-in-needed](/problems/sign-in-needed): There is no valid session. */
            401: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /** @description [too-many-requests](/problems/too-many-requests): More requests than the limit allows; `retry-after` says when the next one is answered. */
            429: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds until it makes sense to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /** @description [internal](/problems/internal): Our fault. */
            500: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                };
            };
            /** @description [unavailable](/problems/unavailable): Not possible at this moment. */
            503: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds until it makes sense to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnavailableProblem"];
                };
            };
        };
    };
    disconnect: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Everything is erased */
            204: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed in a minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left of them */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until all of them are back */
                    "ratelimit-reset"?: number;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description [bad-request](/problems/bad-request): The request does not match what the address takes. */
            400: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["BadRequestProblem"];
                };
            };
            /** @description [sign-in-needed](/problems/sign-in-needed): There is no valid session. */
            401: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /** @description [cross-origin](/problems/cross-origin): A page of another site used the athlete's cookie. */
            403: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CrossOriginProblem"];
                };
            };
            /** @description [content-too-large](/problems/content-too-large): The body is too large. */
            413: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description [unsupported-media-type](/problems/unsupported-media-type): The body is neither JSON nor plain text. */
            415: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description [too-many-requests](/problems/too-many-requests): More requests than the limit allows; `retry-after` says when the next one is answered. */
            429: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds until it makes sense to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /**
             * @description [unavailable](/problems/unavailable): Not possible at this moment.
             *
             *     [auth-unavailable](/problems/auth-unavailable): Disconnecting is not possible at this moment.
             */
            503: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds until it makes sense to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnavailableProblem"] | components["schemas"]["AuthUnavailableProblem"];
                };
            };
        };
    };
    getImport: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The import */
            200: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed in a minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left of them */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until all of them are back */
                    "ratelimit-reset"?: number;
                    /** @description The state of what is answered, for `If-None-Match` */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "athlete_id": "134815",
                     *       "state": "running",
                     *       "activities_stored": 400,
                     *       "pages_fetched": 2,
                     *       "oldest_start_time": "2024-03-01T07:10:00+01:00",
                     *       "activities_expected": 1750,
                     *       "queue_position": 3,
                     *       "eta": "2026-06-15T12:30:02.000Z",
                     *       "eta_latest": null,
                     *       "eta_reason": null,
                     *       "eta_change": {
                     *         "at": "2026-06-15T12:08:00.000Z",
                     *         "from": "2026-06-15T12:16:00.000Z",
                     *         "reason": "busier"
                     *       },
                     *       "waiting": {
                     *         "reason": "quota_15min",
                     *         "until": "2026-06-15T12:15:02.000Z",
                     *         "detail": "Strava's limit for this quarter of an hour is spent."
                     *       },
                     *       "started_at": "2026-06-15T12:00:00.000Z",
                     *       "updated_at": "2026-06-15T12:04:11.000Z",
                     *       "completed_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["ImportStatus"];
                };
            };
            /** @description Nothing has changed since that `ETag` */
            304: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed in a minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left of them */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until all of them are back */
                    "ratelimit-reset"?: number;
                    /** @description The state of what is answered, for `If-None-Match` */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description [sign-in-needed](/problems/sign-in-needed): There is no valid session. */
            401: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /** @description [too-many-requests](/problems/too-many-requests): More requests than the limit allows; `retry-after` says when the next one is answered. */
            429: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds until it makes sense to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /** @description [internal](/problems/internal): Our fault. */
            500: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                };
            };
            /** @description [unavailable](/problems/unavailable): Not possible at this moment. */
            503: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds until it makes sense to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnavailableProblem"];
                };
            };
        };
    };
    followImport: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The last `id` that was read before
                 * @example 4711
                 */
                "last-event-id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /**
             * @description The stream
             *
             *     ```
             *     event: import
             *     id: 4711
             *     data: {"athlete_id":"134815","state":"running","activities_stored":200, …}
             *
             *     event: activity
             *     id: 4913
             *     data: {"created":["9007199254740993"],"updated":[],"deleted":[]}
             *
             *     ```
             */
            200: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed in a minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left of them */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until all of them are back */
                    "ratelimit-reset"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["LiveMessage"];
                };
            };
            /** @description [sign-in-needed](/problems/sign-in-needed): There is no valid session. */
            401: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /**
             * @description [too-many-requests](/problems/too-many-requests): More requests than the limit allows; `retry-after` says when the next one is answered.
             *
             *     [too-many-streams](/problems/too-many-streams): The athlete has as many of these open as one may have at once.
             */
            429: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds until it makes sense to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"] | components["schemas"]["TooManyStreamsProblem"];
                };
            };
            /** @description [internal](/problems/internal): Our fault. */
            500: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                };
            };
            /** @description [unavailable](/problems/unavailable): Not possible at this moment. */
            503: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds until it makes sense to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnavailableProblem"];
                };
            };
        };
    };
    exportMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /**
             * @description The lines
             *
             *     ```
             *     {"kind":"athlete","athlete":{"id":"134815", …},"strava_created_at":"2017-11-28T19:05:35.000Z"}
             *     {"kind":"import","import":{"state":"complete", …}}
             *     {"kind":"activity","activity":{"id":"9007199254740993", …},"summary":{"id":9007199254740993, …},"detail":null, …}
             *     {"kind":"end","activities":1,"left_out":{"private":0,"unconfirmed":0}}
             *     ```
             */
            200: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed in a minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left of them */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until all of them are back */
                    "ratelimit-reset"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": components["schemas"]["ExportLine"];
                };
            };
            /** @description [sign-in-needed](/problems/sign-in-needed): There is no valid session. */
            401: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /**
             * @description [too-many-requests](/problems/too-many-requests): More requests than the limit allows; `retry-after` says when the next one is answered.
             *
             *     [export-under-way](/problems/export-under-way): An export of this athlete is under way already.
             */
            429: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds until it makes sense to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"] | components["schemas"]["ExportUnderWayProblem"];
                };
            };
            /** @description [internal](/problems/internal): Our fault. */
            500: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                };
            };
            /** @description [unavailable](/problems/unavailable): Not possible at this moment. */
            503: {
                headers: {
                    /** @description Names this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds until it makes sense to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnavailableProblem"];
                };
            };
        };
    };
}
