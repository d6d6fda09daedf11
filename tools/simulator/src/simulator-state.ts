import { createIrregularPages, type IrregularPages } from './api/irregular-pages.ts'
import { createRoster, type Roster } from './athletes/roster.ts'
import { type CallLog, createCallLog } from './calls/call-log.ts'
import { createMovableClock, type MovableClock } from './clock.ts'
import { createFaultInjector, type FaultInjector } from './faults/fault-injector.ts'
import { createRateLimiter, type RateLimiter } from './limits/rate-limiter.ts'
import { createGrants, type Grants } from './oauth/grants.ts'
import type { SimulatorOptions } from './options.ts'
import { createRandom } from './random.ts'
import { DEFAULT_SETTINGS, type SettingsChanges, type SimulatorSettings } from './settings.ts'
import { createDeliverer, type Deliverer } from './webhooks/deliverer.ts'
import { createWebhookFaultInjector, type WebhookFaultInjector } from './webhooks/fault-injector.ts'
import { createPublisher, type Publisher } from './webhooks/publisher.ts'
import { createSubscriptionStore, type SubscriptionStore } from './webhooks/subscriptions.ts'

/** The whole state of a simulator, which routes and the admin API share. */
export interface SimulatorState {
  clientId: string
  clientSecret: string
  clock: MovableClock
  roster: Roster
  pages: IrregularPages
  grants: Grants
  limiter: RateLimiter
  calls: CallLog
  faults: FaultInjector
  webhookFaults: WebhookFaultInjector
  subscriptions: SubscriptionStore
  deliverer: Deliverer
  publisher: Publisher
  settings(): SimulatorSettings
  configure(changes: SettingsChanges): void
  /** Settings as they were at the start. */
  resetSettings(): void
}

export function createSimulatorState(options: SimulatorOptions): SimulatorState {
  const seed = options.seed ?? 1
  const clock = createMovableClock(options.clock ?? { now: () => Date.now() })
  const firstSettings = { ...DEFAULT_SETTINGS, ...options.settings }
  let currentSettings = firstSettings
  const settings = () => currentSettings
  const grants = createGrants(clock, settings)
  const subscriptions = createSubscriptionStore(clock)
  const webhookFaults = createWebhookFaultInjector(createRandom(seed, 2))
  const deliverer = createDeliverer({ clock, settings, faults: webhookFaults })
  return {
    clientId: options.clientId ?? '12345',
    clientSecret: options.clientSecret ?? 'simulator-client-secret',
    clock,
    roster: createRoster(seed, clock),
    pages: createIrregularPages(createRandom(seed, 3), settings),
    grants,
    limiter: createRateLimiter(clock, options.limits),
    calls: createCallLog(),
    faults: createFaultInjector(createRandom(seed, 1)),
    webhookFaults,
    subscriptions,
    deliverer,
    publisher: createPublisher({ clock, grants, subscriptions, deliverer }),
    settings,
    configure(changes) {
      currentSettings = { ...currentSettings, ...changes }
    },
    resetSettings() {
      currentSettings = firstSettings
    },
  }
}
