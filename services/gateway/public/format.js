const number = (value, digits, unit) =>
  new Intl.NumberFormat(undefined, { style: 'unit', unit, maximumFractionDigits: digits }).format(value)

/** Kilometers, or meters where it is less than one. */
export const distance = (meters) =>
  meters < 1000 ? number(meters, 0, 'meter') : number(meters / 1000, 1, 'kilometer')

export const climb = (meters) => number(meters, 0, 'meter')

/** Hours, minutes and seconds as a watch shows them. */
export function duration(seconds) {
  const pad = (value) => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return `${hours > 0 ? `${hours}:${pad(minutes)}` : minutes}:${pad(seconds % 60)}`
}

/** The date and time that the athlete's watch showed, wherever he was. */
export const startedAt = (startTime) =>
  new Date(`${startTime.slice(0, 19)}Z`).toLocaleString(undefined, {
    dateStyle: 'full',
    timeStyle: 'short',
    timeZone: 'UTC',
  })

/** A time today, or a date and time. */
export function moment(iso) {
  const at = new Date(iso)
  const isToday = at.toDateString() === new Date().toDateString()
  return isToday
    ? at.toLocaleTimeString(undefined, { timeStyle: 'short' })
    : at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
}

/** `MountainBikeRide` as people write it. */
export const sport = (sportType) => sportType.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
