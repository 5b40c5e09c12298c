// Whom a file that moved is put down to: looked up on real files, and never guessed from a log that was written at about that time.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NOW, TEAM } from '../../tests/vectors/seal/sample.ts'
import { sha256 } from '../base/hash.ts'
import type { TargetId } from '../base/id.ts'
import { after, type Instant } from '../base/time.ts'
import { decidingPart } from '../plans/policy.ts'
import type { Envelope } from '../seal/envelope.ts'
import { baselineDrift, causeOf } from './baseline-drift.ts'
import type { TargetRead } from './collect.ts'

let root: string
let places: { dpkgLog: string; dpkgInfo: string }
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sekisho-moved-'))
  places = { dpkgLog: join(root, 'dpkg.log'), dpkgInfo: join(root, 'info') }
  await mkdir(places.dpkgInfo)
  for (const name of ['nginx.conf', 'site', 'by-hand']) await writeFile(join(root, name), 'x')
  await writeFile(join(root, 'cert.pem'), '-----BEGIN CERTIFICATE-----\nMII\n')
  const now = new Date()
  const two = (n: number) => String(n).padStart(2, '0')
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
  const time = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`
  await writeFile(
    places.dpkgLog,
    `${date} ${time} upgrade nginx-common:all 1.0 1.1\n${date} ${time} upgrade tree:amd64 1 2\n`,
  )
  await writeFile(join(places.dpkgInfo, 'nginx-common.list'), `/.\n${join(root, 'nginx.conf')}\n`)
  await writeFile(join(places.dpkgInfo, 'tree.list'), '/.\n')
})
afterAll(() => rm(root, { recursive: true, force: true }))
const cause = (...names: string[]) =>
  causeOf(
    names.map((name) => (name.startsWith('/') ? name : join(root, name))),
    places,
  )

test('a file of an upgraded package is put down to it, with both versions', async () => {
  expect(await cause('nginx.conf')).toBe('package nginx-common 1.0 → 1.1')
})

test('an edit by hand is nobody’s, though packages were upgraded at that minute', async () => {
  expect(await cause('by-hand')).toBeUndefined()
  expect(await cause('nginx.conf', 'by-hand')).toBeUndefined()
  expect(
    await causeOf([join(root, 'nginx.conf')], { ...places, dpkgLog: join(root, 'none') }),
  ).toBeUndefined()
})

test('a renewed certificate is named, also where its directory may not be read', async () => {
  const archive = '/etc/letsencrypt/archive/no-such.test'
  expect(await cause(`${archive}/fullchain1.pem`, `${archive}/fullchain2.pem`)).toBe('certificate certbot')
  expect(await cause('cert.pem')).toBe('certificate')
  expect(await cause('cert.pem', `${archive}/chain2.pem`)).toBe('certificate certbot')
  expect(await cause('cert.pem', 'by-hand')).toBeUndefined()
})

test('a tree that another change of this gate moved since the seal is put down to that change, and else to nobody', async () => {
  const policy = TEAM
  const target = 'local/code:/srv/notes' as TargetId
  const sealedAt = NOW as Instant
  const envelope = {
    service: 'app',
    sealedAt,
    policy: decidingPart(policy, 'app' as never),
    baseline: [{ target, digest: sha256('then') }],
    evidence: [],
  } as unknown as Envelope
  const facts = { kind: 'code', path: '/srv/notes', commit: 'a'.repeat(40) }
  const reads = [{ target, digest: sha256('now'), facts }] as unknown as TargetRead[]
  const ran = (endedAt: Instant, targets: readonly string[] = [target]) =>
    ({ id: 'CHG-2026-0005', plan: { targets }, executions: [{ startedAt: sealedAt, endedAt }] }) as never
  const waiting = { id: 'CHG-2026-0004', executions: [] } as never
  const by = async (...recent: never[]) =>
    (await baselineDrift(waiting, envelope, reads, policy, sealedAt, async () => recent))[0]
  expect(await by(ran(after(sealedAt, 1000)))).toMatchObject({
    by: 'CHG-2026-0005',
    at: after(sealedAt, 1000),
  })
  expect((await by(ran(after(sealedAt, -1000))))?.by).toBe('unknown')
  expect((await by(ran(after(sealedAt, 1000), ['local/unit:x'])))?.by).toBe('unknown')
})
