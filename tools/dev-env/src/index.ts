export { AlreadyRunningError, MissingPartError, PortInUseError, ServerFailedError } from './servers/errors.ts'
export {
  type FindNatsServerOptions,
  findNatsServer,
  type NatsServerBinary,
} from './servers/find-nats-server.ts'
export { type StartNatsServerOptions, startNatsServer } from './servers/nats-server.ts'
export { assertPortFree, freePort, isPortFree } from './servers/ports.ts'
export { type StartPostgresOptions, startPostgres } from './servers/postgres.ts'
export { postgresOwner } from './servers/postgres-owner.ts'
export type { OnProgress, RunningServer, ServerExit } from './servers/server.ts'
export { type ParentGuardOptions, spawnServer, stopWhenParentDies } from './servers/server-process.ts'
export { temporaryDir } from './servers/temporary-dir.ts'
export { programFile, workspaceRoot } from './servers/workspace.ts'
