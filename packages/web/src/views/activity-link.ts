/** Path of the page that shows an activity. */
export const activityPath = (id: string) => `/?activity=${id}`

/** Click handler that opens the activity on this page, except with a modifier key (new tab). */
export const opening = (id: string, onOpen: (id: string) => void) => (event: MouseEvent) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return
  event.preventDefault()
  onOpen(id)
}
