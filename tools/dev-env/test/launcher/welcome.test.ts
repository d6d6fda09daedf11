import t from 'tap'
import { addressesOf } from '../../src/launcher/addresses.ts'
import { loadLaunchConfig } from '../../src/launcher/launch-config.ts'
import { welcomeLines } from '../../src/launcher/welcome.ts'

function welcome(environment: Readonly<Record<string, string>>): string {
  const config = loadLaunchConfig(environment)
  return welcomeLines(config, addressesOf(config), { logDir: '/logs', stateDir: '/state' }).join('\n')
}

t.test('welcome: names the page and the simulator where they listen', async (t) => {
  t.match(welcome({}), 'ikigai runs: http://localhost:8080/')
  t.match(welcome({}), 'curl http://127.0.0.1:8090/simulator/')
  t.match(welcome({ HOST: '127.0.0.2' }), 'ikigai runs: http://127.0.0.2:8080/')
  t.match(welcome({ HOST: '[::1]', GATEWAY_PORT: '7000' }), 'ikigai runs: http://[::1]:7000/')
  t.match(welcome({ HOST: '::1' }), 'curl http://[::1]:8090/simulator/')
  t.match(welcome({ PUBLIC_URL: 'https://demo.example/' }), 'ikigai runs: https://demo.example/')
})

t.test('welcome: says what to set for other computers, and nothing of them on this one', async (t) => {
  t.notMatch(welcome({}), 'PUBLIC_URL')
  t.match(welcome({ HOST: '0.0.0.0' }), 'PUBLIC_URL=http://192.168.1.20:8080')
  t.match(welcome({ HOST: '::', GATEWAY_PORT: '80' }), 'PUBLIC_URL=http://192.168.1.20:80')
  const open = welcome({ HOST: '0.0.0.0', PUBLIC_URL: 'http://192.168.1.5:8080' })
  t.notMatch(open, 'another computer')
  t.match(open, 'sign in at http://192.168.1.5:8090/oauth')
})

t.test('welcome: the real Strava’s webhook needs an address, and is kept by ingest', async (t) => {
  const application = { STRAVA_CLIENT_ID: '1', STRAVA_CLIENT_SECRET: 's' }
  t.match(welcome(application), 'set WEBHOOK_URL')
  t.notMatch(welcome(application), 'simulator')
  t.match(
    welcome({ ...application, WEBHOOK_URL: 'https://hooks.example' }),
    /https:\/\/hooks\.example.*\n.*npm run ikigai -- webhook list/,
  )
})
