/** There is no athlete or activity of that id. */
export class UnknownRecordError extends Error {
  override readonly name = 'UnknownRecordError'

  constructor(record: 'athlete' | 'activity', id: string) {
    super(`there is no ${record} ${id}`)
  }
}

/** A date that cannot be read. */
export class InvalidDateError extends Error {
  override readonly name = 'InvalidDateError'

  constructor(value: string) {
    super(`not a date: ${value}`)
  }
}

/** An athlete of that id is there already. */
export class DuplicateAthleteError extends Error {
  override readonly name = 'DuplicateAthleteError'

  constructor(id: string) {
    super(`athlete ${id} is there already`)
  }
}
