// What was laid out moves to a name at which nothing stands, and back; what somebody has put there is never replaced. By either program.
import {
  closeSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from '../sys/process.ts'
import { exchangePlaces, isLaidOut, isWrittenAnew, whatStands } from './exchange-places.ts'
import { identityOf } from './identity.ts'
import { MOVES, move, tryMove } from './move.ts'
import { openTree } from './openat.ts'

async function scene() {
  const base = await mkdtemp(join(tmpdir(), 'sekisho-move-'))
  for (const name of ['live', 'staged']) mkdirSync(join(base, name))
  mkdirSync(join(base, 'staged', 'data'))
  writeFileSync(join(base, 'staged', 'data', 'name'), 'staged')
  const fds = ['live', 'staged'].map((name) => openTree(join(base, name)))
  const place = (i: 0 | 1) => ({
    fd: fds[i] ?? -1,
    name: 'data',
    path: join(base, i === 0 ? 'live' : 'staged', 'data'),
  })
  return {
    base,
    live: place(0),
    staged: place(1),
    [Symbol.asyncDispose]: async () => {
      for (const fd of fds) closeSync(fd)
      await rm(base, { recursive: true, force: true })
    },
  }
}

test.each(MOVES)('%s moves there, and back', async (way) => {
  await using at = await scene()
  await move(run, at.staged, at.live, process.arch, [way])
  expect(readFileSync(join(at.live.path, 'name'), 'utf8')).toBe('staged')
  expect(existsSync(at.staged.path)).toBe(false)
  await move(run, at.live, at.staged, process.arch, [way])
  expect(readFileSync(join(at.staged.path, 'name'), 'utf8')).toBe('staged')
  expect(existsSync(at.live.path)).toBe(false)
})

test.each(MOVES)('%s replaces nothing: no file, no link, not even an empty directory', async (way) => {
  for (const make of [(path: string) => mkdirSync(path), (path: string) => writeFileSync(path, 'theirs')]) {
    await using at = await scene()
    make(at.live.path)
    const before = identityOf(at.live.path)
    await expect(move(run, at.staged, at.live, process.arch, [way])).rejects.toMatchObject({
      code: 'backup.exchange_taken',
    })
    expect(identityOf(at.live.path)).toBe(before)
    expect(readFileSync(join(at.staged.path, 'name'), 'utf8')).toBe('staged')
  }
})

test('whether this host can is tried in a directory of ours, and nothing of it is left', async () => {
  await using at = await scene()
  const directory = { fd: at.live.fd, path: join(at.base, 'live') }
  await tryMove(run, directory, process.arch)
  expect(readdirSync(directory.path)).toEqual([])
  const without: typeof run = (_, options) => run(['/nowhere'], options)
  await expect(tryMove(without, directory, process.arch)).rejects.toMatchObject({
    code: 'backup.exchange_unavailable',
  })
  expect(readdirSync(directory.path)).toEqual([])
})

test('what was done is told by what was laid out alone: an identical rewrite changes nothing, an original that is gone is for a person', async () => {
  await using at = await scene()
  mkdirSync(at.live.path)
  const staged = identityOf(at.staged.path) ?? ''
  const places = { path: at.live.path, beside: at.staged.path, staged, live: identityOf(at.live.path) ?? '' }
  // The service has written it anew.
  renameSync(at.live.path, `${at.live.path}.first`)
  mkdirSync(at.live.path)
  expect(whatStands(places)).toBe('old')
  const rewritten = identityOf(at.live.path)
  await exchangePlaces(places, run)
  expect([whatStands(places), identityOf(at.staged.path)]).toEqual(['new', rewritten])
  await exchangePlaces(places, run)
  expect([whatStands(places), identityOf(at.live.path)]).toEqual(['old', rewritten])
  await exchangePlaces(places, run)
  renameSync(at.staged.path, `${at.staged.path}.away`)
  expect(whatStands(places)).toBe('other')
})

test('a disk that bears another number since the machine started again changes nothing; the number of an inode alone is no one’s name', async () => {
  await using at = await scene()
  mkdirSync(at.live.path)
  const [staged = '', live = ''] = [identityOf(at.staged.path), identityOf(at.live.path)]
  const renumbered = (identity: string) => identity.replace(/^\d+/, '7')
  const places = {
    path: at.live.path,
    beside: at.staged.path,
    staged: renumbered(staged),
    live: renumbered(live),
  }
  const born = (identity: string) => renumbered(identity).replace(/\d+$/, '1')
  expect(whatStands({ ...places, staged: born(staged), live: born(live) })).toBe('other')
  const unborn = (identity: string) => renumbered(identity).replace(/\d+$/, '0')
  expect(whatStands({ ...places, staged: unborn(staged), live: unborn(live) })).toBe('other')
  expect([whatStands(places), isLaidOut(places)]).toEqual(['old', true])
  await exchangePlaces(places, run)
  expect([whatStands(places), isWrittenAnew(places)]).toEqual(['new', false])
  await exchangePlaces(places, run)
  expect([whatStands(places), identityOf(at.live.path)]).toEqual(['old', live])
})

test('where nothing stood it is moved in and moved away', async () => {
  await using at = await scene()
  const places = { path: at.live.path, beside: at.staged.path, staged: identityOf(at.staged.path) ?? '' }
  expect(whatStands(places)).toBe('old')
  await exchangePlaces(places, run)
  expect(whatStands(places)).toBe('new')
  expect(existsSync(at.staged.path)).toBe(false)
  await exchangePlaces(places, run)
  expect([whatStands(places), existsSync(at.live.path)]).toEqual(['old', false])
  mkdirSync(at.live.path)
  await expect(exchangePlaces(places, run)).rejects.toMatchObject({ code: 'backup.exchange_taken' })
  expect(whatStands(places)).toBe('old')
})

test('where nothing shall stand, what stands there is moved beside, by whatever inode, and comes back past what was made meanwhile', async () => {
  await using at = await scene()
  const beside = `${at.staged.path}.away`
  mkdirSync(at.live.path)
  writeFileSync(join(at.live.path, 'name'), 'restored')
  const places = { path: at.live.path, beside, live: 'another inode by now' }
  expect(whatStands(places)).toBe('old')
  await exchangePlaces(places, run)
  expect([whatStands(places), existsSync(at.live.path)]).toEqual(['new', false])
  // The service was started, and has made its directory anew: that is no reason to say that it was not moved away.
  mkdirSync(at.live.path)
  expect(whatStands(places)).toBe('new')
  await exchangePlaces(places, run)
  expect([whatStands(places), readFileSync(join(at.live.path, 'name'), 'utf8')]).toEqual(['old', 'restored'])
  expect(readdirSync(join(at.base, 'staged')).sort()).toEqual(['data', 'data.away.made-1'])
  // Killed between the two steps: the one that was made lies aside, nothing stands at the path.
  await exchangePlaces(places, run)
  await exchangePlaces(places, run)
  expect(readFileSync(join(at.live.path, 'name'), 'utf8')).toBe('restored')
})

describe('a service that writes by rename has put its own file where something was exchanged', () => {
  async function exchanged(isRewrittenBefore: boolean) {
    const at = await scene()
    const write = (name: string) => {
      writeFileSync(`${at.live.path}.new`, name)
      renameSync(`${at.live.path}.new`, at.live.path)
    }
    const beside = `${at.staged.path}.file`
    write('original')
    writeFileSync(beside, 'restored')
    const places = {
      path: at.live.path,
      beside,
      staged: identityOf(beside) ?? '',
      live: identityOf(at.live.path) ?? '',
    }
    if (isRewrittenBefore) write('original')
    await exchangePlaces(places, run)
    expect([whatStands(places), isWrittenAnew(places)]).toEqual(['new', false])
    return { at, places, write, read: () => readFileSync(at.live.path, 'utf8') }
  }

  test.each([false, true])(
    'it comes back, and what was made lies beside (written anew before: %s)',
    async (before) => {
      const { at, places, write, read } = await exchanged(before)
      await using _ = at
      write('made')
      expect([whatStands(places), isWrittenAnew(places)]).toEqual(['new', true])
      await exchangePlaces(places, run)
      expect([whatStands(places), read(), readFileSync(places.beside, 'utf8')]).toEqual([
        'old',
        'original',
        'made',
      ])
      // That is not what was laid out, and nobody exchanges it.
      expect(isLaidOut(places)).toBe(false)
    },
  )

  test.each([false, true])(
    'the service has removed it: it comes back (written anew before: %s)',
    async (before) => {
      const { at, places, read } = await exchanged(before)
      await using _ = at
      rmSync(at.live.path)
      expect(whatStands(places)).toBe('new')
      await exchangePlaces(places, run)
      expect([whatStands(places), read(), existsSync(places.beside)]).toEqual(['old', 'original', false])
    },
  )

  test('what was noted is of one exchange: the next one of the same place is told by its own', async () => {
    const { at, places, write } = await exchanged(true)
    await using _ = at
    const back = { ...places, staged: identityOf(places.beside) ?? '', live: identityOf(places.path) ?? '' }
    expect(whatStands(back)).toBe('old')
    await exchangePlaces(back, run)
    write('made')
    expect(whatStands(back)).toBe('new')
    await exchangePlaces(back, run)
    expect([whatStands(back), readFileSync(places.path, 'utf8')]).toEqual(['old', 'restored'])
  })

  test('killed between the note and the exchange nothing was done; a note that was cut off says nothing', async () => {
    await using at = await scene()
    const beside = at.staged.path
    mkdirSync(at.live.path)
    const places = { path: at.live.path, beside, staged: identityOf(beside) ?? '', live: 'another inode' }
    const dies: typeof run = (_, options) => run(['/nowhere'], options)
    await expect(exchangePlaces(places, dies)).rejects.toMatchObject({ code: 'backup.exchange_unavailable' })
    expect(existsSync(`${beside}.original`)).toBe(true)
    expect(whatStands(places)).toBe('old')
    writeFileSync(`${beside}.original`, '{"sta')
    expect(whatStands(places)).toBe('old')
    await exchangePlaces(places, run)
    expect(whatStands(places)).toBe('new')
  })

  test('where nothing stood it is moved away with what was made of it; where both are gone a person looks', async () => {
    await using at = await scene()
    const places = { path: at.live.path, beside: at.staged.path, staged: identityOf(at.staged.path) ?? '' }
    await exchangePlaces(places, run)
    // Made before the other is gone: else its inode could be given again.
    mkdirSync(`${at.live.path}.new`)
    rmSync(at.live.path, { recursive: true })
    renameSync(`${at.live.path}.new`, at.live.path)
    expect([whatStands(places), isWrittenAnew(places)]).toEqual(['new', true])
    await exchangePlaces(places, run)
    expect([whatStands(places), existsSync(at.live.path)]).toEqual(['old', false])
    const other = { ...places, path: `${at.live.path}.gone`, live: 'another inode', staged: 'one more' }
    expect(whatStands(other)).toBe('other')
  })
})
