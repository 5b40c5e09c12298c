// Makes dist/: the offline verifier, which is one file for other machines, and what an installation runs. Beside them stands what they
// were made from, so that nobody ever runs a stale one (src/sys/built.ts). `--out DIR`: elsewhere; `--if-changed`: only where needed.
import { chmod, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { type BuildOptions, build } from 'esbuild'
import { buildHook, builtins } from './build-hook.ts'
import { BUILT, type Built, isCurrent, sourcesIn } from './src/sys/built.ts'
import { PACKAGES, packagesIn } from './src/sys/built-packages.ts'

const ROOT = import.meta.dirname
/** An earlier build's parts stay a while: who started from it may still load one. */
const KEEP_MS = 60 * 60_000

/** Each group shares parts; a group of one is one file. The runner shares with nobody: its file is its closure (house §2.5). */
const GROUPS: readonly Readonly<Record<string, string>>[] = [
  { 'sekisho-verify': 'src/verify/main.ts' },
  { runner: 'src/runner/main.ts' },
  { watch: 'src/watch/main.ts' },
  { cli: 'src/cli/start.ts', server: 'src/serve.ts' },
]
/** Started by hand: gets a first line for the kernel and mode 0755. */
const PROGRAMS = new Set(['sekisho-verify.mjs'])
const FIRST_LINE = Buffer.from('#!/usr/bin/env node\n')

/** What a package asks for only when a feature is switched on that we never switch on; none of them is installed. */
const NEVER_LOADED = ['pg-native', '@opentelemetry/*', 'winston', 'winston-transport']

const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  legalComments: 'none',
  logLevel: 'warning',
  outExtension: { '.js': '.mjs' },
  chunkNames: 'part-[hash]',
  external: NEVER_LOADED,
  plugins: [builtins],
} as const satisfies BuildOptions

const { values } = parseArgs({ options: { out: { type: 'string' }, 'if-changed': { type: 'boolean' } } })
const out = values.out ?? join(ROOT, 'dist')

/** Somebody may be at the sources while they are bundled. */
const TRIES = 5

if (values['if-changed'] !== true || !isCurrent(ROOT)) {
  let tries = 0
  while (!(await buildAll()))
    if (++tries === TRIES) throw new Error('The sources changed each time they were bundled: run it again.')
}

/** False when the sources changed meanwhile: then nothing says that these bundles are of any. */
async function buildAll(): Promise<boolean> {
  await mkdir(out, { recursive: true })
  const sources = sourcesIn(ROOT)
  const files: string[] = []
  // Started at every tool call of an agent. The parts before the program that asks for them.
  for (const { name, contents } of await buildHook()) {
    await put(name, contents)
    files.push(name)
  }
  for (const group of GROUPS) {
    const made = await build({
      ...COMMON,
      entryPoints: group,
      outdir: out,
      splitting: Object.keys(group).length > 1,
    })
    for (const { path, contents } of made.outputFiles) {
      const name = basename(path)
      await put(name, PROGRAMS.has(name) ? Buffer.concat([FIRST_LINE, contents]) : contents)
      files.push(name)
    }
  }
  await put(PACKAGES, Buffer.from(`${JSON.stringify(packagesIn(ROOT))}\n`))
  files.push(PACKAGES)
  if (sourcesIn(ROOT) !== sources) return false
  const built: Built = { v: 1, sources, files: files.sort() }
  await put(BUILT, Buffer.from(`${JSON.stringify(built)}\n`))
  await removeOld(new Set([...files, BUILT]))
  console.log(`${out}: ${files.filter((name) => !name.startsWith('part-')).join(' ')}`)
  return true
}

/** Whole or not at all: somebody may be starting from here. */
async function put(name: string, contents: Uint8Array): Promise<void> {
  const path = join(out, name)
  const fresh = `${path}.${process.pid}.tmp`
  await writeFile(fresh, contents)
  await chmod(fresh, PROGRAMS.has(name) ? 0o755 : 0o644)
  await rename(fresh, path)
}

async function removeOld(current: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(out)) {
    if (current.has(name)) continue
    const found = await stat(join(out, name)).catch(() => undefined)
    if (found?.isFile() === true && performance.timeOrigin - found.mtimeMs > KEEP_MS)
      await rm(join(out, name), { force: true })
  }
}
