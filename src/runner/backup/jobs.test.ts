import { expect, test } from 'vitest'
import { STATEMENTS } from '../../../tests/vectors/seal/sample.ts'
import type { BackupEvent } from '../../backup/events.ts'
import { SekishoError } from '../../base/error.ts'
import { sha256 } from '../../base/hash.ts'
import type { ServiceName } from '../../base/id.ts'
import { canonical, type Json } from '../../base/json.ts'
import type { Service } from '../../plans/policy.ts'
import { playbookDigest } from '../../seal/playbooks.ts'
import type { Works } from '../../snapshot/work.ts'
import type { RunnerParts } from '../parts.ts'
import { BackupJobs } from './jobs.ts'

test('a service that is refused is said to have failed, and keeps no other from its turn', async () => {
  const told: BackupEvent[] = []
  const asked: string[] = []
  const service = (name: string) => ({ name, backup: { everyMs: 3_600_000 } })
  const parts = {
    clock: {
      now: () => Date.now(),
      uptime: () => 1,
      sleep: (_: number, signal: AbortSignal) =>
        new Promise((resolve, reject) => {
          setTimeout(resolve, 5)
          signal.addEventListener('abort', () => reject(new Error('ended')))
        }),
    },
    policies: { loaded: true, current: { services: [service('a'), service('b')] } },
    journal: {
      rest: [],
      index: { backups: [], revoked: new Set(), open: () => [] },
      append: async (_: string, event: BackupEvent) => told.push(event),
    },
    objects: { pin: () => {} },
    log: () => {},
    place: { state: '/nonexistent', data: '/nonexistent' },
  } as unknown as RunnerParts
  class Late extends BackupJobs {
    override isLate(one: { readonly name: string }): boolean {
      return !asked.includes(one.name)
    }
    override async order(name: never): Promise<never> {
      asked.push(name)
      throw new SekishoError('backup.not_signed', { service: name, why: 'absent' })
    }
  }
  const jobs = new Late(parts, {} as Works)
  await jobs.resume()
  for (let i = 0; i < 200 && asked.length < 2; i++) await new Promise((resolve) => setTimeout(resolve, 5))
  await jobs.stop()
  expect(asked).toEqual(['a', 'b'])
  expect(told).toMatchObject([
    { event: 'failed', service: 'a', work: 'backup', why: 'backup.not_signed' },
    { event: 'failed', service: 'b', work: 'backup', why: 'backup.not_signed' },
  ])
})

test.each([
  ['of this release', playbookDigest('backup/1'), true],
  ['of an earlier release', sha256('what an earlier release did'), false],
])('a statement for the procedure %s: signed is %s', async (_, of, isSigned) => {
  const text = canonical({
    ...(STATEMENTS['standingBackup'] as unknown as Record<string, Json>),
    playbookDigest: of,
  })
  const parts = {
    clock: { now: () => Date.now(), sleep: async () => {} },
    policies: { loaded: false, current: { services: [] } },
    journal: {
      rest: [
        {
          body: {
            kind: 'statement',
            type: 'standing',
            digest: sha256(text),
            effect: 'mirai backup mirai 2026-11-25T05:02:00.000Z',
          },
        },
      ],
      index: { backups: [], revoked: new Set(), open: () => [] },
    },
    objects: { pin: () => {}, statement: async () => ({ text, signature: '' }) },
    log: () => {},
    place: { state: '/nonexistent', data: '/nonexistent' },
  } as unknown as RunnerParts
  const jobs = new BackupJobs(parts, {} as Works)
  await jobs.resume()
  await jobs.stop()
  expect((await jobs.facts('mirai' as ServiceName)).standing).toBe(isSigned)
  expect(jobs.isLate({ name: 'mirai', backup: { everyMs: 3_600_000 } } as Service)).toBe(isSigned)
})
