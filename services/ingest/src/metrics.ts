import { type Logger, type Registry, registerStateGauges } from '@ikigai/chassis'
import { type Db, webhookSubscriptions } from '@ikigai/db'

/** Registers the gauge of push subscriptions. */
export function registerSubscriptions(
  registry: Registry,
  { db, logger }: { readonly db: Db; readonly logger: Logger },
): void {
  registerStateGauges({
    registry,
    logger,
    read: () => db.$count(webhookSubscriptions),
    gauges: [
      {
        name: 'ikigai_webhook_subscriptions',
        help: 'Push subscriptions of the application: 1, or 0 while Strava delivers no events.',
        samples: (subscriptions) => [{ value: subscriptions }],
      },
    ],
  })
}
