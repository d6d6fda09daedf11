/** Exit code of a test process in which something kept the event loop alive after its last file. */
export const EXIT_LEFT_OPEN = 75
