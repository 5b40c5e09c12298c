// Two trees change places in one step, by whichever of three programs is here; what stands in the way has its own name.
import { closeSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type ProcessResult, run } from '../sys/process.ts'
import { chooseExchange, exchange, type Place, WAYS, type Way } from './exchange.ts'
import { openTree } from './openat.ts'

async function scene() {
  const base = await mkdtemp(join(tmpdir(), 'sekisho-exchange-'))
  for (const name of ['live', 'staged']) {
    mkdirSync(join(base, name, 'data'), { recursive: true })
    writeFileSync(join(base, name, 'data', 'name'), name)
  }
  const fds = [openTree(join(base, 'live')), openTree(join(base, 'staged'))] as const
  const place = (i: 0 | 1): Place => ({
    fd: fds[i],
    name: 'data',
    path: join(base, i === 0 ? 'live' : 'staged', 'data'),
  })
  return {
    base,
    live: place(0),
    staged: place(1),
    read: (name: string) => readFileSync(join(base, name, 'data', 'name'), 'utf8'),
    [Symbol.asyncDispose]: async () => {
      for (const fd of fds) closeSync(fd)
      await rm(base, { recursive: true, force: true })
    },
  }
}

test.each(WAYS)('%s exchanges, and exchanges back', async (way) => {
  await using at = await scene()
  await exchange(run, way, at.live, at.staged, process.arch)
  expect([at.read('live'), at.read('staged')]).toEqual(['staged', 'live'])
  await exchange(run, way, at.live, at.staged, process.arch)
  expect([at.read('live'), at.read('staged')]).toEqual(['live', 'staged'])
})

test.each(WAYS)(
  'a mount point is busy, another file system is another file system: both by name (%s)',
  async (way) => {
    await using at = await scene()
    const mount = async (path: string, ...argv: string[]) =>
      expect((await run(['mount', ...argv, path])).code).toBe(0)
    await mount(join(at.base, 'live', 'data'), '-t', 'tmpfs', 'none')
    await expect(exchange(run, way, at.live, at.staged, process.arch)).rejects.toMatchObject({
      code: expect.stringMatching(/^backup\.exchange_(busy|other_volume)$/),
    })
    await run(['umount', join(at.base, 'live', 'data')])
    mkdirSync(join(at.base, 'other'))
    await mount(join(at.base, 'other'), '-t', 'tmpfs', 'none')
    mkdirSync(join(at.base, 'other', 'data'))
    const fd = openTree(join(at.base, 'other'))
    try {
      const other = { fd, name: 'data', path: join(at.base, 'other', 'data') }
      await expect(exchange(run, way, at.live, other, process.arch)).rejects.toMatchObject({
        code: 'backup.exchange_other_volume',
      })
    } finally {
      closeSync(fd)
      await run(['umount', join(at.base, 'other')])
    }
    expect(at.read('live')).toBe('live')
  },
)

test('a directory bound over itself is busy', async () => {
  await using at = await scene()
  const data = join(at.base, 'live', 'data')
  expect((await run(['mount', '--bind', data, data])).code).toBe(0)
  try {
    await expect(exchange(run, 'mv', at.live, at.staged, process.arch)).rejects.toMatchObject({
      code: expect.stringMatching(/^backup\.exchange_(busy|other_volume)$/),
    })
  } finally {
    await run(['umount', data])
  }
})

test('the first way that works is chosen; a host without the new coreutils takes the next; none is said with what was tried', async () => {
  await using at = await scene()
  const directory = { fd: at.live.fd, path: join(at.base, 'live') }
  expect(await chooseExchange(run, directory, process.arch)).toBe('mv')
  const without =
    (...missing: Way[]): typeof run =>
    (argv, options) =>
      missing.includes(argv[0] as Way) ? run(['/nowhere'], options) : run(argv, options)
  expect(await chooseExchange(without('mv'), directory, process.arch)).toBe('exch')
  expect(await chooseExchange(without('mv', 'exch'), directory, process.arch)).toBe('perl')
  await expect(chooseExchange(without(...WAYS), directory, process.arch)).rejects.toMatchObject({
    code: 'backup.exchange_unavailable',
  })
  await expect(chooseExchange(without('mv', 'exch'), directory, 'vax')).rejects.toMatchObject({
    code: 'backup.exchange_unavailable',
  })
})

test('an old mv that refuses the option, and one that moves instead of exchanging, are both noticed', async () => {
  await using at = await scene()
  // coreutils 9.4 says so and exits 1.
  const old: typeof run = (_, options) =>
    run(['sh', '-c', 'echo "mv: unrecognized option --exchange" >&2; exit 1'], options)
  await expect(exchange(old, 'mv', at.live, at.staged, process.arch)).rejects.toMatchObject({
    code: 'backup.exchange_unavailable',
  })
  const moves: typeof run = async (_, options): Promise<ProcessResult> => {
    renameSync(join(at.base, 'live', 'data'), join(at.base, 'live', 'gone'))
    return await run(['true'], options)
  }
  await expect(exchange(moves, 'mv', at.live, at.staged, process.arch)).rejects.toMatchObject({
    code: 'backup.exchange_moved',
  })
})

test('what is exchanged is what was looked at: another directory in its place is noticed', async () => {
  await using at = await scene()
  const swapped: typeof run = async (argv, options) => {
    renameSync(join(at.base, 'live', 'data'), join(at.base, 'live', 'looked-at'))
    mkdirSync(join(at.base, 'live', 'data'))
    return await run(argv, options)
  }
  await expect(exchange(swapped, 'mv', at.live, at.staged, process.arch)).rejects.toMatchObject({
    code: 'backup.exchange_moved',
  })
})
