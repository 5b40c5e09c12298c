// Somebody with the service's own account swaps links, names and parents while its data is copied and brought back: nothing from outside is ever
// read into a copy, and nothing is ever written outside. A copier that looks and then opens by path is run beside, and must be caught.
import { linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from '../../sys/process.ts'
import { close, openTree } from '../../tree/openat.ts'
import { removeTree } from '../../tree/remove.ts'
import { yielding } from '../../tree/yield.ts'
import { must, openScene, put, treeItem } from './fixtures/scene.ts'
import type { Written } from './request.ts'

const ROUNDS = process.env['SEKISHO_CAMPAIGN'] === 'whole' ? 1000 : 40
const LIMIT_MS = 900_000
const CANARY = 'canary of somebody else'
const SERVICE = 4711
/** So few that a thousand backups can be made. */
const FILES = 8

/** Exchanges pairs of names as fast as it can: `renameat2` by number, as the account of the service. */
const SWAP = `
  my $call = $^V && \`uname -m\` =~ /aarch64/ ? 276 : 316;
  my @pairs = @ARGV;
  while (1) { for (my $i = 0; $i < @pairs; $i += 2) { syscall($call, -100, $pairs[$i], -100, $pairs[$i + 1], 2); } }
`

async function whileSwapping(
  pairs: readonly string[],
  work: (isOver: (round: number) => boolean) => Promise<void>,
): Promise<void> {
  const end = new AbortController()
  const swapping = run(['perl', '-e', SWAP, ...pairs], {
    uid: SERVICE,
    gid: SERVICE,
    timeoutMs: LIMIT_MS,
    signal: end.signal,
  })
  try {
    await work((round) => round >= ROUNDS)
  } finally {
    end.abort()
    await swapping
  }
}

/** The service's directory, with all that it can put beside it: links out, FIFOs, directories of the same names elsewhere. */
async function openAttack() {
  const scene = await openScene()
  const hostile = await openScene()
  await must(['chmod', '755', hostile.base])
  const [data, outside] = [hostile.source, join(hostile.base, 'outside')]
  mkdirSync(outside)
  mkdirSync(join(data, 'd', 'deep'), { recursive: true })
  mkdirSync(join(outside, 'deep'))
  for (let i = 0; i < FILES; i++) {
    for (const [directory, text] of [
      [join(data, 'd'), 'mine'],
      [join(data, 'd', 'deep'), 'mine'],
      [outside, CANARY],
      [join(outside, 'deep'), CANARY],
    ] as const)
      put(join(directory, `f${i}`), text)
  }
  symlinkSync(outside, join(data, 'd.evil'))
  symlinkSync(join(outside, 'deep'), join(data, 'd', 'deep.evil'))
  put(join(data, 'file'), 'mine')
  symlinkSync(join(outside, 'f0'), join(data, 'file.evil'))
  put(join(data, 'pipe'), 'mine')
  await must(['mkfifo', join(data, 'pipe.evil')])
  await must(['chown', '-R', '-h', `${SERVICE}:${SERVICE}`, data, hostile.out, hostile.base])
  await must(['chown', '-R', '0:0', outside])
  await must(['chmod', '700', outside])
  const pairs = [
    [join(data, 'd'), join(data, 'd.evil')],
    [join(data, 'd', 'deep'), join(data, 'd', 'deep.evil')],
    [join(data, 'file'), join(data, 'file.evil')],
    [join(data, 'pipe'), join(data, 'pipe.evil')],
    [hostile.source, hostile.out],
  ]
  return {
    scene,
    hostile,
    data,
    outside,
    pairs: pairs.flat(),
    [Symbol.asyncDispose]: async () => {
      await hostile[Symbol.asyncDispose]()
      await scene[Symbol.asyncDispose]()
    },
  }
}

async function canariesIn(path: string): Promise<string> {
  return (await run(['grep', '-rl', CANARY, path])).stdout
}

describe('swapped under our hands', () => {
  test(
    'a backup copies nothing from outside',
    async () => {
      await using attack = await openAttack()
      const { scene, data } = attack
      const seen = { whole: 0, refused: 0 }
      let previous: Written | undefined
      await whileSwapping(attack.pairs.slice(0, 8), async (isOver) => {
        for (let i = 0; !isOver(i); i++) {
          const id = `20261125_${String(i).padStart(6, '0')}Z`
          const items = [treeItem(data)]
          try {
            previous = await scene.write(id, { items, ...(previous === undefined ? {} : { previous }) })
            seen.whole += 1
          } catch (error) {
            expect(String((error as { code?: string }).code)).toMatch(/^(backup|file)\./)
            seen.refused += 1
          }
        }
      })
      expect(await canariesIn(scene.to)).toBe('')
      expect(seen.whole + seen.refused).toBe(ROUNDS)
      console.info(JSON.stringify(seen))
    },
    LIMIT_MS,
  )

  test(
    'nor when the parents are swapped, and the directory itself',
    async () => {
      await using attack = await openAttack()
      const { scene, hostile, data } = attack
      symlinkSync(attack.outside, join(hostile.base, 'evil'))
      await must(['chown', '-h', `${SERVICE}`, join(hostile.base, 'evil')])
      let tried = 0
      await whileSwapping([data, join(hostile.base, 'evil')], async (isOver) => {
        for (let i = 0; !isOver(i); i++) {
          const items = [treeItem(data)]
          await scene
            .write(`20261125_${String(i).padStart(6, '0')}Z`, { items })
            .catch((error: unknown) => error)
          tried += 1
        }
      })
      expect(await canariesIn(scene.to)).toBe('')
      expect(tried).toBe(ROUNDS)
    },
    LIMIT_MS,
  )

  test(
    'a restore writes nothing outside, and a removal removes nothing there',
    async () => {
      await using attack = await openAttack()
      const { scene, hostile, outside } = attack
      for (let i = 0; i < 20; i++) put(join(scene.source, `r${i}`), 'restored')
      mkdirSync(join(scene.source, 'deep'))
      put(join(scene.source, 'deep', 'r'), 'restored')
      const written = await scene.write('20261125_000000Z')
      const before = namesIn(outside)
      symlinkSync(outside, join(hostile.base, 'evil'))
      await must(['chown', '-h', `${SERVICE}`, join(hostile.base, 'evil')])
      const seen = { restored: 0, refused: 0, removed: 0 }
      await whileSwapping([hostile.out, join(hostile.base, 'evil')], async (isOver) => {
        for (let i = 0; !isOver(i); i++) {
          const name = `tree${i}`
          let fd: number | undefined
          try {
            await scene.restore(written, name, hostile.out)
            seen.restored += 1
            fd = openTree(hostile.out)
            await removeTree(fd, Buffer.from(name), yielding())
            // A name of theirs that means something outside.
            await removeTree(fd, Buffer.from('deep'), yielding())
            seen.removed += 1
          } catch (error) {
            expect(String((error as { code?: string }).code)).toMatch(/^(backup|file)\./)
            seen.refused += 1
          } finally {
            if (fd !== undefined) close(fd)
          }
        }
      })
      expect(namesIn(outside)).toEqual(before)
      expect(Math.min(seen.restored, seen.refused)).toBeGreaterThan(0)
      console.info(JSON.stringify(seen))
    },
    LIMIT_MS,
  )

  test(
    'positive control: a copier that looks first and opens by path afterwards is led outside',
    async () => {
      await using attack = await openAttack()
      const { data } = attack
      let escapes = 0
      let opened = 0
      await whileSwapping(attack.pairs.slice(0, 8), async () => {
        while (escapes === 0) {
          opened += naive(data, (text) => {
            if (text.includes(CANARY)) escapes += 1
          })
          await new Promise((resolve) => setImmediate(resolve))
        }
      })
      expect(escapes).toBeGreaterThan(0)
      console.info(JSON.stringify({ escapes, opened }))
    },
    LIMIT_MS,
  )

  test('a hard link to a file of somebody else is no backup', async () => {
    await using attack = await openAttack()
    const { scene, data, outside } = attack
    rmSync(join(data, 'pipe.evil'))
    linkSync(join(outside, 'f1'), join(data, 'mine'))
    await expect(scene.write('20261125_000000Z', { items: [treeItem(data)] })).rejects.toMatchObject({
      code: 'backup.links_outside',
    })
    expect(await canariesIn(scene.to)).toBe('')
  })
})

function namesIn(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort((a, b) => (a < b ? -1 : 1))
}

/** As many a script does it. */
function naive(directory: string, take: (text: string) => void): number {
  let opened = 0
  for (const name of readdirSync(directory)) {
    const path = join(directory, name)
    try {
      const stat = lstatSync(path)
      if (stat.isDirectory()) opened += naive(path, take)
      else if (stat.isFile()) {
        take(readFileSync(path, 'utf8'))
        opened += 1
      }
    } catch {
      // It moved.
    }
  }
  return opened
}
