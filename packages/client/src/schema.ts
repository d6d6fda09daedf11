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
         * Get the usage of Strava's limits
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
         * List activities
         * @description Newest first unless `sort` is given; ties are ordered by id. `next_cursor` is the cursor of the next page, null on the last one. Pages neither repeat nor skip an activity, even if others are added or deleted.
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
         * Get a random activity
         * @description One activity, chosen uniformly from all that match the filter.
         *
         *     With `cursor`, a shuffle: all matching activities in random order, each once. Start with an empty cursor (`?cursor=`) and
         *     continue with `next_cursor`, which is null after the last activity. An activity added meanwhile is included if its place in
         *     the order is still ahead; a deleted one is left out; none is repeated. After the last activity a new shuffle starts. Keep the
         *     filter unchanged during a shuffle.
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
         * Get an activity
         * @description `detail` is Strava's unchanged DetailedActivity, or null if it has not been fetched.
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
         * Get my profile
         * @description The signed-in athlete and the granted scopes.
         */
        get: operations["getMe"];
        put?: never;
        post?: never;
        /**
         * Disconnect
         * @description Erases all data of the athlete, revokes the grant at Strava and ends all sessions. This cannot be undone. With a cookie it works only from ikigai's own pages.
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
         * Get the status of my import
         * @description Progress, estimated completion, and what the import waits for, why and until when.
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
         * @description A stream of server-sent events. The first event is `import` with the current status.
         *
         *     | `event`    | `data`                              | when                                                             |
         *     | ---------- | ----------------------------------- | ---------------------------------------------------------------- |
         *     | `import`   | ImportStatus                        | at the start and after every change                              |
         *     | `activity` | ActivityChanges                     | activities were created, updated or deleted; sent in batches      |
         *     | `reload`   | `{}`                                | events since `Last-Event-ID` are not available: reload everything |
         *
         *     A comment line is sent every 15 seconds. The stream ends with the session. If it ends otherwise, reconnect with the last
         *     `id` as `Last-Event-ID` (as browsers' `EventSource` does); missed events are sent first. A client that does not read is
         *     disconnected. An athlete may have ten streams open.
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
         * @description All data that ikigai stores about the athlete, one JSON object per line (NDJSON): first `athlete`, then
         *     `import`, then each `activity` with Strava's unchanged documents, newest first and including hidden ones (`hidden_at`), and
         *     last `end` with the number of activities. An export without `end` is incomplete: the session or the connection ended. One
         *     export at a time.
         *
         *     Not included: activities that may no longer be used and are about to be removed (`end` counts them), Strava's access tokens,
         *     which are encrypted, and internal records (ids of deleted activities and of events, queued work, ended sessions).
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
    "/v1/me/apps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Connected apps
         * @description The apps that the athlete has let in, and what each may do.
         */
        get: operations["listApps"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/apps/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Disconnect an app
         * @description Ends all that the app holds for the athlete, at once. It needs the athlete's own session.
         */
        delete: operations["disconnectApp"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Personal access tokens
         * @description The tokens of scripts that have not ended, without the tokens themselves.
         */
        get: operations["listTokens"];
        put?: never;
        /**
         * Make a personal access token
         * @description For a script of the athlete's own. The answer holds the token, which cannot be shown again. It needs the athlete's own session.
         */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End a personal access token
         * @description It is refused at once. It needs the athlete's own session.
         */
        delete: operations["endToken"];
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
            /** @description Estimate of when the whole history is here; null: not known, or nothing is to come */
            eta: string | null;
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
        /** @description One message of the stream: its lines `event`, `id` and `data` */
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
        /** @description One line; `kind` names its content */
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
            /** @description Strava's unchanged SummaryActivity; null: not fetched */
            summary: unknown;
            /** @description Strava's unchanged DetailedActivity; null: not fetched */
            detail: unknown;
            detail_fetched_at: string | null;
            viewed_at: string | null;
            hidden_at: string | null;
        } | {
            /** @constant */
            kind: "end";
            /** @description Number of activities in the export */
            activities: number;
            /** @description Activities that are stored, not exported, and about to be removed */
            left_out: {
                /** @description Private activities without the scope to read them */
                private: number;
                /** @description Not confirmed by Strava for so long that none may be used */
                unconfirmed: number;
            };
        };
        ConnectedApp: {
            /** @description The app's client id */
            id: string;
            name: string;
            /** @description What is allowed */
            scopes: ("activities:read" | "account:read" | "account:delete")[];
            /** @description RFC 3339 date and time with zone */
            connected_at: string;
            /** @description RFC 3339 date and time with zone */
            last_used_at: string;
        };
        ConnectedApps: {
            data: components["schemas"]["ConnectedApp"][];
        };
        PersonalToken: {
            id: string;
            /** @description Given by the athlete */
            name: string;
            /** @description What is allowed */
            scopes: ("activities:read" | "account:read" | "account:delete")[];
            /** @description RFC 3339 date and time with zone */
            created_at: string;
            /** @description RFC 3339 date and time with zone */
            expires_at: string;
        };
        PersonalTokens: {
            data: components["schemas"]["PersonalToken"][];
        };
        CreatedPersonalToken: {
            id: string;
            /** @description Given by the athlete */
            name: string;
            /** @description What is allowed */
            scopes: ("activities:read" | "account:read" | "account:delete")[];
            /** @description RFC 3339 date and time with zone */
            created_at: string;
            /** @description RFC 3339 date and time with zone */
            expires_at: string;
            /** @description Shown this once */
            token: string;
        };
        /** @description The request is invalid. */
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
            /** @description What happened and what to do, for people */
            detail: string;
            /** @description What is wrong and where */
            errors?: {
                /**
                 * @description JSON pointer into the request
                 * @example /querystring/limit
                 */
                pointer: string;
                detail: string;
            }[];
        };
        /** @description The cursor was not issued by this operation for this order and filter. */
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
            /** @description What happened and what to do, for people */
            detail: string;
            /** @description What is wrong and where */
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
            /** @description What happened and what to do, for people */
            detail: string;
        };
        /** @description The token of an app or a script does not allow this; `required_scopes` names what it takes. */
        InsufficientScopeProblem: {
            /**
             * @description Its page, relative to this origin
             * @constant
             */
            type: "/problems/insufficient-scope";
            /** @description For people; may change */
            title: string;
            /** @constant */
            status: 403;
            /** @description What happened and what to do, for people */
            detail: string;
            required_scopes: ("activities:read" | "account:read" | "account:delete")[];
        };
        /** @description The athlete has as many personal access tokens as one may have. */
        TooManyTokensProblem: {
            /**
             * @description Its page, relative to this origin
             * @constant
             */
            type: "/problems/too-many-tokens";
            /** @description For people; may change */
            title: string;
            /** @constant */
            status: 409;
            /** @description What happened and what to do, for people */
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
            /** @description What happened and what to do, for people */
            detail: string;
        };
        /** @description No activity is stored yet; `import` tells why and until when. */
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
            /** @description What happened and what to do, for people */
            detail: string;
            import: components["schemas"]["ImportStatus"];
        };
        /** @description No activity matches the filter. */
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
            /** @description What happened and what to do, for people */
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
            /** @description What happened and what to do, for people */
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
            /** @description What happened and what to do, for people */
            detail: string;
        };
        /** @description The address is too long. */
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
            /** @description What happened and what to do, for people */
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
            /** @description What happened and what to do, for people */
            detail: string;
        };
        /** @description The request limit is used up; retry after `retry-after` seconds. */
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
            /** @description What happened and what to do, for people */
            detail: string;
        };
        /** @description The athlete has too many event streams open. */
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
            /** @description What happened and what to do, for people */
            detail: string;
        };
        /** @description An export of this athlete is already running. */
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
            /** @description What happened and what to do, for people */
            detail: string;
        };
        /** @description Internal error. */
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
            /** @description What happened and what to do, for people */
            detail: string;
            /** @description Identifies the request in the logs; same as `x-request-id` */
            request_id: string;
        };
        /** @description Temporarily unavailable. */
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
            /** @description What happened and what to do, for people */
            detail: string;
            /** @description Identifies the request in the logs; same as `x-request-id` */
            request_id?: string;
        };
        /** @description Disconnecting is temporarily unavailable. */
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
            /** @description What happened and what to do, for people */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
                    "ratelimit-reset"?: number;
                    /** @description Version of the answer, for `If-None-Match` */
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
            /** @description Not changed since this `ETag` */
            304: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
                    "ratelimit-reset"?: number;
                    /** @description Version of the answer, for `If-None-Match` */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds. */
            429: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /** @description [internal](/problems/internal): Internal error. */
            500: {
                headers: {
                    /** @description Identifies this request in the logs */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
                    "ratelimit-reset"?: number;
                    /** @description Version of the answer, for `If-None-Match` */
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
            /** @description Not changed since this `ETag` */
            304: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
                    "ratelimit-reset"?: number;
                    /** @description Version of the answer, for `If-None-Match` */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /**
             * @description [bad-request](/problems/bad-request): The request is invalid.
             *
             *     [invalid-cursor](/problems/invalid-cursor): The cursor was not issued by this operation for this order and filter.
             */
            400: {
                headers: {
                    /** @description Identifies this request in the logs */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /** @description [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` names what it takes. */
            403: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InsufficientScopeProblem"];
                };
            };
            /** @description [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds. */
            429: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /** @description [internal](/problems/internal): Internal error. */
            500: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                };
            };
            /** @description [unavailable](/problems/unavailable): Temporarily unavailable. */
            503: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
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
             * @description [bad-request](/problems/bad-request): The request is invalid.
             *
             *     [invalid-cursor](/problems/invalid-cursor): The cursor was not issued by this operation for this order and filter.
             */
            400: {
                headers: {
                    /** @description Identifies this request in the logs */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /** @description [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` names what it takes. */
            403: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InsufficientScopeProblem"];
                };
            };
            /**
             * @description [no-activity-yet](/problems/no-activity-yet): No activity is stored yet; `import` tells why and until when.
             *
             *     [no-activity-matches](/problems/no-activity-matches): No activity matches the filter.
             */
            404: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NoActivityYetProblem"] | components["schemas"]["NoActivityMatchesProblem"];
                };
            };
            /** @description [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds. */
            429: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /** @description [internal](/problems/internal): Internal error. */
            500: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                };
            };
            /** @description [unavailable](/problems/unavailable): Temporarily unavailable. */
            503: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
                    "ratelimit-reset"?: number;
                    /** @description Version of the answer, for `If-None-Match` */
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
            /** @description Not changed since this `ETag` */
            304: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
                    "ratelimit-reset"?: number;
                    /** @description Version of the answer, for `If-None-Match` */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description [bad-request](/problems/bad-request): The request is invalid. */
            400: {
                headers: {
                    /** @description Identifies this request in the logs */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /** @description [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` names what it takes. */
            403: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InsufficientScopeProblem"];
                };
            };
            /** @description [no-such-activity](/problems/no-such-activity): The athlete has no activity with this id. */
            404: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["NoSuchActivityProblem"];
                };
            };
            /** @description [uri-too-long](/problems/uri-too-long): The address is too long. */
            414: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UriTooLongProblem"];
                };
            };
            /** @description [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds. */
            429: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /** @description [internal](/problems/internal): Internal error. */
            500: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                };
            };
            /** @description [unavailable](/problems/unavailable): Temporarily unavailable. */
            503: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
                    "ratelimit-reset"?: number;
                    /** @description Version of the answer, for `If-None-Match` */
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
            /** @description Not changed since this `ETag` */
            304: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
                    "ratelimit-reset"?: number;
                    /** @description Version of the answer, for `If-None-Match` */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description [sign-in-needed](/problems/sign-in-needed): There is no valid session. */
            401: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /** @description [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` names what it takes. */
            403: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InsufficientScopeProblem"];
                };
            };
            /** @description [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds. */
            429: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /** @description [internal](/problems/internal): Internal error. */
            500: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                };
            };
            /** @description [unavailable](/problems/unavailable): Temporarily unavailable. */
            503: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
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
            /** @description All data is erased */
            204: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
                    "ratelimit-reset"?: number;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description [bad-request](/problems/bad-request): The request is invalid. */
            400: {
                headers: {
                    /** @description Identifies this request in the logs */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /**
             * @description [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` names what it takes.
             *
             *     [cross-origin](/problems/cross-origin): A page of another site used the athlete's cookie.
             */
            403: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InsufficientScopeProblem"] | components["schemas"]["CrossOriginProblem"];
                };
            };
            /** @description [content-too-large](/problems/content-too-large): The body is too large. */
            413: {
                headers: {
                    /** @description Identifies this request in the logs */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds. */
            429: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /**
             * @description [unavailable](/problems/unavailable): Temporarily unavailable.
             *
             *     [auth-unavailable](/problems/auth-unavailable): Disconnecting is temporarily unavailable.
             */
            503: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
                    "ratelimit-reset"?: number;
                    /** @description Version of the answer, for `If-None-Match` */
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
            /** @description Not changed since this `ETag` */
            304: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
                    "ratelimit-reset"?: number;
                    /** @description Version of the answer, for `If-None-Match` */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description [sign-in-needed](/problems/sign-in-needed): There is no valid session. */
            401: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /** @description [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` names what it takes. */
            403: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InsufficientScopeProblem"];
                };
            };
            /** @description [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds. */
            429: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /** @description [internal](/problems/internal): Internal error. */
            500: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                };
            };
            /** @description [unavailable](/problems/unavailable): Temporarily unavailable. */
            503: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /** @description [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` names what it takes. */
            403: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InsufficientScopeProblem"];
                };
            };
            /**
             * @description [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds.
             *
             *     [too-many-streams](/problems/too-many-streams): The athlete has too many event streams open.
             */
            429: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"] | components["schemas"]["TooManyStreamsProblem"];
                };
            };
            /** @description [internal](/problems/internal): Internal error. */
            500: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                };
            };
            /** @description [unavailable](/problems/unavailable): Temporarily unavailable. */
            503: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /** @description [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` names what it takes. */
            403: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InsufficientScopeProblem"];
                };
            };
            /**
             * @description [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds.
             *
             *     [export-under-way](/problems/export-under-way): An export of this athlete is already running.
             */
            429: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"] | components["schemas"]["ExportUnderWayProblem"];
                };
            };
            /** @description [internal](/problems/internal): Internal error. */
            500: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                };
            };
            /** @description [unavailable](/problems/unavailable): Temporarily unavailable. */
            503: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnavailableProblem"];
                };
            };
        };
    };
    listApps: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The apps */
            200: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
                    "ratelimit-reset"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConnectedApps"];
                };
            };
            /** @description [sign-in-needed](/problems/sign-in-needed): There is no valid session. */
            401: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /** @description [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` names what it takes. */
            403: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InsufficientScopeProblem"];
                };
            };
            /** @description [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds. */
            429: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /** @description [internal](/problems/internal): Internal error. */
            500: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                };
            };
            /** @description [unavailable](/problems/unavailable): Temporarily unavailable. */
            503: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnavailableProblem"];
                };
            };
        };
    };
    disconnectApp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The app is disconnected */
            204: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
                    "ratelimit-reset"?: number;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description [bad-request](/problems/bad-request): The request is invalid. */
            400: {
                headers: {
                    /** @description Identifies this request in the logs */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /**
             * @description [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` names what it takes.
             *
             *     [cross-origin](/problems/cross-origin): A page of another site used the athlete's cookie.
             */
            403: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InsufficientScopeProblem"] | components["schemas"]["CrossOriginProblem"];
                };
            };
            /** @description [content-too-large](/problems/content-too-large): The body is too large. */
            413: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description [uri-too-long](/problems/uri-too-long): The address is too long. */
            414: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UriTooLongProblem"];
                };
            };
            /** @description [unsupported-media-type](/problems/unsupported-media-type): The body is neither JSON nor plain text. */
            415: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds. */
            429: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /**
             * @description [unavailable](/problems/unavailable): Temporarily unavailable.
             *
             *     [auth-unavailable](/problems/auth-unavailable): Disconnecting is temporarily unavailable.
             */
            503: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnavailableProblem"] | components["schemas"]["AuthUnavailableProblem"];
                };
            };
        };
    };
    listTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tokens */
            200: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
                    "ratelimit-reset"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonalTokens"];
                };
            };
            /** @description [sign-in-needed](/problems/sign-in-needed): There is no valid session. */
            401: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /** @description [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` names what it takes. */
            403: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InsufficientScopeProblem"];
                };
            };
            /** @description [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds. */
            429: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /** @description [internal](/problems/internal): Internal error. */
            500: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                };
            };
            /** @description [unavailable](/problems/unavailable): Temporarily unavailable. */
            503: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnavailableProblem"];
                };
            };
        };
    };
    createToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description So that you recognise it */
                    name: string;
                    /** @description What is allowed */
                    scopes: ("activities:read" | "account:read" | "account:delete")[];
                    /** @description It ends by itself after these days */
                    expires_in_days: number;
                };
            };
        };
        responses: {
            /** @description The token */
            201: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
                    "ratelimit-reset"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedPersonalToken"];
                };
            };
            /** @description [bad-request](/problems/bad-request): The request is invalid. */
            400: {
                headers: {
                    /** @description Identifies this request in the logs */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /**
             * @description [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` names what it takes.
             *
             *     [cross-origin](/problems/cross-origin): A page of another site used the athlete's cookie.
             */
            403: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InsufficientScopeProblem"] | components["schemas"]["CrossOriginProblem"];
                };
            };
            /** @description [too-many-tokens](/problems/too-many-tokens): The athlete has as many personal access tokens as one may have. */
            409: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyTokensProblem"];
                };
            };
            /** @description [content-too-large](/problems/content-too-large): The body is too large. */
            413: {
                headers: {
                    /** @description Identifies this request in the logs */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds. */
            429: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /**
             * @description [unavailable](/problems/unavailable): Temporarily unavailable.
             *
             *     [auth-unavailable](/problems/auth-unavailable): Disconnecting is temporarily unavailable.
             */
            503: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnavailableProblem"] | components["schemas"]["AuthUnavailableProblem"];
                };
            };
        };
    };
    endToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The token has ended */
            204: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Requests allowed per minute */
                    "ratelimit-limit"?: number;
                    /** @description Requests left in this minute */
                    "ratelimit-remaining"?: number;
                    /** @description Seconds until the limit resets */
                    "ratelimit-reset"?: number;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description [bad-request](/problems/bad-request): The request is invalid. */
            400: {
                headers: {
                    /** @description Identifies this request in the logs */
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
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["SignInNeededProblem"];
                };
            };
            /**
             * @description [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` names what it takes.
             *
             *     [cross-origin](/problems/cross-origin): A page of another site used the athlete's cookie.
             */
            403: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InsufficientScopeProblem"] | components["schemas"]["CrossOriginProblem"];
                };
            };
            /** @description [content-too-large](/problems/content-too-large): The body is too large. */
            413: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ContentTooLargeProblem"];
                };
            };
            /** @description [uri-too-long](/problems/uri-too-long): The address is too long. */
            414: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UriTooLongProblem"];
                };
            };
            /** @description [unsupported-media-type](/problems/unsupported-media-type): The body is neither JSON nor plain text. */
            415: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnsupportedMediaTypeProblem"];
                };
            };
            /** @description [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds. */
            429: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TooManyRequestsProblem"];
                };
            };
            /**
             * @description [unavailable](/problems/unavailable): Temporarily unavailable.
             *
             *     [auth-unavailable](/problems/auth-unavailable): Disconnecting is temporarily unavailable.
             */
            503: {
                headers: {
                    /** @description Identifies this request in the logs */
                    "x-request-id"?: string;
                    /** @description Seconds after which to try again */
                    "retry-after"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnavailableProblem"] | components["schemas"]["AuthUnavailableProblem"];
                };
            };
        };
    };
}
