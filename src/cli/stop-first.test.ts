// `--stop-first`, where not all of it is done at once: the line that is named goes on from there, and nobody is left believing that the service serves.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { EXIT } from '../base/error.ts'
import { main } from './main.ts'
import { written } from './test-streams.ts'

const VIEW = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../tests/fixtures/card/view.json'), 'utf8'),
) as { id: string }
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
async function typed(active: readonly (string | undefined)[], more: readonly string[] = []) {
  const left = [...active]
  const asked: string[] = []
  const waits = { ...VIEW, service: 'app', state: 'awaiting_approval', next: [] }
  const answer = (url: string): object => {
    if (url === '/api/v1/who') return { id: 'ops1', name: 'ops1', kind: 'person', roles: ['operator'] }
    if (url === '/api/v1/services/app') {
      const now = left.shift()
      return { name: 'app', host: 'h', files: [], ...(now === undefined ? {} : { active: now }) }
    }
    if (url.endsWith('/stages')) return { stage: 'f'.repeat(32) }
    if (url.includes('/stages/'))
      return { state: 'ready', stage: 'f'.repeat(32), expires: '2026-11-28T08:00:00.000Z' }
    return waits
  }
  const gate = createServer((request, response) => {
    if (request.method === 'POST') asked.push(request.url ?? '')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer(request.url ?? '')))
  })
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve))
  try {
    const to = written()
    const exit = await main([...LINE, ...more], {
      environment: {
        SEKISHO_URL: `http://127.0.0.1:${(gate.address() as AddressInfo).port}`,
        SEKISHO_TOKEN: 'x',
        HOME: '/nonexistent',
        LANG: 'en_US.UTF-8',
      },
      streams: to.streams,
      stdin: async () => Buffer.alloc(0),
      uid: 1000,
      interrupted: new AbortController().signal,
    })
    return { exit, asked, said: (to.out() + to.err()).replaceAll(/\s+/g, ' ') }
  } finally {
    gate.close()
  }
}

test('S42 somebody else approves that it stops: the line that is named is the whole line, and the service still serves', async () => {
  const { exit, said, asked } = await typed(['active (running)', 'active (running)'])
  expect(exit).toBe(EXIT.waiting)
  expect(said).toContain(`When it is: sekisho ${LINE.join(' ')}`)
  expect(said).not.toMatch(STILL)
  expect(asked.join()).not.toContain('/stages')
})

test.each([
  ['found stopped', ['inactive (dead)', 'inactive (dead)']],
  ['found failed, and nobody says how it is now', ['failed (failed)', undefined]],
])('S42 %s, and its restore waits for somebody: that it stands still is said', async (_, active) => {
  const { exit, said, asked } = await typed(active)
  expect(exit).toBe(EXIT.waiting)
  expect(said).toMatch(STILL)
  expect(asked.join()).toContain('/stages')
})

test('S42 it was started again meanwhile: nothing of the kind is said', async () => {
  const { said } = await typed(['inactive (dead)', 'active (running)'])
  expect(said).not.toMatch(STILL)
})
