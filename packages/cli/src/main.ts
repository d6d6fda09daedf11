import { ConfigurationError } from '@ikigai/chassis/config'
import { CommandError } from './command.ts'
import { runCommand } from './commands.ts'
import { findEnvironment } from './environment.ts'

try {
  process.stdout.write(await runCommand(process.argv.slice(2), findEnvironment(process.env, process.cwd())))
} catch (error) {
  if (error instanceof CommandError) process.exitCode = error.exitCode
  else if (error instanceof ConfigurationError) process.exitCode = 78
  else process.exitCode = 1
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
}
