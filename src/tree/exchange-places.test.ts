// What refuses an exchange has a name: which file bears a mark, which volume is read-only. As root on a real file system.
import { mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../sys/process.ts'
import { ERROR_WORDS, reader } from '../words/errors.ts'
import { LANGUAGES } from '../words/words.ts'
import { exchangePlaces, type Places, whatStands } from './exchange-places.ts'
import { identityOf } from './identity.ts'
import { machineRefused, openTree, telling } from './openat.ts'

async function scene() {
  const base = await mkdtemp(join(tmpdir(), 'sekisho-refused-'))
  const [path, beside] = [join(base, 'data'), join(base, 'staging', 'data')]
  mkdirSync(path)
  mkdirSync(beside, { recursive: true })
  const places: Places = { path, beside, staged: identityOf(beside) ?? '', live: identityOf(path) ?? '' }
  const done = async (...argv: string[]) => expect((await run(argv)).code, argv.join(' ')).toBe(0)
  return { base, places, done, [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true }) }
}

test.each(['data', '.', 'staging', 'staging/data'])(
  'a mark against changes on %s is found and named',
  async (marked) => {
    await using at = await scene()
    const path = join(at.base, marked)
    await at.done('chattr', '+i', path)
    try {
      await expect(exchangePlaces(at.places, run)).rejects.toMatchObject({
        code: 'file.immutable',
        detail: { path },
      })
    } finally {
      await at.done('chattr', '-i', path)
    }
    expect(whatStands(at.places)).toBe('old')
    await exchangePlaces(at.places, run)
    expect(whatStands(at.places)).toBe('new')
  },
)

test('a volume that is read-only is named as one, with what to look at', async () => {
  await using at = await scene()
  await at.done('mount', '--bind', at.base, at.base)
  try {
    await at.done('mount', '-o', 'remount,bind,ro', at.base)
    const refused = await exchangePlaces(at.places, run).catch((cause: unknown) => cause)
    expect(refused).toMatchObject({
      code: 'file.no_permission',
      detail: { path: at.places.path, why: 'EROFS' },
    })
    // The same of what any other call is refused there: no defect of ours.
    const fd = openTree(at.base)
    const name = Buffer.from('new')
    const thrown = await Promise.resolve()
      .then(() => telling(fd, name, () => mkdirSync(`/proc/self/fd/${fd}/new`)))
      .catch((cause: unknown) => cause)
    expect(machineRefused(thrown)).toMatchObject({ detail: { path: join(at.base, 'new'), why: 'EROFS' } })
  } finally {
    await at.done('umount', '-l', at.base)
  }
  expect(machineRefused(new Error('of ours'))).toBeUndefined()
})

test.each(LANGUAGES)('what to do stands there (%s)', (language) => {
  const say = (why: string) => ERROR_WORDS['file.no_permission'][language](reader({ path: '/srv/data', why }))
  expect(say('EROFS').next).toEqual(['findmnt -T /srv/data || findmnt -T /srv', 'dmesg'])
  expect(say('EROFS').what).toMatch(language === 'ja' ? /読み取り専用/ : /read-only/)
  expect(say('EPERM').next?.join()).toContain('lsattr -d /srv/data /srv')
  expect(say('EACCES').next).toEqual(['ls -ld /srv/data'])
})
