// A lying gate: whatever it says that is not under the seal is found before anything is shown or signed.
import { describe, expect, test } from 'vitest'
import { ENVELOPE, makeEnvelope, PLANS, TEAM } from '../../tests/vectors/seal/sample.ts'
import { sha256 } from '../base/hash.ts'
import { canonical, type Json } from '../base/json.ts'
import { diffText, fileDiff } from '../change/diff.ts'
import { type Plan, planDigest } from '../plans/plan.ts'
import { envelopeDigest } from '../seal/envelope.ts'
import type { Client } from './client.ts'
import { readSealed } from './sealed.ts'

const PATH = '/etc/nginx/sites-available/mirai'
const before = Buffer.from('client_max_body_size 2m;\n')
const after = Buffer.from('client_max_body_size 20m;\n')
const evil = Buffer.from('load_module evil.so;\n')
const state = (bytes: Buffer) =>
  ({ kind: 'file', digest: sha256(bytes), size: bytes.length, mode: 0o644, uid: 0, gid: 0 }) as const
const base = PLANS['nginx'] as Plan
const plan: Plan = {
  ...base,
  actions: [
    {
      id: '1',
      action: {
        kind: 'replaceFiles',
        files: [{ path: PATH, real: PATH, links: [], before: state(before), after: state(after) }],
      },
      undo: [{ kind: 'putBack' }],
      timeoutMs: 1000,
    },
  ],
}
const diff = diffText([{ kind: 'write', path: PATH, before, after }])
const envelope = makeEnvelope(plan, TEAM, { diff: sha256(diff) })
const text = (value: unknown) => canonical(value as Json)
const honest = {
  envelope: text(envelope),
  plan: text(plan),
  diff,
  digest: envelopeDigest(envelope),
  policyVersion: ENVELOPE.policy,
}
const blobs = new Map([before, after, evil].map((bytes) => [sha256(bytes) as string, bytes]))

function gate(
  says: Partial<typeof honest>,
  bytes: (digest: string) => Buffer | undefined = (digest) => blobs.get(digest),
): Client {
  const call = (operation: string, { digest = '' }: { readonly digest?: string }) => {
    if (operation === 'changeEnvelope') return Promise.resolve({ ...honest, ...says })
    const found = bytes(digest) ?? Buffer.from('')
    return Promise.resolve({ digest, size: found.length, erased: false, base64: found.toString('base64') })
  }
  return { call } as unknown as Client // Only `call` is asked.
}
const read = (says: Partial<typeof honest>, bytes?: (digest: string) => Buffer | undefined) =>
  readSealed(gate(says, bytes), plan.change)
const evilPlan: Plan = {
  ...plan,
  actions: [
    {
      ...plan.actions[0],
      action: {
        kind: 'replaceFiles',
        files: [{ path: PATH, real: PATH, links: [], before: state(before), after: state(evil) }],
      },
    } as Plan['actions'][number],
  ],
}

describe('the seal is recomputed here', () => {
  test('an honest gate is read', async () => {
    expect(await read({})).toMatchObject({ digest: honest.digest, diff })
  })
  test('an envelope of an older release, that sealed less, is no lie: the sentence says to revise', async () => {
    const { editors, ...older } = envelope
    expect(editors.length).toBeGreaterThan(0)
    await expect(read({ envelope: text(older) })).rejects.toMatchObject({
      code: 'cli.sealed_older',
      detail: { change: plan.change, at: 'envelope.editors' },
    })
    await expect(read({ envelope: text({ ...envelope, more: 1 }) })).rejects.toMatchObject({
      code: 'cli.gate_differs',
    })
  })
  test('a plan that is not the sealed one', async () => {
    await expect(read({ plan: text(evilPlan) })).rejects.toMatchObject({
      code: 'cli.gate_differs',
      detail: { part: 'plan' },
    })
  })
  test('a digest that is not of this envelope', async () => {
    await expect(read({ digest: planDigest(plan) })).rejects.toMatchObject({ detail: { part: 'envelope' } })
  })
  test('an envelope of another change', async () => {
    await expect(readSealed(gate({}), 'CHG-2026-9999')).rejects.toMatchObject({ detail: { part: 'change' } })
  })
  test('a harmless difference sealed over an evil plan is found from the bytes', async () => {
    const sealed = makeEnvelope(evilPlan, TEAM, { diff: sha256(diff) })
    const lie = { envelope: text(sealed), plan: text(evilPlan), digest: envelopeDigest(sealed) }
    await expect(read(lie)).rejects.toMatchObject({ code: 'cli.gate_differs', detail: { part: 'diff' } })
    // The same lie with harmless bytes under the evil digest.
    await expect(
      read(lie, (digest) => (digest === sha256(evil) ? after : blobs.get(digest))),
    ).rejects.toMatchObject({ detail: { part: 'content' } })
  })
  test('a link that is removed has one difference on both sides: the link, and nothing of the file it leads to', async () => {
    const link = { kind: 'link', target: PATH, uid: 0, gid: 0 } as const
    const file = {
      path: '/etc/nginx/sites-enabled/mirai',
      real: '/etc/nginx/sites-enabled/mirai',
      links: [],
      before: link,
      after: { kind: 'absent' },
    } as const
    const removal: Plan = {
      ...plan,
      actions: [
        { ...plan.actions[0], action: { kind: 'replaceFiles', files: [file] } } as Plan['actions'][number],
      ],
    }
    // The gate has the bytes behind the link at hand: it read them when it planned.
    const own = diffText([fileDiff(file, { before })])
    expect(own).toBe(`--- ${file.path}\n+++ /dev/null\n-link ${PATH}\n`)
    const seal = makeEnvelope(removal, TEAM, { diff: sha256(own) })
    expect(
      await read({ envelope: text(seal), plan: text(removal), digest: envelopeDigest(seal), diff: own }),
    ).toMatchObject({ diff: own })
  })
  test('texts that are not canonical or hold unknown fields', async () => {
    await expect(read({ plan: ` ${honest.plan}` })).rejects.toMatchObject({ detail: { part: 'plan' } })
    await expect(read({ envelope: honest.envelope.replace('{', '{"aaa":1,') })).rejects.toMatchObject({
      detail: { part: 'envelope' },
    })
  })
})
