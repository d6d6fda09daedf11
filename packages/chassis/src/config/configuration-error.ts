/** One fault of the environment. */
export interface ConfigurationFault {
  /** The variable. */
  readonly name: string
  /** Completes the sentence that the name starts; holds no value. */
  readonly problem: string
}

/** The environment cannot be used. The message lists every fault, one a line, and no values. */
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
