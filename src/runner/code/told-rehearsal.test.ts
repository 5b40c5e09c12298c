import { expect, test } from 'vitest'
import { sha256 } from '../../base/hash.ts'
import { instant } from '../../base/time.ts'
import type { CodeStaged } from '../../plans/code.ts'
import type { PathDifference, Receipt } from '../../plans/receipt.ts'
import { rehearsalDifference } from '../../words/rehearsal.ts'
import { knownPaths, rehearsalOf } from './told-rehearsal.ts'

const at = instant(1_790_000_000_000)
const differences: readonly PathDifference[] = [
  { path: '/srv/shop/server.js', field: 'content', after: 'back' },
  { path: '/srv/shop/c2VjcmV0IGRhdGE', field: 'added', after: 'back' },
  { path: '/srv/shop/uploads/alice.pdf', field: 'missing', after: 'back' },
]
const receiptWith = (what: string): Receipt => ({
  v: 1,
  verdict: 'red',
  fault: { step: 'compare', code: 'different', what },
  played: sha256('p'),
  deployed: sha256('d'),
  artefact: sha256('a'),
  environment: sha256('e'),
  at,
  expires: at,
  runs: 0,
  backHealthy: 0,
  sockets: [],
  differences,
  differencesInAll: 3,
  compared: 9,
  notCompared: [],
  cloned: [],
  secrets: { made: [], real: [], stayed: [] },
})
const staged = {
  path: '/srv/shop',
  files: [{ path: 'server.js', kind: 'changed' }],
} as unknown as Omit<CodeStaged, 'rehearsal'>

test('names that the candidate has chosen, and names of data, are counted and not told', () => {
  const known = knownPaths(staged, { entries: [{ path: 'server.js' }] })
  const told = rehearsalOf(receiptWith('/srv/shop/c2VjcmV0IGRhdGE'), [], known)
  expect(told.red).toEqual({ step: 'compare', why: 'different' })
  expect(told.differences).toEqual(['back content /srv/shop/server.js', 'back other 2'])
  expect(JSON.stringify(told)).not.toMatch(/c2Vj|alice/)
  expect(rehearsalOf(receiptWith('/srv/shop/server.js'), [], known).red?.path).toBe('/srv/shop/server.js')
  expect(rehearsalDifference('back other 2', 'en')).toContain('2 other paths are different')
  expect(rehearsalDifference('back other 2', 'ja')).toContain('2 件')
})
