/** Made-up ways, as decoration. */
export const TraceWall = () => (
  <div class="wall">
    <svg viewBox="0 0 400 300" aria-hidden="true">
      <path
        class="way"
        pathLength="1"
        d="M62 214c-22-38-6-84 26-96s44 22 70 6 18-66 60-82 92 2 112 36-4 62 10 94-6 74-46 78-60-34-96-26-48 36-82 30-40-16-54-40z"
      />
      <circle class="end" cx="62" cy="214" r="4" />
    </svg>
  </div>
)
