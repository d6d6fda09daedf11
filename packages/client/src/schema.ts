// Generated from openapi.json by `npm run client`. Do not edit.

export type ClientOptions = {
    baseUrl: `${string}://${string}` | (string & {});
};

export type Activity = {
    /**
     * An id given by Strava: int64 as a decimal string
     */
    id: string;
    /**
     * An id given by Strava: int64 as a decimal string
     */
    athlete_id: string;
    name: string;
    /**
     * Strava's sport type; a growing list, so plain text
     */
    sport_type: string;
    /**
     * RFC 3339 date and time with zone
     */
    start_time: string;
    time_zone: string | null;
    distance_meters: number;
    moving_time_seconds: number;
    elapsed_time_seconds: number;
    elevation_gain_meters: number;
    average_speed_meters_per_second: number | null;
    average_heart_rate_bpm: number | null;
    /**
     * Visible to its owner alone ("Only You")
     */
    private: boolean;
    manual: boolean;
    summary_polyline: string | null;
    has_detail: boolean;
    /**
     * Where "View on Strava" leads
     */
    strava_url: string;
    /**
     * RFC 3339 date and time with zone
     */
    confirmed_at: string;
};

export type ActivityPage = {
    data: Array<Activity>;
    next_cursor: string | null;
};

export type ActivityWithDetail = {
    /**
     * An id given by Strava: int64 as a decimal string
     */
    id: string;
    /**
     * An id given by Strava: int64 as a decimal string
     */
    athlete_id: string;
    name: string;
    /**
     * Strava's sport type; a growing list, so plain text
     */
    sport_type: string;
    /**
     * RFC 3339 date and time with zone
     */
    start_time: string;
    time_zone: string | null;
    distance_meters: number;
    moving_time_seconds: number;
    elapsed_time_seconds: number;
    elevation_gain_meters: number;
    average_speed_meters_per_second: number | null;
    average_heart_rate_bpm: number | null;
    /**
     * Visible to its owner alone ("Only You")
     */
    private: boolean;
    manual: boolean;
    summary_polyline: string | null;
    has_detail: boolean;
    /**
     * Where "View on Strava" leads
     */
    strava_url: string;
    /**
     * RFC 3339 date and time with zone
     */
    confirmed_at: string;
    detail: unknown;
};

export type RandomActivity = {
    /**
     * An id given by Strava: int64 as a decimal string
     */
    id: string;
    /**
     * An id given by Strava: int64 as a decimal string
     */
    athlete_id: string;
    name: string;
    /**
     * Strava's sport type; a growing list, so plain text
     */
    sport_type: string;
    /**
     * RFC 3339 date and time with zone
     */
    start_time: string;
    time_zone: string | null;
    distance_meters: number;
    moving_time_seconds: number;
    elapsed_time_seconds: number;
    elevation_gain_meters: number;
    average_speed_meters_per_second: number | null;
    average_heart_rate_bpm: number | null;
    /**
     * Visible to its owner alone ("Only You")
     */
    private: boolean;
    manual: boolean;
    summary_polyline: string | null;
    has_detail: boolean;
    /**
     * Where "View on Strava" leads
     */
    strava_url: string;
    /**
     * RFC 3339 date and time with zone
     */
    confirmed_at: string;
    detail: unknown;
    next_cursor?: string | null;
};

export type Athlete = {
    /**
     * An id given by Strava: int64 as a decimal string
     */
    id: string;
    username: string | null;
    first_name: string | null;
    last_name: string | null;
    profile_url: string | null;
    scopes: Array<string>;
    grant: 'active' | 'needs_reauthorization';
    connection: {
        state: 'active' | 'needs_reauthorization' | 'ended_at_strava' | 'scope_missing';
        /**
         * When all data of the athlete is erased unless they connect again; null: never
         */
        erased_at: string | null;
    };
    /**
     * RFC 3339 date and time with zone
     */
    connected_at: string;
};

export type ImportStatus = {
    /**
     * An id given by Strava: int64 as a decimal string
     */
    athlete_id: string;
    state: 'queued' | 'running' | 'complete' | 'blocked';
    activities_stored: number;
    pages_fetched: number;
    oldest_start_time: string | null;
    activities_expected: number | null;
    queue_position: number | null;
    /**
     * Estimated completion of the import; null: unknown, or the import is complete
     */
    eta: string | null;
    /**
     * End of the range that begins at `eta`; null: `eta` is a single time
     */
    eta_latest: string | null;
    eta_reason: 'history_length' | 'busy' | 'next_days' | 'strava_unavailable' | null;
    /**
     * When and why `eta` was last changed, and its former value; null: never
     */
    eta_change: {
        /**
         * RFC 3339 date and time with zone
         */
        at: string;
        /**
         * RFC 3339 date and time with zone
         */
        from: string;
        reason: 'longer_history' | 'shorter_history' | 'busier' | 'quieter' | 'strava_unavailable';
    } | null;
    waiting: {
        reason: 'quota_15min' | 'quota_day' | 'reserved' | 'rate_limited' | 'application_inactive' | 'strava_unavailable' | 'service_unavailable' | 'token_rejected' | 'needs_reauthorization' | 'scope_missing' | 'queued' | 'unconfirmed';
        until: string | null;
        detail: string;
    } | null;
    /**
     * RFC 3339 date and time with zone
     */
    started_at: string;
    /**
     * RFC 3339 date and time with zone
     */
    updated_at: string;
    completed_at: string | null;
};

export type ServiceStatus = {
    windows: Array<{
        window: '15min' | 'day';
        counter: 'read' | 'overall';
        limit: number;
        /**
         * Calls made and calls in flight
         */
        used: number;
        /**
         * RFC 3339 date and time with zone
         */
        resets_at: string;
    }>;
    lanes: Array<{
        lane: 'signup' | 'newest' | 'webhook' | 'backfill' | 'resync' | 'enrich';
        /**
         * Waiting jobs, including failed ones that will be tried again
         */
        queued: number;
        waiting: {
            reason: 'quota_15min' | 'quota_day' | 'reserved' | 'rate_limited' | 'application_inactive' | 'strava_unavailable' | 'service_unavailable' | 'token_rejected' | 'needs_reauthorization' | 'scope_missing' | 'queued' | 'unconfirmed';
            until: string | null;
            detail: string;
        } | null;
    }>;
    /**
     * State of Strava by its latest answers
     */
    strava: {
        state: 'available' | 'degraded' | 'rate_limited' | 'application_inactive' | 'unavailable';
        until: string | null;
    };
    /**
     * Reads by quarter of an hour over the last 24 hours, oldest first
     */
    history: Array<{
        /**
         * RFC 3339 date and time with zone
         */
        window_start: string;
        used: number;
        limit: number;
    }>;
    /**
     * RFC 3339 date and time with zone
     */
    as_of: string;
    /**
     * Who can make an account; athletes who have one can always sign in
     */
    sign_up: 'open' | 'invite' | 'allow_list' | 'full';
};

export type ActivityChanges = {
    created: Array<string>;
    updated: Array<string>;
    deleted: Array<string>;
};

/**
 * One message of the stream: its lines `event`, `id` and `data`
 */
export type LiveMessage = {
    event: 'import';
    id?: string;
    data: ImportStatus;
} | {
    event: 'activity';
    id?: string;
    data: ActivityChanges;
} | {
    event: 'reload';
    id?: string;
    data: {
        [key: string]: unknown;
    };
};

/**
 * One line; `kind` names its content
 */
export type ExportLine = {
    kind: 'athlete';
    athlete: Athlete;
    strava_created_at: string | null;
} | {
    kind: 'import';
    import: ImportStatus;
} | {
    kind: 'activity';
    activity: Activity;
    /**
     * Strava's unchanged SummaryActivity; null: not fetched
     */
    summary: unknown;
    /**
     * Strava's unchanged DetailedActivity; null: not fetched
     */
    detail: unknown;
    detail_fetched_at: string | null;
    viewed_at: string | null;
    hidden_at: string | null;
} | {
    kind: 'end';
    /**
     * Number of activities in the export
     */
    activities: number;
    /**
     * Activities that are stored, not exported, and about to be removed
     */
    left_out: {
        /**
         * Private activities without the scope to read them
         */
        private: number;
        /**
         * Not confirmed by Strava for so long that none may be used
         */
        unconfirmed: number;
    };
};

export type ConnectedApp = {
    /**
     * The app's client id
     */
    id: string;
    name: string;
    /**
     * Name of a scope
     */
    scopes: Array<'activities:read' | 'account:read' | 'account:delete'>;
    /**
     * RFC 3339 date and time with zone
     */
    connected_at: string;
    /**
     * RFC 3339 date and time with zone
     */
    last_used_at: string;
};

export type ConnectedApps = {
    data: Array<ConnectedApp>;
};

export type PersonalToken = {
    id: string;
    /**
     * Given by the athlete
     */
    name: string;
    /**
     * Name of a scope
     */
    scopes: Array<'activities:read' | 'account:read' | 'account:delete'>;
    /**
     * RFC 3339 date and time with zone
     */
    created_at: string;
    /**
     * RFC 3339 date and time with zone
     */
    expires_at: string;
};

export type PersonalTokens = {
    data: Array<PersonalToken>;
};

export type CreatedPersonalToken = {
    id: string;
    /**
     * Given by the athlete
     */
    name: string;
    /**
     * Name of a scope
     */
    scopes: Array<'activities:read' | 'account:read' | 'account:delete'>;
    /**
     * RFC 3339 date and time with zone
     */
    created_at: string;
    /**
     * RFC 3339 date and time with zone
     */
    expires_at: string;
    /**
     * Shown this once
     */
    token: string;
};

/**
 * The request is invalid.
 */
export type BadRequestProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/bad-request';
    /**
     * For people; may change
     */
    title: string;
    status: 400;
    /**
     * What happened and what to do, for people
     */
    detail: string;
    /**
     * What is wrong and where
     */
    errors?: Array<{
        /**
         * JSON pointer into the request
         */
        pointer: string;
        detail: string;
    }>;
};

/**
 * The cursor was not issued by this operation for this order and filter.
 */
export type InvalidCursorProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/invalid-cursor';
    /**
     * For people; may change
     */
    title: string;
    status: 400;
    /**
     * What happened and what to do, for people
     */
    detail: string;
    /**
     * What is wrong and where
     */
    errors: Array<{
        /**
         * JSON pointer into the request
         */
        pointer: string;
        detail: string;
    }>;
};

/**
 * There is no valid session.
 */
export type SignInNeededProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/sign-in-needed';
    /**
     * For people; may change
     */
    title: string;
    status: 401;
    /**
     * What happened and what to do, for people
     */
    detail: string;
};

/**
 * The athlete has disconnected, here or at Strava, and all their data is erased.
 */
export type DisconnectedProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/disconnected';
    /**
     * For people; may change
     */
    title: string;
    status: 401;
    /**
     * What happened and what to do, for people
     */
    detail: string;
};

/**
 * The token of an app or a script does not allow this; `required_scopes` lists what is required.
 */
export type InsufficientScopeProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/insufficient-scope';
    /**
     * For people; may change
     */
    title: string;
    status: 403;
    /**
     * What happened and what to do, for people
     */
    detail: string;
    /**
     * Name of a scope
     */
    required_scopes: Array<'activities:read' | 'account:read' | 'account:delete'>;
};

/**
 * The athlete has the maximum number of personal access tokens.
 */
export type TooManyTokensProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/too-many-tokens';
    /**
     * For people; may change
     */
    title: string;
    status: 409;
    /**
     * What happened and what to do, for people
     */
    detail: string;
};

/**
 * A page of another site used the athlete's cookie.
 */
export type CrossOriginProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/cross-origin';
    /**
     * For people; may change
     */
    title: string;
    status: 403;
    /**
     * What happened and what to do, for people
     */
    detail: string;
};

/**
 * No activity is stored yet; `import` gives the reason and the expected end of the wait.
 */
export type NoActivityYetProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/no-activity-yet';
    /**
     * For people; may change
     */
    title: string;
    status: 404;
    /**
     * What happened and what to do, for people
     */
    detail: string;
    import: ImportStatus;
};

/**
 * No activity matches the filter.
 */
export type NoActivityMatchesProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/no-activity-matches';
    /**
     * For people; may change
     */
    title: string;
    status: 404;
    /**
     * What happened and what to do, for people
     */
    detail: string;
};

/**
 * The athlete has no activity with this id.
 */
export type NoSuchActivityProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/no-such-activity';
    /**
     * For people; may change
     */
    title: string;
    status: 404;
    /**
     * What happened and what to do, for people
     */
    detail: string;
};

/**
 * The body is too large.
 */
export type ContentTooLargeProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/content-too-large';
    /**
     * For people; may change
     */
    title: string;
    status: 413;
    /**
     * What happened and what to do, for people
     */
    detail: string;
};

/**
 * The address is too long.
 */
export type UriTooLongProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/uri-too-long';
    /**
     * For people; may change
     */
    title: string;
    status: 414;
    /**
     * What happened and what to do, for people
     */
    detail: string;
};

/**
 * The body is neither JSON nor plain text.
 */
export type UnsupportedMediaTypeProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/unsupported-media-type';
    /**
     * For people; may change
     */
    title: string;
    status: 415;
    /**
     * What happened and what to do, for people
     */
    detail: string;
};

/**
 * The request limit is used up; retry after `retry-after` seconds.
 */
export type TooManyRequestsProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/too-many-requests';
    /**
     * For people; may change
     */
    title: string;
    status: 429;
    /**
     * What happened and what to do, for people
     */
    detail: string;
};

/**
 * The athlete has too many event streams open.
 */
export type TooManyStreamsProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/too-many-streams';
    /**
     * For people; may change
     */
    title: string;
    status: 429;
    /**
     * What happened and what to do, for people
     */
    detail: string;
};

/**
 * An export of this athlete is already running.
 */
export type ExportUnderWayProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/export-under-way';
    /**
     * For people; may change
     */
    title: string;
    status: 429;
    /**
     * What happened and what to do, for people
     */
    detail: string;
};

/**
 * Internal error.
 */
export type InternalProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/internal';
    /**
     * For people; may change
     */
    title: string;
    status: 500;
    /**
     * What happened and what to do, for people
     */
    detail: string;
    /**
     * Identifies the request in the logs; same as `x-request-id`
     */
    request_id: string;
};

/**
 * Something this service depends on cannot be reached; retry after `retry-after` seconds.
 */
export type UnavailableProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/unavailable';
    /**
     * For people; may change
     */
    title: string;
    status: 503;
    /**
     * What happened and what to do, for people
     */
    detail: string;
    /**
     * Identifies the request in the logs; same as `x-request-id`
     */
    request_id?: string;
};

/**
 * Disconnecting is temporarily unavailable.
 */
export type AuthUnavailableProblem = {
    /**
     * Its page, relative to this origin
     */
    type: '/problems/auth-unavailable';
    /**
     * For people; may change
     */
    title: string;
    status: 503;
    /**
     * What happened and what to do, for people
     */
    detail: string;
};

export type GetStatusData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/v1/status';
};

export type GetStatusErrors = {
    /**
     * [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds.
     */
    429: TooManyRequestsProblem;
    /**
     * [internal](/problems/internal): Internal error.
     */
    500: InternalProblem;
    /**
     * [unavailable](/problems/unavailable): Something this service depends on cannot be reached; retry after `retry-after` seconds.
     */
    503: UnavailableProblem;
};

export type GetStatusError = GetStatusErrors[keyof GetStatusErrors];

export type GetStatusResponses = {
    /**
     * The state of the service
     */
    200: ServiceStatus;
};

export type GetStatusResponse = GetStatusResponses[keyof GetStatusResponses];

export type ListActivitiesData = {
    body?: never;
    path?: never;
    query?: {
        sport_type?: string;
        /**
         * RFC 3339 date and time with zone
         */
        after?: string;
        /**
         * RFC 3339 date and time with zone
         */
        before?: string;
        /**
         * First day; an activity is of the date in its own start_time
         */
        from_date?: string;
        /**
         * Last day, likewise
         */
        to_date?: string;
        /**
         * meters
         */
        min_distance?: number;
        /**
         * meters
         */
        max_distance?: number;
        /**
         * `-` is descending
         */
        sort?: '-start_time' | 'start_time' | '-distance' | 'distance' | '-moving_time' | 'moving_time' | '-elevation_gain' | 'elevation_gain';
        limit?: number;
        cursor?: string;
        /**
         * Comma-separated fields that each activity has in the answer; all if omitted: `id`, `athlete_id`, `name`, `sport_type`, `start_time`, `time_zone`, `distance_meters`, `moving_time_seconds`, `elapsed_time_seconds`, `elevation_gain_meters`, `average_speed_meters_per_second`, `average_heart_rate_bpm`, `private`, `manual`, `summary_polyline`, `has_detail`, `strava_url`, `confirmed_at`. Without `summary_polyline` the answer is much smaller.
         */
        fields?: string;
    };
    url: '/v1/activities';
};

export type ListActivitiesErrors = {
    /**
     * [bad-request](/problems/bad-request): The request is invalid.
     *
     * [invalid-cursor](/problems/invalid-cursor): The cursor was not issued by this operation for this order and filter.
     */
    400: BadRequestProblem | InvalidCursorProblem;
    /**
     * [sign-in-needed](/problems/sign-in-needed): There is no valid session.
     *
     * [disconnected](/problems/disconnected): The athlete has disconnected, here or at Strava, and all their data is erased.
     */
    401: SignInNeededProblem | DisconnectedProblem;
    /**
     * [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` lists what is required.
     */
    403: InsufficientScopeProblem;
    /**
     * [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds.
     */
    429: TooManyRequestsProblem;
    /**
     * [internal](/problems/internal): Internal error.
     */
    500: InternalProblem;
    /**
     * [unavailable](/problems/unavailable): Something this service depends on cannot be reached; retry after `retry-after` seconds.
     */
    503: UnavailableProblem;
};

export type ListActivitiesError = ListActivitiesErrors[keyof ListActivitiesErrors];

export type ListActivitiesResponses = {
    /**
     * A page; with `fields`, its activities have only these
     */
    200: ActivityPage;
};

export type ListActivitiesResponse = ListActivitiesResponses[keyof ListActivitiesResponses];

export type RandomActivityData = {
    body?: never;
    path?: never;
    query?: {
        sport_type?: string;
        /**
         * RFC 3339 date and time with zone
         */
        after?: string;
        /**
         * RFC 3339 date and time with zone
         */
        before?: string;
        /**
         * First day; an activity is of the date in its own start_time
         */
        from_date?: string;
        /**
         * Last day, likewise
         */
        to_date?: string;
        /**
         * meters
         */
        min_distance?: number;
        /**
         * meters
         */
        max_distance?: number;
        /**
         * Returns all matching activities in random order, each once: begin with an empty one, continue with next_cursor
         */
        cursor?: string;
    };
    url: '/v1/activities/random';
};

export type RandomActivityErrors = {
    /**
     * [bad-request](/problems/bad-request): The request is invalid.
     *
     * [invalid-cursor](/problems/invalid-cursor): The cursor was not issued by this operation for this order and filter.
     */
    400: BadRequestProblem | InvalidCursorProblem;
    /**
     * [sign-in-needed](/problems/sign-in-needed): There is no valid session.
     *
     * [disconnected](/problems/disconnected): The athlete has disconnected, here or at Strava, and all their data is erased.
     */
    401: SignInNeededProblem | DisconnectedProblem;
    /**
     * [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` lists what is required.
     */
    403: InsufficientScopeProblem;
    /**
     * [no-activity-yet](/problems/no-activity-yet): No activity is stored yet; `import` gives the reason and the expected end of the wait.
     *
     * [no-activity-matches](/problems/no-activity-matches): No activity matches the filter.
     */
    404: NoActivityYetProblem | NoActivityMatchesProblem;
    /**
     * [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds.
     */
    429: TooManyRequestsProblem;
    /**
     * [internal](/problems/internal): Internal error.
     */
    500: InternalProblem;
    /**
     * [unavailable](/problems/unavailable): Something this service depends on cannot be reached; retry after `retry-after` seconds.
     */
    503: UnavailableProblem;
};

export type RandomActivityError = RandomActivityErrors[keyof RandomActivityErrors];

export type RandomActivityResponses = {
    /**
     * An activity
     */
    200: RandomActivity;
};

export type RandomActivityResponse = RandomActivityResponses[keyof RandomActivityResponses];

export type GetActivityData = {
    body?: never;
    path: {
        /**
         * An id given by Strava: int64 as a decimal string
         */
        id: string;
    };
    query?: never;
    url: '/v1/activities/{id}';
};

export type GetActivityErrors = {
    /**
     * [bad-request](/problems/bad-request): The request is invalid.
     */
    400: BadRequestProblem;
    /**
     * [sign-in-needed](/problems/sign-in-needed): There is no valid session.
     *
     * [disconnected](/problems/disconnected): The athlete has disconnected, here or at Strava, and all their data is erased.
     */
    401: SignInNeededProblem | DisconnectedProblem;
    /**
     * [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` lists what is required.
     */
    403: InsufficientScopeProblem;
    /**
     * [no-such-activity](/problems/no-such-activity): The athlete has no activity with this id.
     */
    404: NoSuchActivityProblem;
    /**
     * [uri-too-long](/problems/uri-too-long): The address is too long.
     */
    414: UriTooLongProblem;
    /**
     * [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds.
     */
    429: TooManyRequestsProblem;
    /**
     * [internal](/problems/internal): Internal error.
     */
    500: InternalProblem;
    /**
     * [unavailable](/problems/unavailable): Something this service depends on cannot be reached; retry after `retry-after` seconds.
     */
    503: UnavailableProblem;
};

export type GetActivityError = GetActivityErrors[keyof GetActivityErrors];

export type GetActivityResponses = {
    /**
     * The activity
     */
    200: ActivityWithDetail;
};

export type GetActivityResponse = GetActivityResponses[keyof GetActivityResponses];

export type DisconnectData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/v1/me';
};

export type DisconnectErrors = {
    /**
     * [bad-request](/problems/bad-request): The request is invalid.
     */
    400: BadRequestProblem;
    /**
     * [sign-in-needed](/problems/sign-in-needed): There is no valid session.
     *
     * [disconnected](/problems/disconnected): The athlete has disconnected, here or at Strava, and all their data is erased.
     */
    401: SignInNeededProblem | DisconnectedProblem;
    /**
     * [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` lists what is required.
     *
     * [cross-origin](/problems/cross-origin): A page of another site used the athlete's cookie.
     */
    403: InsufficientScopeProblem | CrossOriginProblem;
    /**
     * [content-too-large](/problems/content-too-large): The body is too large.
     */
    413: ContentTooLargeProblem;
    /**
     * [unsupported-media-type](/problems/unsupported-media-type): The body is neither JSON nor plain text.
     */
    415: UnsupportedMediaTypeProblem;
    /**
     * [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds.
     */
    429: TooManyRequestsProblem;
    /**
     * [unavailable](/problems/unavailable): Something this service depends on cannot be reached; retry after `retry-after` seconds.
     *
     * [auth-unavailable](/problems/auth-unavailable): Disconnecting is temporarily unavailable.
     */
    503: UnavailableProblem | AuthUnavailableProblem;
};

export type DisconnectError = DisconnectErrors[keyof DisconnectErrors];

export type DisconnectResponses = {
    /**
     * All data is erased
     */
    204: void;
};

export type DisconnectResponse = DisconnectResponses[keyof DisconnectResponses];

export type GetMeData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/v1/me';
};

export type GetMeErrors = {
    /**
     * [sign-in-needed](/problems/sign-in-needed): There is no valid session.
     *
     * [disconnected](/problems/disconnected): The athlete has disconnected, here or at Strava, and all their data is erased.
     */
    401: SignInNeededProblem | DisconnectedProblem;
    /**
     * [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` lists what is required.
     */
    403: InsufficientScopeProblem;
    /**
     * [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds.
     */
    429: TooManyRequestsProblem;
    /**
     * [internal](/problems/internal): Internal error.
     */
    500: InternalProblem;
    /**
     * [unavailable](/problems/unavailable): Something this service depends on cannot be reached; retry after `retry-after` seconds.
     */
    503: UnavailableProblem;
};

export type GetMeError = GetMeErrors[keyof GetMeErrors];

export type GetMeResponses = {
    /**
     * The athlete
     */
    200: Athlete;
};

export type GetMeResponse = GetMeResponses[keyof GetMeResponses];

export type GetImportData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/v1/import';
};

export type GetImportErrors = {
    /**
     * [sign-in-needed](/problems/sign-in-needed): There is no valid session.
     *
     * [disconnected](/problems/disconnected): The athlete has disconnected, here or at Strava, and all their data is erased.
     */
    401: SignInNeededProblem | DisconnectedProblem;
    /**
     * [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` lists what is required.
     */
    403: InsufficientScopeProblem;
    /**
     * [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds.
     */
    429: TooManyRequestsProblem;
    /**
     * [internal](/problems/internal): Internal error.
     */
    500: InternalProblem;
    /**
     * [unavailable](/problems/unavailable): Something this service depends on cannot be reached; retry after `retry-after` seconds.
     */
    503: UnavailableProblem;
};

export type GetImportError = GetImportErrors[keyof GetImportErrors];

export type GetImportResponses = {
    /**
     * The import
     */
    200: ImportStatus;
};

export type GetImportResponse = GetImportResponses[keyof GetImportResponses];

export type FollowImportData = {
    body?: never;
    headers?: {
        /**
         * The last `id` that was read before
         */
        'last-event-id'?: string;
    };
    path?: never;
    query?: never;
    url: '/v1/import/events';
};

export type FollowImportErrors = {
    /**
     * [sign-in-needed](/problems/sign-in-needed): There is no valid session.
     *
     * [disconnected](/problems/disconnected): The athlete has disconnected, here or at Strava, and all their data is erased.
     */
    401: SignInNeededProblem | DisconnectedProblem;
    /**
     * [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` lists what is required.
     */
    403: InsufficientScopeProblem;
    /**
     * [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds.
     *
     * [too-many-streams](/problems/too-many-streams): The athlete has too many event streams open.
     */
    429: TooManyRequestsProblem | TooManyStreamsProblem;
    /**
     * [internal](/problems/internal): Internal error.
     */
    500: InternalProblem;
    /**
     * [unavailable](/problems/unavailable): Something this service depends on cannot be reached; retry after `retry-after` seconds.
     */
    503: UnavailableProblem;
};

export type FollowImportError = FollowImportErrors[keyof FollowImportErrors];

export type FollowImportResponses = {
    /**
     * The stream
     *
     * ```
     * event: import
     * id: 4711
     * data: {"athlete_id":"134815","state":"running","activities_stored":200, …}
     *
     * event: activity
     * id: 4913
     * data: {"created":["9007199254740993"],"updated":[],"deleted":[]}
     *
     * ```
     */
    200: LiveMessage;
};

export type FollowImportResponse = FollowImportResponses[keyof FollowImportResponses];

export type ExportMeData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/v1/me/export';
};

export type ExportMeErrors = {
    /**
     * [sign-in-needed](/problems/sign-in-needed): There is no valid session.
     *
     * [disconnected](/problems/disconnected): The athlete has disconnected, here or at Strava, and all their data is erased.
     */
    401: SignInNeededProblem | DisconnectedProblem;
    /**
     * [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` lists what is required.
     */
    403: InsufficientScopeProblem;
    /**
     * [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds.
     *
     * [export-under-way](/problems/export-under-way): An export of this athlete is already running.
     */
    429: TooManyRequestsProblem | ExportUnderWayProblem;
    /**
     * [internal](/problems/internal): Internal error.
     */
    500: InternalProblem;
    /**
     * [unavailable](/problems/unavailable): Something this service depends on cannot be reached; retry after `retry-after` seconds.
     */
    503: UnavailableProblem;
};

export type ExportMeError = ExportMeErrors[keyof ExportMeErrors];

export type ExportMeResponses = {
    /**
     * The lines
     *
     * ```
     * {"kind":"athlete","athlete":{"id":"134815", …},"strava_created_at":"2017-11-28T19:05:35.000Z"}
     * {"kind":"import","import":{"state":"complete", …}}
     * {"kind":"activity","activity":{"id":"9007199254740993", …},"summary":{"id":9007199254740993, …},"detail":null, …}
     * {"kind":"end","activities":1,"left_out":{"private":0,"unconfirmed":0}}
     * ```
     */
    200: ExportLine;
};

export type ExportMeResponse = ExportMeResponses[keyof ExportMeResponses];

export type ListAppsData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/v1/me/apps';
};

export type ListAppsErrors = {
    /**
     * [sign-in-needed](/problems/sign-in-needed): There is no valid session.
     *
     * [disconnected](/problems/disconnected): The athlete has disconnected, here or at Strava, and all their data is erased.
     */
    401: SignInNeededProblem | DisconnectedProblem;
    /**
     * [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` lists what is required.
     */
    403: InsufficientScopeProblem;
    /**
     * [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds.
     */
    429: TooManyRequestsProblem;
    /**
     * [internal](/problems/internal): Internal error.
     */
    500: InternalProblem;
    /**
     * [unavailable](/problems/unavailable): Something this service depends on cannot be reached; retry after `retry-after` seconds.
     */
    503: UnavailableProblem;
};

export type ListAppsError = ListAppsErrors[keyof ListAppsErrors];

export type ListAppsResponses = {
    /**
     * The apps
     */
    200: ConnectedApps;
};

export type ListAppsResponse = ListAppsResponses[keyof ListAppsResponses];

export type DisconnectAppData = {
    body?: never;
    path: {
        id: string;
    };
    query?: never;
    url: '/v1/me/apps/{id}';
};

export type DisconnectAppErrors = {
    /**
     * [bad-request](/problems/bad-request): The request is invalid.
     */
    400: BadRequestProblem;
    /**
     * [sign-in-needed](/problems/sign-in-needed): There is no valid session.
     *
     * [disconnected](/problems/disconnected): The athlete has disconnected, here or at Strava, and all their data is erased.
     */
    401: SignInNeededProblem | DisconnectedProblem;
    /**
     * [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` lists what is required.
     *
     * [cross-origin](/problems/cross-origin): A page of another site used the athlete's cookie.
     */
    403: InsufficientScopeProblem | CrossOriginProblem;
    /**
     * [content-too-large](/problems/content-too-large): The body is too large.
     */
    413: ContentTooLargeProblem;
    /**
     * [uri-too-long](/problems/uri-too-long): The address is too long.
     */
    414: UriTooLongProblem;
    /**
     * [unsupported-media-type](/problems/unsupported-media-type): The body is neither JSON nor plain text.
     */
    415: UnsupportedMediaTypeProblem;
    /**
     * [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds.
     */
    429: TooManyRequestsProblem;
    /**
     * [unavailable](/problems/unavailable): Something this service depends on cannot be reached; retry after `retry-after` seconds.
     *
     * [auth-unavailable](/problems/auth-unavailable): Disconnecting is temporarily unavailable.
     */
    503: UnavailableProblem | AuthUnavailableProblem;
};

export type DisconnectAppError = DisconnectAppErrors[keyof DisconnectAppErrors];

export type DisconnectAppResponses = {
    /**
     * The app is disconnected
     */
    204: void;
};

export type DisconnectAppResponse = DisconnectAppResponses[keyof DisconnectAppResponses];

export type ListTokensData = {
    body?: never;
    path?: never;
    query?: never;
    url: '/v1/me/tokens';
};

export type ListTokensErrors = {
    /**
     * [sign-in-needed](/problems/sign-in-needed): There is no valid session.
     *
     * [disconnected](/problems/disconnected): The athlete has disconnected, here or at Strava, and all their data is erased.
     */
    401: SignInNeededProblem | DisconnectedProblem;
    /**
     * [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` lists what is required.
     */
    403: InsufficientScopeProblem;
    /**
     * [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds.
     */
    429: TooManyRequestsProblem;
    /**
     * [internal](/problems/internal): Internal error.
     */
    500: InternalProblem;
    /**
     * [unavailable](/problems/unavailable): Something this service depends on cannot be reached; retry after `retry-after` seconds.
     */
    503: UnavailableProblem;
};

export type ListTokensError = ListTokensErrors[keyof ListTokensErrors];

export type ListTokensResponses = {
    /**
     * The tokens
     */
    200: PersonalTokens;
};

export type ListTokensResponse = ListTokensResponses[keyof ListTokensResponses];

export type CreateTokenData = {
    body: {
        /**
         * So that you recognise it
         */
        name: string;
        /**
         * Name of a scope
         */
        scopes: Array<'activities:read' | 'account:read' | 'account:delete'>;
        /**
         * It expires after this many days
         */
        expires_in_days: number;
    };
    path?: never;
    query?: never;
    url: '/v1/me/tokens';
};

export type CreateTokenErrors = {
    /**
     * [bad-request](/problems/bad-request): The request is invalid.
     */
    400: BadRequestProblem;
    /**
     * [sign-in-needed](/problems/sign-in-needed): There is no valid session.
     *
     * [disconnected](/problems/disconnected): The athlete has disconnected, here or at Strava, and all their data is erased.
     */
    401: SignInNeededProblem | DisconnectedProblem;
    /**
     * [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` lists what is required.
     *
     * [cross-origin](/problems/cross-origin): A page of another site used the athlete's cookie.
     */
    403: InsufficientScopeProblem | CrossOriginProblem;
    /**
     * [too-many-tokens](/problems/too-many-tokens): The athlete has the maximum number of personal access tokens.
     */
    409: TooManyTokensProblem;
    /**
     * [content-too-large](/problems/content-too-large): The body is too large.
     */
    413: ContentTooLargeProblem;
    /**
     * [unsupported-media-type](/problems/unsupported-media-type): The body is neither JSON nor plain text.
     */
    415: UnsupportedMediaTypeProblem;
    /**
     * [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds.
     */
    429: TooManyRequestsProblem;
    /**
     * [unavailable](/problems/unavailable): Something this service depends on cannot be reached; retry after `retry-after` seconds.
     *
     * [auth-unavailable](/problems/auth-unavailable): Disconnecting is temporarily unavailable.
     */
    503: UnavailableProblem | AuthUnavailableProblem;
};

export type CreateTokenError = CreateTokenErrors[keyof CreateTokenErrors];

export type CreateTokenResponses = {
    /**
     * The token
     */
    201: CreatedPersonalToken;
};

export type CreateTokenResponse = CreateTokenResponses[keyof CreateTokenResponses];

export type EndTokenData = {
    body?: never;
    path: {
        id: string;
    };
    query?: never;
    url: '/v1/me/tokens/{id}';
};

export type EndTokenErrors = {
    /**
     * [bad-request](/problems/bad-request): The request is invalid.
     */
    400: BadRequestProblem;
    /**
     * [sign-in-needed](/problems/sign-in-needed): There is no valid session.
     *
     * [disconnected](/problems/disconnected): The athlete has disconnected, here or at Strava, and all their data is erased.
     */
    401: SignInNeededProblem | DisconnectedProblem;
    /**
     * [insufficient-scope](/problems/insufficient-scope): The token of an app or a script does not allow this; `required_scopes` lists what is required.
     *
     * [cross-origin](/problems/cross-origin): A page of another site used the athlete's cookie.
     */
    403: InsufficientScopeProblem | CrossOriginProblem;
    /**
     * [content-too-large](/problems/content-too-large): The body is too large.
     */
    413: ContentTooLargeProblem;
    /**
     * [uri-too-long](/problems/uri-too-long): The address is too long.
     */
    414: UriTooLongProblem;
    /**
     * [unsupported-media-type](/problems/unsupported-media-type): The body is neither JSON nor plain text.
     */
    415: UnsupportedMediaTypeProblem;
    /**
     * [too-many-requests](/problems/too-many-requests): The request limit is used up; retry after `retry-after` seconds.
     */
    429: TooManyRequestsProblem;
    /**
     * [unavailable](/problems/unavailable): Something this service depends on cannot be reached; retry after `retry-after` seconds.
     *
     * [auth-unavailable](/problems/auth-unavailable): Disconnecting is temporarily unavailable.
     */
    503: UnavailableProblem | AuthUnavailableProblem;
};

export type EndTokenError = EndTokenErrors[keyof EndTokenErrors];

export type EndTokenResponses = {
    /**
     * The token has ended
     */
    204: void;
};

export type EndTokenResponse = EndTokenResponses[keyof EndTokenResponses];
