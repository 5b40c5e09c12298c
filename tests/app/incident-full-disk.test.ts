// The disk of the runner is full while evidence is taken: what could not be kept is a gap with its reason, the incident goes on, and what was kept
// is sound. The store lies on another disk.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IncidentView } from '../../src/contract/incident.ts'
import { describeWith } from '../host/describe.ts'
import { type Disk, openDisk } from '../host/disk.ts'
import { until } from '../until.ts'
import { openScene, type Scene } from './scene.ts'

describeWith('loop', 'an incident on a full disk', () => {
  let disk: Disk
  let scene: Scene
  beforeAll(async () => {
    disk = await openDisk('ext4', 128)
    scene = await openScene({ within: disk.path })
  })
  afterAll(async () => {
    await scene?.end()
    await disk?.[Symbol.asyncDispose]()
  })

  async function followed(): Promise<IncidentView> {
    const opened = await scene.call<IncidentView>('ops2', 'POST', '/incidents', {
      service: 'app',
      because: 'slow',
    })
    expect(opened.status, opened.text).toBe(200)
    return until('causes were looked for', 120_000, async () => {
      const { body } = await scene.call<IncidentView>('ops2', 'POST', `/incidents/${opened.body.id}/next`)
      return body.causes === undefined ? undefined : body
    })
  }
  const verify = async (id: string) =>
    (
      await scene.call<{ items: { found: string }[]; custody: { found: string }[] }>(
        'dev',
        'POST',
        `/incidents/${id}/verify`,
      )
    ).body
  const dismiss = (id: string) => scene.call('ops2', 'POST', `/incidents/${id}/dismiss`, { reason: 'a test' })

  test.each([0, 6000, 14_000, 40_000])(
    'with %i bytes left it goes on, and says what has no room',
    async (left) => {
      disk.fill(left)
      const view = await followed()
      const [set] = view.evidence
      const gaps = set?.gaps.filter(({ why }) => why === 'no_room').map(({ name }) => name) ?? []
      // Each is kept or has no room: none is forgotten.
      const all = [...(set?.items.map(({ name }) => name) ?? []), ...gaps]
      for (const name of ['disk', 'memory', 'signs']) expect(all, JSON.stringify(set)).toContain(name)
      if (left === 0) expect(gaps.length, JSON.stringify(set)).toBeGreaterThan(0)
      const checked = await verify(view.id)
      expect(
        checked.items.every(({ found }) => found === 'equal'),
        JSON.stringify(checked),
      ).toBe(true)
      expect(checked.items).toHaveLength(set?.items.length ?? -1)
      await dismiss(view.id)
      await disk.empty()
    },
    180_000,
  )

  test('with room again all of it is kept', async () => {
    writeFileSync(join(disk.path, 'room'), '')
    const view = await followed()
    expect(view.evidence[0]?.gaps.filter(({ why }) => why === 'no_room')).toEqual([])
    await dismiss(view.id)
  }, 180_000)
})
