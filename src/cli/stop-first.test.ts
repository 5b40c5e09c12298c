// `--stop-first`, where not all of it is done at once: the line that is named goes on from there, and nobody is left believing that the service serves.
import { expect, test } from 'vitest'
import { EXIT } from '../base/error-codes.ts'
import { typeThere, VIEW } from './test-gate.ts'

const LINE = [
  'restore',
  'salvage',
  '/srv/data/a.json',
  '--last-known-good',
  '--service',
  'app',
  '--stop-first',
]
const STILL = /app stands still/

/** A gate that answers as a change that waits for somebody else; `active`: what the unit says, one after the other. */
function typed(active: readonly (string | undefined)[], more: readonly string[] = []) {
  const left = [...active]
  const waits = { ...VIEW, service: 'app', state: 'awaiting_approval', next: [] }
  return typeThere([...LINE, ...more], (path) => {
    if (path === '/api/v1/who') return { id: 'ops1', name: 'ops1', kind: 'person', roles: ['operator'] }
    if (path === '/api/v1/services/app') {
      const now = left.shift()
      return { name: 'app', host: 'h', files: [], ...(now === undefined ? {} : { active: now }) }
    }
    if (path.endsWith('/stages')) return { stage: 'f'.repeat(32) }
    if (path.includes('/stages/'))
      return { state: 'ready', stage: 'f'.repeat(32), expires: '2026-11-28T08:00:00.000Z' }
    return waits
  })
}

test('somebody else approves that it stops: the line that is named is the whole line, and the service still serves', async () => {
  const { exit, said, posted } = await typed(['active (running)', 'active (running)'])
  expect(exit).toBe(EXIT.waiting)
  expect(said).toContain(`When it is: sekisho ${LINE.join(' ')}`)
  expect(said).not.toMatch(STILL)
  expect(posted.join()).not.toContain('/stages')
})

test.each([
  ['found stopped', ['inactive (dead)', 'inactive (dead)']],
  ['found failed, and nobody says how it is now', ['failed (failed)', undefined]],
])('%s, and its restore waits for somebody: that it stands still is said', async (_, active) => {
  const { exit, said, posted } = await typed(active)
  expect(exit).toBe(EXIT.waiting)
  expect(said).toMatch(STILL)
  expect(posted.join()).toContain('/stages')
})

test('it was started again meanwhile: nothing of the kind is said', async () => {
  const { said } = await typed(['inactive (dead)', 'active (running)'])
  expect(said).not.toMatch(STILL)
})
