/** Placeholder with the final dimensions, so that the layout does not shift. */
export const Skeleton = () => (
  <div class="columns" aria-busy="true">
    <p class="hidden" role="status">
      Loading
    </p>
    <div class="card activity">
      <div class="trace" />
      <div class="bone short" />
      <div class="bone title" />
      <div class="bone facts" />
    </div>
    <div class="aside">
      <div class="card">
        <div class="bone short" />
        <div class="bone" />
      </div>
    </div>
  </div>
)
