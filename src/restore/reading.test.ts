// Whatever a copy contains is a verdict about that copy: a restore goes on to the next one, and no descriptor stays open.
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BackupEvent } from '../backup/events.ts'
import type { KnownCopy } from '../backup/level.ts'
import type { BackupLine } from '../backup/levels.ts'
import type { ServiceName } from '../base/id.ts'
import { type Instant, instant } from '../base/time.ts'
import type { Service } from '../plans/policy.ts'
import { must, openScene, put, type Scene } from '../snapshot/directory/fixtures/scene.ts'
import type { Written } from '../snapshot/directory/request.ts'
import { run } from '../sys/process.ts'
import type { RestorePorts } from './ports.ts'
import { openReading } from './reading.ts'
import type { StageContext } from './stage-context.ts'

const MANIFEST = 'manifest.ndjson'
/** So many wait for being judged together, open, when the damage is met. */
const FILES = 40

let scene: Scene
let good: Written
/** By damage, each in a copy of its own; all newer than the good one. */
const damaged = new Map<string, Written>()

beforeAll(async () => {
  scene = await openScene()
  mkdirSync(join(scene.source, 'd'))
  for (let i = 0; i < FILES; i++)
    put(join(scene.source, i < 30 ? `${10 + i}.json` : `d/${10 + i}.json`), `[{"id":${i}}]`)
  good = await scene.write(idOf(0))
  for (const [name, { make }] of Object.entries(DAMAGES)) {
    const written = await scene.write(idOf(damaged.size + 1))
    damaged.set(name, written)
    await make(join(scene.to, 'daily', written.id))
  }
})
afterAll(async () => {
  await scene?.[Symbol.asyncDispose]()
})

function idOf(index: number): string {
  return `20261125_0000${String(index).padStart(2, '0')}Z`
}

function service(format: 'json' | 'files'): Service {
  return {
    name: 'mirai',
    data: [{ name: 'data', dir: scene.source, format, secret: [], invariants: {} }],
    backup: { everyMs: 1, copies: [{ name: 'local', kind: 'directory', to: scene.to }] },
  } as unknown as Service
}

function line({ id, manifest }: Written): BackupLine {
  const at = `2026-11-25T00:00:${id.slice(13, 15)}.000Z` as Instant
  return {
    at,
    body: {
      kind: 'backup',
      event: 'written',
      service: 'mirai' as ServiceName,
      backup: id,
      copy: 'local',
      engine: 'directory',
      to: scene.to,
      where: join(scene.to, 'daily', id),
      place: 'other-disk',
      taken: at,
      manifest,
      bytes: 1,
      entries: FILES,
    },
  }
}

function open(format: 'json' | 'files') {
  const told: BackupEvent[] = []
  const lines = [good, ...damaged.values()].map(line)
  const parts = {
    process: run,
    command: [process.execPath, join(import.meta.dirname, '..', 'runner', 'main.ts')],
    root: false,
    journal: { index: { backups: lines }, append: async (_: string, event: BackupEvent) => told.push(event) },
    policies: { current: { rules: { floorBytes: 0 } } },
    place: { state: scene.base, data: scene.base },
    log: () => {},
  } as unknown as RestorePorts
  const context = {
    parts,
    service: service(format),
    stage: 'a'.repeat(32),
    wish: { kind: 'full', from: 'last-known-good' },
    expires: instant(0),
    progress: () => {},
    signal: new AbortController().signal,
  } as unknown as StageContext
  return { reading: openReading(['data'], context), told }
}

const descriptors = () => readdirSync('/proc/self/fd').length

/** What each does in a copy, and what the journal says of that copy. */
const DAMAGES: Readonly<
  Record<string, { readonly make: (snapshot: string) => void | Promise<unknown>; readonly why: string }>
> = {
  'a file that is gone': { make: (at) => rmSync(join(at, 'data', '30.json')), why: 'names' },
  'a file deep down that is gone': { make: (at) => rmSync(join(at, 'data', 'd', '45.json')), why: 'names' },
  'a link in place of a file': {
    make: (at) => replace(join(at, 'data', '30.json'), (path) => symlinkSync('29.json', path)),
    why: 'names',
  },
  'a directory in place of a file': {
    make: (at) => replace(join(at, 'data', '30.json'), (path) => mkdirSync(path)),
    why: 'names',
  },
  'a pipe in place of a file': {
    make: (at) => replace(join(at, 'data', '30.json'), (path) => must(['mkfifo', path])),
    why: 'names',
  },
  'a socket in place of a file': {
    make: (at) => replace(join(at, 'data', '30.json'), socketAt),
    why: 'names',
  },
  'a directory that is gone': {
    make: (at) => rmSync(join(at, 'data', 'd'), { recursive: true }),
    why: 'names',
  },
  'a link in place of a directory': {
    make: (at) =>
      replace(join(at, 'data', 'd'), (path) =>
        symlinkSync(join(scene.to, 'daily', good.id, 'data', 'd'), path),
      ),
    why: 'names',
  },
  'no data directory': { make: (at) => rmSync(join(at, 'data'), { recursive: true }), why: 'names' },
  'a data directory that is a file': {
    make: (at) => replace(join(at, 'data'), (path) => writeFileSync(path, 'x')),
    why: 'names',
  },
  'a linked manifest': {
    make: (at) => {
      renameSync(join(at, MANIFEST), join(at, 'other'))
      symlinkSync('other', join(at, MANIFEST))
    },
    why: 'names',
  },
  'no manifest': { make: (at) => rmSync(join(at, MANIFEST)), why: 'names' },
  'a socket in place of the manifest': {
    make: (at) => replace(join(at, MANIFEST), socketAt),
    why: 'names',
  },
  'a manifest of other bytes': { make: (at) => writeFileSync(join(at, MANIFEST), 'x'), why: 'digest' },
  'an empty directory': {
    make: (at) => {
      for (const name of readdirSync(at)) rmSync(join(at, name), { recursive: true })
    },
    why: 'names',
  },
  'a link in place of the whole copy': {
    make: (at) => replace(at, (path) => symlinkSync(join(scene.to, 'daily', good.id), path)),
    why: 'gone',
  },
  'a copy that is gone': { make: (at) => rmSync(at, { recursive: true }), why: 'gone' },
}

function replace(path: string, make: (path: string) => void | Promise<unknown>): void | Promise<unknown> {
  rmSync(path, { recursive: true })
  return make(path)
}

/** It stays when the process that made it is gone. */
function socketAt(path: string): Promise<string> {
  const code =
    "require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))"
  return must(['sh', '-c', '"$0" -e "$1" "$2"; exit 0', process.execPath, code, path])
}

/** As the journal takes them: which damage was met, and what is said of the copy. */
function met(told: readonly BackupEvent[]): Readonly<Record<string, string>> {
  const names = new Map([...damaged].map(([name, { id }]) => [id, name]))
  return Object.fromEntries(
    told.map((one) => [
      'backup' in one && one.backup !== undefined ? names.get(one.backup) : '',
      'why' in one ? one.why : one.event,
    ]),
  )
}

const expected = () => Object.fromEntries(Object.entries(DAMAGES).map(([name, { why }]) => [name, why]))

test('copies that are damaged in every way are passed over where content is judged, and no descriptor stays open', async () => {
  const before = descriptors()
  const { reading, told } = open('json')
  const choice = await reading.choose()
  expect(choice.from['data']?.backup).toBe(good.id)
  expect(met(told)).toEqual(expected())
  expect(reading.passedOver(choice)).toHaveLength(damaged.size)
  expect(descriptors()).toBe(before)
})

test('the same copies are passed over where nobody judges content and the damage is met when they are brought back', async () => {
  const before = descriptors()
  const { reading, told } = open('files')
  for (;;) {
    const copy = (await reading.choose()).from['data'] as KnownCopy
    if (copy.backup === good.id) break
    const cause = await scene.restore({ id: copy.backup, manifest: copy.manifest }, copy.backup).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(await reading.isSpoiled('data', copy, cause), `${copy.backup} ${String(cause)}`).toBe(true)
  }
  expect(met(told)).toEqual(expected())
  expect(descriptors()).toBe(before)
})
