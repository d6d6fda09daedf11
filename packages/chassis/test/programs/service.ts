import { setTimeout as delay } from 'node:timers/promises'
import { loadConfig, logSettings, oneOf, port, secret } from '@ikigai/chassis/config'
import { createHttp, runService } from '../../src/index.ts'

/** A service to run as a process: what it does is in its environment. */
await runService({
  name: 'example',
  configure: (env) =>
    loadConfig(env, {
      ...logSettings,
      PORT: port(),
      PASSWORD: secret(),
      START: oneOf('ok', 'fails', 'hangs', 'exits', 'is-killed')({ default: 'ok' }),
    }),
  start: async ({ port: at, start }, logger) => {
    if (start === 'fails') throw new Error('no start with password=hunter2')
    if (start === 'hangs') {
      process.stdout.write('starting\n')
      await delay(60_000)
    }
    if (start === 'exits' || start === 'is-killed')
      for (let line = 1; line <= 1_000; line += 1) logger.info({ line }, 'one of many')
    if (start === 'exits') process.exit(3)
    if (start === 'is-killed') {
      logger.error('the last one')
      process.kill(process.pid, 'SIGKILL')
      await delay(60_000)
    }
    const app = createHttp({ logger })
    app.get('/slow', async () => {
      process.stdout.write('slow begun\n')
      await delay(700)
      return { done: true }
    })
    app.get('/crash', async () => {
      setImmediate(() => {
        throw new Error('nobody expected access_token=abcdef')
      })
      return {}
    })
    await app.listen({ host: '127.0.0.1', port: at })
    return { stop: () => app.close() }
  },
})
