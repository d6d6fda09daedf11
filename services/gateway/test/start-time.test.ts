import { withOffset } from '@ikigai/db'
import t from 'tap'

const instant = new Date('2026-01-01T00:30:15Z')

t.equal(withOffset(instant, 0), '2026-01-01T00:30:15Z')
t.equal(withOffset(instant, 7_200), '2026-01-01T02:30:15+02:00')
t.equal(withOffset(instant, -12_600), '2025-12-31T21:00:15-03:30')
t.equal(withOffset(instant, -2_670), '2026-01-01T00:30:15Z', 'RFC 3339 has no seconds in offsets')
t.equal(withOffset(new Date('2026-01-01T00:30:15.250Z'), 3_600), '2026-01-01T01:30:15.250+01:00')
