import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decode } from '../base/decode.ts'
import { sha256 } from '../base/hash.ts'
import type { JsonObject } from '../base/json.ts'
import { after, instant } from '../base/time.ts'
import { type Receipt, receipt } from './receipt.ts'

const at = instant(1_790_000_000_000)
const GREEN: Receipt = {
  v: 1,
  verdict: 'green',
  played: sha256('played'),
  deployed: sha256('old'),
  artefact: sha256('new'),
  environment: sha256('environment'),
  at,
  expires: after(at, 1000),
  runs: 3,
  backHealthy: 3,
  sockets: [],
  deployMs: { least: 900, most: 1100 },
  backMs: { least: 800, most: 1000 },
  lost: { deploy: { least: 10, most: 30 }, back: { least: 9, most: 20 }, perSecond: 200 },
  differences: [],
  differencesInAll: 0,
  compared: 12,
  notCompared: [{ what: '/var/lib/x', why: 'live' }],
  cloned: [{ path: '/srv/x', from: '/srv/x', bytes: 100 }],
  secrets: { made: ['TOKEN'], real: [], stayed: ['PORT'] },
}

describe('the receipt of a rehearsal', () => {
  test('is read as it was written', () => {
    expect(decode(receipt, JSON.parse(JSON.stringify(GREEN)))).toEqual({ ok: true, value: GREEN })
  })

  test('another field, a missing one or another kind of value is refused', () => {
    for (const key of Object.keys(GREEN)) {
      const changed = { ...(GREEN as unknown as JsonObject), [key]: 'x' }
      expect(decode(receipt, changed), key).toMatchObject({ ok: false })
    }
    expect(decode(receipt, { ...GREEN, more: 1 })).toMatchObject({ ok: false, at: '$.more' })
    const { played: _, ...without } = GREEN
    expect(decode(receipt, without)).toMatchObject({ ok: false, at: '$.played' })
  })

  test('is total', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void decode(receipt, value)))
  })
})
