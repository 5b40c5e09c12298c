// What the runner makes of the child that reads the sources: an answer that does not come is a finding that blocks, and the declared rule on concerns holds.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parts as git, World } from '../../git/fixtures/repository.ts'
import { type Imported, importBundle } from '../../git/import.ts'
import { readRepository } from '../../git/production.ts'
import { run } from '../../sys/process.ts'
import type { CodeContext } from './context.ts'
import { impactOfCode } from './impact.ts'

let world: World
let imported: Imported

beforeAll(async () => {
  world = new World()
  const production = world.repository({ 'main.js': 'export const main = 1\n' })
  const agent = world.clone(production)
  const commit = agent.commit('two things', {
    'alpha/one.js': 'export const one = 1\n',
    'beta/two.js': 'export const two = 2\n',
    'large.bin': Buffer.alloc(1_100_000, 'x'),
  })
  const scratch = world.directory()
  const state = await readRepository(git, { path: production.path, branch: 'main' }, scratch)
  if (!state.ok) throw new Error(state.code)
  const answer = await importBundle(git, {
    bundle: world.bundle(agent, 'main'),
    commit,
    repository: state.state,
    directory: world.directory(),
    scratch,
  })
  if (!answer.ok) throw new Error(answer.code)
  imported = answer.imported
})
afterAll(() => world[Symbol.dispose]())

const context = (oneConcern: boolean, more: object = {}, process: typeof run = run) =>
  ({
    parts: {
      process,
      command: [globalThis.process.execPath, join(import.meta.dirname, '../main.ts')],
      root: globalThis.process.geteuid?.() === 0,
      systemctl: false,
    },
    service: {},
    rules: { oneConcern },
    wish: { bundle: [], ...more },
    signal: new AbortController().signal,
  }) as unknown as CodeContext

test('part of S54: two parts block where the rules say so, and never what takes a change back', async () => {
  const codes = async (of: CodeContext) =>
    (await impactOfCode(of, imported)).findings.map(({ code, blocks }) => [code, blocks])
  expect(await codes(context(true))).toEqual([
    ['impact.file_not_read', false],
    ['impact.concerns_block', true],
  ])
  const shown = [
    ['impact.file_not_read', false],
    ['impact.concerns', false],
  ]
  expect(await codes(context(false))).toEqual(shown)
  expect(await codes(context(true, { bundle: undefined }))).toEqual(shown)
})

test('what could not be read at all blocks, and is listed as not read', async () => {
  const silent: typeof run = async (argv, options) => ({
    ...(await run(['true'], {})),
    stdout: argv.length + String(options === undefined),
  })
  const found = await impactOfCode(context(false, {}, silent), imported)
  expect(found.findings).toMatchObject([{ code: 'impact.not_read', blocks: true }])
  expect(found.notRead).toEqual([expect.stringMatching(/^routes, models, environment/)])
})
