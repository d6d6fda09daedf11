import type { AddressInfo } from 'node:net'
import { createAdmin } from './admin/admin.ts'
import { buildApp } from './app.ts'
import type { Simulator, SimulatorOptions } from './options.ts'
import { createSimulatorState } from './simulator-state.ts'

function originOf({ family, address, port }: AddressInfo): string {
  const host = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address
  return `http://${family === 'IPv6' && host.includes(':') ? `[${host}]` : host}:${port}`
}

/**
 * Starts a simulator and resolves once it listens.
 * Rejects with the server's error if it cannot (the port is taken, say).
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const state = createSimulatorState(options)
  const admin = createAdmin(state)
  const app = await buildApp(state, admin, options.logger)
  await app.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 })
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new Error('the simulator has no TCP address')
  const url = originOf(address)
  return {
    url,
    apiUrl: `${url}/api/v3`,
    oauthUrl: `${url}/oauth`,
    clientId: state.clientId,
    clientSecret: state.clientSecret,
    admin,
    async close() {
      state.deliverer.clear()
      await app.close()
    },
  }
}
