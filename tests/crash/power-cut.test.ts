// A power cut while files are replaced: what was answered is there after the boot, with its copy; what was not is wholly old or wholly
// new. On a disk that forgets everything unsynced, with a plain `mv` as the control that it does.
import { expect, test } from 'vitest'
import { execute, prepare } from '../accept/acts-drive.ts'
import { DATA, type HostOrder } from '../accept/acts-host.ts'
import { declaration } from '../accept/acts-world.ts'
import { describeWith } from '../host/describe.ts'
import { oneHost } from '../host/host.ts'
import { IS_WHOLE } from './share.ts'

const PATH = '/data/etc/site'
const KILLED_AT = IS_WHOLE
  ? [
      'copies.file.after',
      'files.replace.before',
      'place.write.before',
      'place.written.after',
      'place.rename.before',
      'place.rename.after',
      'place.sync.after',
      'files.replace.after',
    ]
  : ['place.rename.after']
const OLD = `old ${'o'.repeat(50_000)}\n`
const NEW = `new ${'n'.repeat(60_000)}\n`

describeWith('loop', 'part of S30: power cut', () => {
  test('part of S30: every answered change and its copy survive; an unanswered one is old or new, never half', async () => {
    const host = await oneHost({ disks: [{ at: '/data', size: '300M', kind: 'xfs' }] })
    const order = (number: number, more: Partial<HostOrder> = {}): HostOrder => ({
      execution: `CHG-2026-0030/${number}`,
      files: [declaration(PATH)],
      replace: { [PATH]: NEW },
      then: [],
      proof: [],
      stopAfter: 'applied',
      ...more,
    })
    await host.ok(['install', '-d', '-m', '0755', '/data/etc'])
    let control = 0
    // The others die on the way: at the rename, which the cut then finds unsynced, and in the whole campaign at each place of writing.
    const cases = [
      order(1),
      order(2),
      ...KILLED_AT.map((kill, i) => order(3 + i, { loop: { keepSeconds: 600, kill } })),
    ]
    for (const one of cases) {
      await prepare(host)
      await host.put(PATH, OLD, 0o640)
      await host.put('/data/etc/plain', OLD)
      await host.ok(['sync', '-f', '/data'])
      const report = await execute(host, one).catch(() => undefined)
      if (one.loop === undefined) expect(report?.applied).toMatchObject([{ result: 'applied' }])
      await host.ok(['sh', '-c', 'cat >/data/etc/plain.tmp && mv /data/etc/plain.tmp /data/etc/plain'], {
        input: NEW,
      })
      await host.powerCut('/data')
      await host.boot()
      const found = (await host.read(PATH)).toString()
      if (one.loop === undefined) expect(found === NEW, 'an answered change is gone').toBe(true)
      else expect(found === OLD || found === NEW, found.slice(0, 40)).toBe(true)
      expect(await host.ok(['stat', '-c', '%a', PATH])).toBe('640\n')
      const name = one.execution.replace('/', '.')
      const copies = await host.ok(['find', '/data/.sekisho-copies', DATA, '-name', `site.*.${name}`])
      const copy = copies
        .trim()
        .split('\n')
        .find((path) => path.startsWith('/data/'))
      expect((await host.read(copy ?? '/missing')).toString() === OLD, 'the copy is not the old file').toBe(
        true,
      )
      if ((await host.exec(['cat', '/data/etc/plain'])).stdout !== NEW) control += 1
    }
    expect(control, 'the disk forgot nothing: this test proves nothing').toBeGreaterThan(0)
  })
})
