// The user of a service exchanges its own directory for a link to one of root's, again and again, while we read: nothing of root's
// ever comes out, and nothing is made there. The way that was taken before is tried beside it and does leak, so the attack is real.
import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { policyOf } from '../../tests/runner-fixtures/scene.ts'
import { readRegular } from '../sys/files.ts'
import type { ProcessResult } from '../sys/process.ts'
import { readDeclaredFile } from './file-facts.ts'
import { liveFiles } from './live-files.ts'
import { makeDirectories } from './walk.ts'

const NOBODY = 65_534
const READS = 1000
const CONTROL_TRIES_MAX = 20_000
const SECRET = 'only root may read this\n'

/**
 * `conf` is now the directory and now a link to what the first argument names. A directory that was made in the moment between is moved
 * out of the way. Ends by itself after a minute.
 */
const SWAPPER = `
const { renameSync, symlinkSync } = require('node:fs')
const [, root, service] = process.argv
const conf = service + '/conf', link = service + '/link', spare = service + '/spare'
symlinkSync(root, link)
process.stdout.write('ready')
let made = 0
const put = (from) => {
  for (;;)
    try { return renameSync(from, conf) } catch { renameSync(conf, service + '/made' + made++) }
}
for (const end = Date.now() + 60000; Date.now() < end; ) {
  renameSync(conf, spare); put(link)
  renameSync(conf, link); put(spare)
}`

const NOT_STARTED: ProcessResult = {
  argv: [],
  notStarted: 'ENOENT',
  timedOut: false,
  overflowed: false,
  stdout: '',
  stderr: '',
  stdoutBytes: new Uint8Array(),
  extra: [],
  milliseconds: 0,
}

let top: string
let ofRoot: string
let service: string
let swapper: ChildProcess
beforeEach(async () => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'sekisho-swapped-')))
  ofRoot = join(top, 'root')
  service = join(top, 'service')
  mkdirSync(ofRoot)
  // Readable by others by its own mode, as many files below /root are: only its directory keeps it.
  writeFileSync(join(ofRoot, 'app.conf'), SECRET, { mode: 0o644 })
  chmodSync(ofRoot, 0o700)
  mkdirSync(join(service, 'conf'), { recursive: true })
  writeFileSync(join(service, 'conf', 'app.conf'), 'of the service\n')
  for (const path of ['', 'conf', 'conf/app.conf']) chownSync(join(service, path), NOBODY, NOBODY)
  chmodSync(top, 0o755)
  swapper = spawn(process.execPath, ['-e', SWAPPER, ofRoot, service], {
    uid: NOBODY,
    gid: NOBODY,
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => swapper.stdout?.once('data', resolve))
})
afterEach(() => {
  swapper.kill('SIGKILL')
  rmSync(top, { recursive: true })
})

test.runIf(process.geteuid?.() === 0)(
  'a directory that is exchanged for a link during 1,000 reads shows nothing of where the link leads',
  async () => {
    const path = join(service, 'conf', 'app.conf')
    const policy = policyOf()
    const file = { path, kind: 'file', secret: false, activation: 'none', keep: 'proof' } as const
    const c = {
      // Flags of ext4 are asked by lsattr; here no program is started, so that a thousand readings take a second.
      run: async (): Promise<ProcessResult> => ({ ...NOT_STARTED }),
      policy: { ...policy, services: policy.services.map((one) => ({ ...one, files: [file] })) },
      keyed: () => 'f'.repeat(64),
    }
    const seen = { declared: 0, refused: 0, looked: 0 }
    const told: string[] = []
    for (let i = 0; i < READS; i++) {
      await readDeclaredFile(path, c).then(
        ({ bytes }) => {
          seen.declared += 1
          if (bytes !== undefined) told.push(bytes.toString())
        },
        () => {
          seen.refused += 1
        },
      )
      const look = liveFiles.look(path)
      if (look?.kind === 'file') {
        seen.looked += 1
        told.push(Buffer.from(look.bytes).toString())
      }
      const names = liveFiles.look(join(service, 'conf'))
      if (names?.kind === 'directory') told.push(...names.names.filter((name) => name !== 'app.conf'))
    }
    expect(told.filter((text) => text !== 'of the service\n')).toEqual([])
    // Both sides of the exchange were met.
    expect(Math.min(seen.declared, seen.refused, seen.looked)).toBeGreaterThan(0)

    // The way before: the links are looked at by name, and the file is opened by name.
    let leaked: string | undefined
    for (let i = 0; i < CONTROL_TRIES_MAX && leaked === undefined; i++) {
      if ((await realpath(path).catch(() => '')) !== path) continue
      const found = await readRegular(path, 4096).catch(() => undefined)
      if (found?.bytes.toString() === SECRET) leaked = SECRET
    }
    expect(leaked).toBe(SECRET)
  },
)

test.runIf(process.geteuid?.() === 0)(
  'no directory is made behind a link that the user of the service has put there',
  async () => {
    let made = 0
    for (let i = 0; i < 300; i++) {
      const path = join(service, 'conf', `made-${i}`, 'below')
      const done = await makeDirectories(path, 0o700).catch(() => undefined)
      if (done === join(service, 'conf', `made-${i}`)) made += 1
    }
    expect(made).toBeGreaterThan(0)
    expect(readdirSync(ofRoot)).toEqual(['app.conf'])

    // The way before.
    let behind: readonly string[] = []
    for (let i = 0; i < CONTROL_TRIES_MAX && behind.length === 0; i++) {
      try {
        mkdirSync(join(service, 'conf', `before-${i}`))
      } catch {
        // between two renames nothing stands there
      }
      behind = readdirSync(ofRoot).filter((name) => name !== 'app.conf')
    }
    expect(behind).not.toEqual([])
  },
)
