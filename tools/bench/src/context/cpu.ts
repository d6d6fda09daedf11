import { readFile } from 'node:fs/promises'

/** Of Linux, on every platform that Node runs on. */
const TICKS_PER_SECOND = 100

/** Processor time that a process has used so far, all of its threads together (seconds). NaN where there is no `/proc`. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The name of the program, in brackets, may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11] ?? Number.NaN) + Number(fields[12] ?? Number.NaN)) / TICKS_PER_SECOND
}
