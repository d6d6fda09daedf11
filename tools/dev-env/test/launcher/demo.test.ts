import { startSimulator } from '@ikigai/simulator'
import { eventually } from '@ikigai/testkit'
import t from 'tap'
import { createDemoAthletes } from '../../src/launcher/demo.ts'
import { generateDemoTraffic } from '../../src/launcher/demo-traffic.ts'

t.test(
  'demo: the demo athletes are the same at every start, and those who have connected go on living',
  async (t) => {
    const stateDir = t.testdir({})
    const start = async () => {
      const simulator = await startSimulator()
      t.teardown(() => simulator.close())
      const made = await createDemoAthletes(simulator.url, stateDir)
      t.equal(simulator.admin.athletes().length, made)
      return simulator
    }
    const [first, second] = [await start(), await start()]
    t.strictSame(second.admin.athletes(), first.admin.athletes())
    const [lea, tomas] = first.admin.athletes()
    if (lea === undefined || tomas === undefined) throw new Error('nobody there')
    t.strictSame(second.admin.activities(lea.id), first.admin.activities(lea.id))

    first.admin.authorizeAthlete(lea.id)
    const end = new AbortController()
    const told: string[] = []
    const life = generateDemoTraffic(first.url, {
      signal: end.signal,
      onActivity: (text) => told.push(text),
      pauseMs: 5,
    })
    await eventually(() => first.admin.activities(lea.id).length >= lea.activityCount + 2)
    end.abort()
    await life
    t.match(told, ['Lea Brandt has finished a Run', 'Lea Brandt has finished a Ride'])
    t.equal(
      first.admin.activities(tomas.id).length,
      tomas.activityCount,
      'who has not connected is left alone',
    )
  },
)
