/** Where an activity is shown. */
export const activityPath = (id: string) => `/?activity=${id}`

/** Opens it on this page, unless the reader wants a tab of its own. */
export const opening = (id: string, onOpen: (id: string) => void) => (event: MouseEvent) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return
  event.preventDefault()
  onOpen(id)
}
