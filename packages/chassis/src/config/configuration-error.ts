/** One fault of the environment. */
export interface ConfigurationFault {
  /** The variable. */
  readonly name: string
  /** The rest of a sentence that starts with the name; contains no value. */
  readonly problem: string
}

/** The environment has faults. The message lists all of them, one a line, without values. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly faults: readonly ConfigurationFault[]

  constructor(faults: readonly ConfigurationFault[]) {
    const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`
    const lines = faults.map(({ name, problem }) => `  ${name} ${problem}`)
    super([`The configuration has ${count}:`, ...lines].join('\n'))
    this.faults = faults
  }
}
