import { expect, test } from 'vitest'
import type { BackupEvent } from '../../backup/events.ts'
import { SekishoError } from '../../base/error.ts'
import type { RunnerParts } from '../parts.ts'
import { BackupJobs, type Works } from './jobs.ts'

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
      throw new SekishoError('backup.not_signed', { service: name })
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
