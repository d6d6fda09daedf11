import fc from 'fast-check'
import t from 'tap'
import {
  afterBegin,
  afterProof,
  afterRefresh,
  afterReportUnreadable,
  DEAD_GRANT_MAX_AGE_MS,
  expiryOf,
  type GrantRecord,
  isExpired,
  isProvable,
  nextRecheck,
  provesEnd,
  type RefreshOutcome,
} from '../src/grants/rules.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const GRACE_MS = 7 * DAY_MS
const NOW = Date.parse('2030-03-05T10:00:00Z')

const active: GrantRecord = {
  expiresAt: NOW + 3 * HOUR_MS,
  refreshBegunAt: null,
  blockedAt: null,
  reportedAt: null,
}
const blocked = { ...active, blockedAt: NOW, reportedAt: NOW }
const rejected = { answer: 'rejected', at: NOW } as const

t.test('grant rules: return the next state for each state and outcome of a refresh', async (t) => {
  const at = NOW + 1_000
  const states: Record<string, GrantRecord> = {
    active,
    'begun, outcome unknown': { ...active, refreshBegunAt: NOW - DAY_MS },
    blocked: { ...active, blockedAt: NOW },
    'blocked, reported': blocked,
  }
  for (const [name, grant] of Object.entries(states)) {
    for (const reported of [false, true]) {
      const after = (outcome: RefreshOutcome) => afterRefresh(grant, outcome, { at, reported })
      const { refreshBegunAt, blockedAt, reportedAt } = grant
      t.same(
        after('refreshed'),
        { refreshBegunAt: null, blockedAt: null, reportedAt: null },
        `${name}: refreshed`,
      )
      t.same(after('not-done'), { refreshBegunAt, blockedAt, reportedAt }, `${name}: nothing was done`)
      t.same(
        after('unknown'),
        { refreshBegunAt: refreshBegunAt ?? at, blockedAt, reportedAt },
        `${name}: the mark stays`,
      )
      t.same(
        after('refused'),
        {
          refreshBegunAt,
          blockedAt: blockedAt ?? at,
          reportedAt: reported ? (reportedAt ?? at) : reportedAt,
        },
        `${name}: blocked, and no more than that`,
      )
    }
  }
  t.match(afterBegin(active, NOW), { refreshBegunAt: NOW })
  t.match(afterBegin({ ...active, refreshBegunAt: 1 }, NOW), { refreshBegunAt: 1 }, 'the first one is kept')
  t.match(afterReportUnreadable(active, NOW), { blockedAt: NOW, reportedAt: NOW })
})

t.test('grant rules: only a rejected valid token after a report proves the end', async (t) => {
  t.ok(provesEnd(blocked, rejected))
  t.notOk(provesEnd(blocked, { answer: 'accepted', at: NOW }))
  t.match(afterProof(blocked, { answer: 'accepted', at: NOW }), { blockedAt: NOW, reportedAt: null })
  t.notOk(provesEnd(blocked, { ...rejected, at: null }), 'not without Strava’s clock')
  t.notOk(provesEnd(active, rejected), 'not while Strava issues tokens')
  t.notOk(provesEnd({ ...blocked, reportedAt: null }, rejected), 'not without a report')
  t.notOk(provesEnd({ ...blocked, expiresAt: undefined }, rejected), 'not without a token')
  t.ok(provesEnd(blocked, { ...rejected, at: NOW + HOUR_MS }))
  t.notOk(
    provesEnd(blocked, { ...rejected, at: NOW + 2 * HOUR_MS }),
    'not with an hour left: a refresh that we do not know of may have replaced the token',
  )
  t.notOk(provesEnd(blocked, { ...rejected, at: NOW + 4 * HOUR_MS }), 'not once the token has expired')
})

t.test('grant rules: a blocked grant expires at the end of its retention', async (t) => {
  t.equal(expiryOf(active, GRACE_MS), undefined)
  t.equal(expiryOf(blocked, GRACE_MS), NOW + GRACE_MS)
  t.equal(expiryOf({ ...blocked, reportedAt: null }, GRACE_MS), NOW + DEAD_GRANT_MAX_AGE_MS)
  t.equal(
    expiryOf({ ...blocked, reportedAt: NOW + 29 * DAY_MS }, GRACE_MS),
    NOW + DEAD_GRANT_MAX_AGE_MS,
    'a late report puts nothing off',
  )
  t.notOk(isExpired(blocked, GRACE_MS, undefined), 'not by our own clock alone')
  t.notOk(isExpired(blocked, GRACE_MS, NOW + GRACE_MS - 1))
  t.ok(isExpired(blocked, GRACE_MS, NOW + GRACE_MS))
  t.equal(nextRecheck(blocked, GRACE_MS, NOW), NOW + DAY_MS)
  t.equal(nextRecheck(blocked, GRACE_MS, NOW + GRACE_MS - 2 * HOUR_MS), NOW + GRACE_MS)
  t.ok(nextRecheck(blocked, GRACE_MS, NOW + GRACE_MS) > NOW + GRACE_MS, 'not in a loop')
})

/** The strictest Strava that its documentation allows: replaced tokens are invalid at once. */
class Strava {
  now = NOW
  #serial = 0
  refreshToken = 0
  access = { token: 0, expiresAt: NOW + 6 * HOUR_MS }
  isGranted = true

  refresh(token: number): { refreshToken: number; access: { token: number; expiresAt: number } } | undefined {
    if (!this.isGranted || token !== this.refreshToken) return undefined
    if (this.access.expiresAt - this.now <= HOUR_MS)
      this.access = { token: ++this.#serial, expiresAt: this.now + 6 * HOUR_MS }
    this.refreshToken = ++this.#serial
    return { refreshToken: this.refreshToken, access: this.access }
  }

  accepts(token: number): boolean {
    return this.isGranted && token === this.access.token && this.now < this.access.expiresAt
  }
}

type Fate = 'answered' | 'lost' | 'unsent' | '5xx-before' | '5xx-after' | 'killed-before' | 'killed-after'
type Step =
  | { readonly do: 'refresh'; readonly fate: Fate; readonly reported: boolean }
  | { readonly do: 'probe' }
  | { readonly do: 'recheck'; readonly fate: Fate }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'deauthorize' | 'backup' | 'restore' }
  | { readonly do: 'set-clock'; readonly offset: number }

const fate = fc.constantFrom<Fate>(
  'answered',
  'lost',
  'unsent',
  '5xx-before',
  '5xx-after',
  'killed-before',
  'killed-after',
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('refresh' as const), fate, reported: fc.boolean() }) },
  { weight: 4, arbitrary: fc.constant({ do: 'probe' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('recheck' as const), fate }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 9 * HOUR_MS }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 20 * DAY_MS }) }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step>({ do: 'deauthorize' }, { do: 'backup' }, { do: 'restore' }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('set-clock' as const),
      offset: fc.integer({ min: -40 * DAY_MS, max: 40 * DAY_MS }),
    }),
  },
)

interface Row extends GrantRecord {
  readonly refreshToken: number
  readonly accessToken: number
}

t.test(
  'grant rules: no sequence of refreshes, reports, crashes and wrong clocks erases without a proof or the end of the retention',
  async () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const strava = new Strava()
        let offset = 0
        let row: Row = { ...active, expiresAt: strava.access.expiresAt, refreshToken: 0, accessToken: 0 }
        let backup = row

        const refresh = (how: Fate, reported: boolean): boolean => {
          const before = row
          const ours = strava.now + offset
          row = { ...row, ...afterBegin(row, ours) }
          const arrives = how !== 'unsent' && how !== '5xx-before' && how !== 'killed-before'
          const tokens = arrives ? strava.refresh(before.refreshToken) : undefined
          if (how === 'killed-before' || how === 'killed-after') return false
          if (how === 'unsent') {
            row = { ...row, ...afterRefresh(before, 'not-done', { at: ours, reported }) }
          } else if (how !== 'answered') {
            row = { ...row, ...afterRefresh(before, 'unknown', { at: ours, reported }) }
          } else if (tokens === undefined) {
            row = { ...row, ...afterRefresh(before, 'refused', { at: strava.now, reported }) }
            return true
          } else {
            const { access, refreshToken } = tokens
            row = {
              ...row,
              ...afterRefresh(before, 'refreshed', { at: strava.now, reported }),
              expiresAt: access.expiresAt,
              accessToken: access.token,
              refreshToken,
            }
          }
          return false
        }

        for (const each of steps) {
          switch (each.do) {
            case 'wait':
              strava.now += each.ms
              break
            case 'set-clock':
              offset = each.offset
              break
            case 'deauthorize':
              strava.isGranted = false
              break
            case 'backup':
              backup = row
              break
            case 'restore':
              row = backup
              break
            case 'refresh':
              refresh(each.fate, each.reported)
              break
            case 'probe': {
              if (!isProvable(row, strava.now + offset)) break
              const answer = strava.accepts(row.accessToken) ? 'accepted' : 'rejected'
              const proof = { answer, at: strava.now } as const
              if (!provesEnd(row, proof)) {
                row = { ...row, ...afterProof(row, proof) }
                break
              }
              if (strava.isGranted) throw new Error('erased although the grant is active')
              return
            }
            case 'recheck': {
              if (row.blockedAt === null || !refresh(each.fate, false)) break
              if (!isExpired(row, GRACE_MS, strava.now)) break
              const kept = strava.now - (row.blockedAt ?? strava.now)
              if (kept < GRACE_MS) throw new Error('erased before its time')
              return
            }
          }
        }
      }),
      { numRuns: 3_000 },
    )
  },
)
