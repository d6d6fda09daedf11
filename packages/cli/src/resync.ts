import { requestFetch } from '@ikigai/bus'
import { type Command, idOf, withBus } from './command.ts'

/** `resync` */
export const resync: Command = {
  usage: 'resync <id>',
  does: "lists an athlete's history again, at the earliest an hour after the last time",
  run: ([text], env) =>
    withBus(env, async (bus) => {
      const id = idOf(text, 'The id of an athlete')
      await requestFetch(bus, 'resync', id, {})
      return { value: { athlete_id: id }, text: `A resync of athlete ${id} is requested.` }
    }),
}
