import { requestFetch } from '@ikigai/bus'
import { type Command, idOf, withBus } from './command.ts'

/** `resync` */
export const resync: Command = {
  usage: 'resync <id>',
  does: 'lists the history of an athlete again, as soon as an hour has passed since it was last listed',
  run: ([text], env) =>
    withBus(env, async (bus) => {
      const id = idOf(text, 'The id of an athlete')
      await requestFetch(bus, 'resync', id, {})
      return { value: { athlete_id: id }, text: `The history of athlete ${id} is going to be listed again.` }
    }),
}
