import { ConfigurationError } from '@ikigai/chassis/config'
import { CommandError } from './command.ts'
import { runCommand } from './commands.ts'
import { findEnvironment } from './environment.ts'

try {
  const environment = findEnvironment(process.env, process.cwd())
  const { output, exitCode } = await runCommand(process.argv.slice(2), environment)
  process.stdout.write(output)
  process.exitCode = exitCode
} catch (error) {
  if (error instanceof CommandError) process.exitCode = error.exitCode
  else if (error instanceof ConfigurationError) process.exitCode = 78
  else process.exitCode = 1
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
}
