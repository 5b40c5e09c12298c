// While the gate is down the owner of the machine speaks to the runner directly (spine §4): a standing statement is revoked, a change is
// kept, each by a signature that the runner judges; and the gate learns of it when it is there again.
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { written } from '../../src/cli/test-streams.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
  await scene.rewritePolicy((yaml) =>
    yaml.replace('people:', '  web: { manager: { systemd: sekisho-none.service } }\npeople:'),
  )
  const compiled = join(scene.directory, 'data', 'etc', 'compiled')
  await mkdir(compiled, { recursive: true })
  await copyFile(join(scene.directory, 'etc', 'runner.json'), join(compiled, 'runner.json'))
})
afterAll(async () => {
  await scene?.end()
})

async function typed(person: string, ...argv: string[]) {
  const to = written()
  const data = join(scene.directory, 'data')
  const key = join(scene.directory, `${person}.key`)
  const exit = await main([...argv, '--json', '--lang', 'en', '--data', data, '--key', key], {
    environment: { HOME: scene.directory, PATH: process.env['PATH'] },
    streams: to.streams,
    stdin: async () => Buffer.alloc(0),
    uid: process.getuid?.() ?? 0,
    interrupted: new AbortController().signal,
  })
  return { exit, said: to.out() + to.err() }
}
const standings = async () =>
  (await scene.call<{ standing: { digest: string; state: string }[] }>('dev', 'GET', '/standing')).body
    .standing

test('spine §4 a standing statement is revoked at the runner while the gate is down', async () => {
  const wish = { service: 'web', verb: 'restart', perHour: 3 }
  const { text } = (await scene.call<{ text: string }>('ops1', 'POST', '/standing/statement', wish)).body
  const { digest } = (
    await scene.call<{ digest: string }>('ops1', 'POST', '/standing', {
      signed: { text, signature: await scene.sign('ops1', text) },
    })
  ).body
  const short = digest.slice(0, 12)
  await scene.reopenGate(async () => {
    expect((await typed('ops1', 'standing', 'revoke', short)).exit).not.toBe(0)
    const foreign = await typed('ops2', 'standing', 'revoke', short, '--offline')
    expect(foreign).toMatchObject({ exit: 2, said: expect.stringContaining('approval.role_missing') })
    const stranger = await typed('stranger', 'standing', 'revoke', short, '--offline')
    expect(stranger).toMatchObject({ said: expect.stringContaining('key.none_enrolled') })
    const unknown = await typed('ops1', 'standing', 'revoke', '0000', '--offline')
    expect(unknown).toMatchObject({ said: expect.stringContaining('standing.unknown') })
    const revoked = await typed('ops1', 'standing', 'revoke', short, '--offline')
    expect(revoked).toMatchObject({ exit: 0, said: expect.stringContaining(short) })
  })
  expect(await standings()).toMatchObject([{ digest, state: 'revoked' }])
  const entries = await scene.sql(
    "select body::json -> 'payload' ->> 'by' as by from ledger where body::json ->> 'kind' = 'standing.revoked'",
  )
  expect(entries).toEqual([{ by: 'ops1' }])
  await scene.call('ops1', 'POST', '/ledger/checkpoint')
  expect((await scene.call('ops1', 'POST', '/ledger/verify')).body).toMatchObject({ sound: true })
})

test('spine §4 a change is kept at the runner while the gate is down', async () => {
  const { id } = await scene.sealed('dev', 'limit = 20\n', { keep: 'person' })
  await scene.approve('ops1', id)
  await scene.until(id, 'awaiting_keep')
  await scene.reopenGate(async () => {
    const other = await typed('ops2', 'change', 'keep', 'CHG-2026-0999', '--offline')
    expect(other).toMatchObject({ said: expect.stringContaining('execution.unknown') })
    const author = await typed('dev', 'change', 'keep', id, '--offline')
    expect(author).toMatchObject({ said: expect.stringContaining('approval.role_missing') })
    const kept = await typed('ops2', 'change', 'keep', id, '--offline')
    expect(kept).toMatchObject({ exit: 0, said: expect.stringContaining(`${id}/1`) })
  })
  expect((await scene.until(id, 'closed')).execution?.outcome).toBe('kept')
  expect(await readFile(scene.file, 'utf8')).toBe('limit = 20\n')
})
