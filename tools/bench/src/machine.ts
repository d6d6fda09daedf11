import { arch, cpus, loadavg, release, totalmem, type } from 'node:os'

/** The machine of a run. */
export interface Machine {
  readonly cores: number
  readonly model: string
  readonly memoryMib: number
  readonly system: string
  /** Over the last minute, at the end of the run. */
  readonly loadAverage: number
}

/** The machine of this process. */
export const machineOf = (): Machine => ({
  cores: cpus().length,
  model: cpus()[0]?.model ?? '',
  memoryMib: Math.round(totalmem() / 1_048_576),
  system: `${type()} ${release()} ${arch()}`,
  loadAverage: Number((loadavg()[0] ?? 0).toFixed(2)),
})

/** Machine and versions, for the head of the table. */
export function describeRun(machine: Machine, versions: Readonly<Record<string, string>>): string {
  const { cores, model, memoryMib, system } = machine
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return `${cores} cores (${model}), ${memoryMib} MiB, ${system}\n${named.join(', ')}`
}
