// Where a declared name may lead, and whose secrecy counts: on real files.
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { policyOf } from '../../tests/runner-fixtures/scene.ts'
import type { CompiledPolicy, ConfigFile } from '../plans/policy.ts'
import { run } from '../sys/process.ts'
import { type FileFactsContext, mayLead, readFileFacts } from './file-facts.ts'

let root: string
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'runner-facts-')))
})
afterEach(() => {
  rmSync(root, { recursive: true })
})

function declaring(...files: readonly (Partial<ConfigFile> & { readonly path: string })[]): CompiledPolicy {
  const policy = policyOf()
  const all = files.map((one) => ({
    kind: 'file' as const,
    secret: false,
    activation: 'none' as const,
    keep: 'proof' as const,
    ...one,
  }))
  return { ...policy, services: policy.services.map((service) => ({ ...service, files: all })) }
}
const context = (policy: CompiledPolicy): FileFactsContext => ({ run, policy, keyed: () => 'f'.repeat(64) })
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: { readonly code?: string }) => error.code,
  )

test('a neighbour in the same directory is as foreign as any other file', async () => {
  const conf = join(root, 'app.conf')
  writeFileSync(join(root, '.env'), 'TOKEN=hunter2hunter2\n')
  symlinkSync('.env', conf)
  expect(await refusal(readFileFacts(conf, context(declaring({ path: conf }))))).toBe('file.link_leaves')
})

test('a link to another declared file passes, and a secret one stays secret under the other name', async () => {
  const conf = join(root, 'app.conf')
  const env = join(root, '.env')
  writeFileSync(env, 'TOKEN=hunter2hunter2\n')
  symlinkSync('.env', conf)
  const plain = declaring({ path: conf }, { path: env })
  expect((await readFileFacts(conf, context(plain))).state.kind).toBe('file')
  for (const secret of [
    { path: env, secret: true },
    { path: env, kind: 'dotenv' as const, secret: true },
  ]) {
    const { real, state } = await readFileFacts(conf, context(declaring({ path: conf }, secret)))
    expect([real, state.kind]).toEqual([env, 'secret'])
  }
  expect(
    (await readFileFacts(conf, context(declaring({ path: conf, secret: true }, { path: env })))).state.kind,
  ).toBe('secret')
})

test('the message of the day does not lead to the shadow file', async () => {
  const policy = declaring({ path: '/etc/motd' })
  const [motd] = policy.services[0]?.files ?? []
  if (motd === undefined) throw new TypeError('no file')
  expect(await mayLead(policy, motd, '/etc/shadow')).toBe(false)
  expect(await mayLead(policy, motd, '/etc/motd')).toBe(true)
})

test('nginx may lead below its own tree, but not to what is kept from others there', async () => {
  const site = { path: join(root, 'sites-enabled'), kind: 'nginx' as const }
  const policy = declaring(site)
  const [file] = policy.services[0]?.files ?? []
  if (file === undefined) throw new TypeError('no file')
  writeFileSync(join(root, 'site'), 'server {}', { mode: 0o644 })
  writeFileSync(join(root, 'site.key'), 'x', { mode: 0o600 })
  expect(await mayLead(policy, file, join(root, 'site'), root)).toBe(true)
  expect(await mayLead(policy, file, join(root, 'new'), root)).toBe(true)
  expect(await mayLead(policy, file, join(root, 'site.key'), root)).toBe(false)
  expect(await mayLead(policy, file, '/etc/passwd', root)).toBe(false)
  expect(await mayLead(policy, file, `${root}-beside/site`, root)).toBe(false)
})
