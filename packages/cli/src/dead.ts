import { randomUUID } from 'node:crypto'
import { type Bus, deleteMessage, publish, STREAMS, storedMessage, storedMessages } from '@ikigai/bus'
import { type Command, CommandError, idOf, table, withBus } from './command.ts'

interface DeadLetter {
  readonly number: number
  readonly at: string
  readonly athlete_id: string
  readonly reason: string
  /** Original subject. */
  readonly subject: string
  readonly body: string
}

type Stored = NonNullable<Awaited<ReturnType<typeof storedMessage>>>

const letterOf = ({ sequence, at, subject, headers, body }: Stored): DeadLetter => ({
  number: sequence,
  at: at.toISOString(),
  athlete_id: subject.split('.').at(-1) ?? '',
  reason: headers['Ikigai-Reason'] ?? '',
  subject: headers['Ikigai-Subject'] ?? '',
  body,
})

async function read(bus: Bus, text: string | undefined): Promise<DeadLetter> {
  const number = Number(idOf(text, 'The number of a dead letter'))
  const stored = await storedMessage(bus, STREAMS.dead, number)
  if (stored === undefined) throw new CommandError(`There is no dead letter ${number}.`)
  return letterOf(stored)
}

/** `dead list` */
export const deadList: Command = {
  usage: 'dead list',
  does: 'lists dead letters, oldest first (at most 1,000)',
  run: (_, env) =>
    withBus(env, async (bus) => {
      const letters = (await storedMessages(bus, STREAMS.dead, 1_000)).map(letterOf)
      const rows = letters.map(({ number, at, reason, subject }) => [String(number), at, subject, reason])
      const text =
        letters.length === 0 ? 'No dead letters.' : table([['number', 'at', 'subject', 'reason'], ...rows])
      return { value: letters, text }
    }),
}

/** `dead show` */
export const deadShow: Command = {
  usage: 'dead show <number>',
  does: 'shows a dead letter with its body',
  run: ([number], env) =>
    withBus(env, async (bus) => {
      const letter = await read(bus, number)
      return {
        value: letter,
        text: table(Object.entries(letter).map(([name, value]) => [name, String(value)])),
      }
    }),
}

/** `dead replay` */
export const deadReplay: Command = {
  usage: 'dead replay <number>',
  does: 'publishes a dead letter again and removes it from the list',
  run: ([number], env) =>
    withBus(env, async (bus) => {
      const letter = await read(bus, number)
      if (letter.subject === '') throw new CommandError('This dead letter has no original subject.')
      await publish(bus, {
        subject: letter.subject,
        body: letter.body,
        messageId: `replay:${randomUUID()}`,
      })
      await deleteMessage(bus, STREAMS.dead, letter.number)
      return { value: letter, text: `Replayed on ${letter.subject}.` }
    }),
}
