import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'

/** The folder where the workspace keeps what had to be fetched. */
export const workspaceCache = fileURLToPath(new URL('../../../../.ikigai/cache', import.meta.url))

/** Whether something on the loopback interface takes connections on `port`. */
export async function canConnect(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Polls until `condition` holds. The test's own time-out is the limit. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
}
