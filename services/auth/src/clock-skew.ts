/** Assumed maximum difference between the clocks of two replicas: ms. */
export const MAX_CLOCK_SKEW_MS = 5_000
