// Somebody with the gate's database, or the gate itself, in hand: writes rows as its role or as superuser and speaks frames to the
// runner. Canonical JSON, digests and the frame are written here anew: an oracle shares no code with what it judges.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, readFileSync, statSync, watch } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ErrorCode } from '../../src/base/error-codes.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { withClient } from '../../src/db/prepare.ts'
import { ERROR_WORDS, reader } from '../../src/words/errors.ts'
import type { Scene } from '../app/scene.ts'
import { type Answer, askSocket, frame } from '../runner-fixtures/runner-world.ts'

export type Loose = Record<string, unknown>
export interface Signed {
  readonly text: string
  readonly signature: string
}

/** RFC 8785 for what these tests hold: no numbers but integers, keys in ASCII. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`
  if (!isLoose(value)) return JSON.stringify(value)
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalText(value[key])}`)
  return `{${members.join(',')}}`
}

export function isLoose(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function labelled(label: string, value: unknown): string {
  return createHash('sha256')
    .update(`${label}\0${canonicalText(value)}`)
    .digest('hex')
}
export const sha = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex')
export const nonce = () => sha(`${process.pid} ${process.hrtime.bigint()}`).slice(0, 32)
export const at = (offset = 0) => new Date(Date.now() + offset).toISOString()

/** A row of `change`, with hands on it. */
export class Row {
  readonly document: Loose
  constructor(document: Loose) {
    this.document = structuredClone(document)
  }

  get(path: string): unknown {
    let value: unknown = this.document
    for (const key of path.split('.')) value = (value as Loose | undefined)?.[key]
    return value
  }

  /** `undefined` removes. */
  set(path: string, to: unknown): void {
    const keys = path.split('.')
    const last = keys.pop() ?? ''
    const parent = (keys.length === 0 ? this.document : this.get(keys.join('.'))) as Loose
    if (to === undefined) delete parent[last]
    else parent[last] = to
  }

  get envelope(): Loose {
    return this.get('envelope') as Loose
  }
  get plan(): Loose {
    return this.get('plan') as Loose
  }
  get signed(): Signed {
    return this.get('decisions.0.signed') as Signed
  }
  set signed(to: Signed) {
    this.set('decisions.0.signed', to)
  }
  /** The statement of the approval, to be changed and signed by somebody. */
  get statement(): Loose {
    return JSON.parse(this.signed.text) as Loose
  }

  /** All digests computed anew, as a careful forger does. */
  reseal(): void {
    const plan = labelled('sekisho-plan-v1', this.plan)
    this.set('planDigest', plan)
    this.set('envelope.plan', plan)
    this.resealEnvelope()
  }
  resealEnvelope(): void {
    this.set('envelopeDigest', labelled('sekisho-envelope-v1', this.envelope))
  }
}

/** Every rename onto and removal of the target, appended to a log that Sekisho knows nothing of. */
export function watchEffects(file: string, log: string): { count(): number; close(): void } {
  appendFileSync(log, '')
  const watcher = watch(dirname(file), (event, name) => {
    if (event === 'rename' && join(dirname(file), name ?? '') === file)
      appendFileSync(log, `${performance.now()}\n`)
  })
  return {
    count: () => readFileSync(log, 'utf8').split('\n').length - 1,
    close: () => watcher.close(),
  }
}

/** sha256sum, mode and owner, as the machine's own tools say. */
export function factsOf(file: string): string {
  const { mode, uid, gid } = statSync(file)
  const digest = execFileSync('sha256sum', [file], { encoding: 'utf8' }).split(' ')[0]
  return `${digest} ${(mode & 0o7777).toString(8)} ${uid}:${gid}`
}

export interface Ordered {
  readonly answer: Answer
  /** The order itself was looked at, and not only what it names. */
  readonly judged: boolean
}

export class HostileGate {
  readonly #scene: Scene
  constructor(scene: Scene) {
    this.#scene = scene
  }

  ask(request: unknown, door: 'runner' | 'admin' = 'runner'): Promise<Answer> {
    return askSocket(join(this.#scene.directory, 'data/run', `${door}.sock`), frame(canonicalText(request)))
  }

  put(kind: string, digest: unknown, bytes: Buffer): Promise<Answer> {
    const base64 = bytes.toString('base64')
    return this.ask({ verb: 'put', kind, digest, size: bytes.length, offset: 0, base64 })
  }

  /** Everything that a row holds, given to the runner as an order. The first refusal is the answer. */
  async order(row: Row, execution: string, fence: number, extra: readonly Signed[] = []): Promise<Ordered> {
    const { plan, envelope } = row
    const digest = row.get('envelopeDigest')
    const puts: (() => Promise<Answer>)[] = [
      () => this.put('plan', labelled('sekisho-plan-v1', plan), Buffer.from(canonicalText(plan))),
      () => this.put('envelope', digest, Buffer.from(canonicalText(envelope))),
      ...(row.get('waivers') as { signed: Signed; statement: string }[]).map(
        ({ signed, statement }) =>
          () =>
            this.put('statement', statement, Buffer.from(canonicalText(signed))),
      ),
    ]
    for (const put of puts) {
      const answer = await put()
      if (!answer.ok) return { answer, judged: false }
    }
    const decisions = [
      ...(row.get('decisions') as { signed: Signed }[]),
      ...(row.get('authored') === undefined ? [] : [row.get('authored') as { signed: Signed }]),
    ]
    const answer = await this.ask({
      verb: 'run',
      execution,
      change: row.get('id'),
      plan: envelope['plan'],
      envelope: digest,
      statements: [...decisions.map(({ signed }) => signed), ...extra],
      fences: ((plan['targets'] as string[] | undefined) ?? []).map((target) => ({ target, token: fence })),
    })
    return { answer, judged: answer.code !== 'runner.frame_wrong' }
  }

  /** Written straight into the table, as the gate's own role or as the database's superuser. */
  async write(row: Row, as: 'sk_gate' | 'superuser'): Promise<void> {
    const { database } = this.#scene
    await withClient(as === 'sk_gate' ? database.gateUrl : database.ownerUrl, (client) =>
      client.query(
        `update change set document = $2, state = 'approved', revision = $3, version = version + 1 where id = $1`,
        [row.get('id'), row.document, row.get('revision')],
      ),
    )
  }

  hold(): Promise<unknown> {
    const target = `local/file:${this.#scene.file}`
    return this.#scene.sql(
      `insert into target_lock (target, execution) values ($1, 'CHG-2026-9999/1')
       on conflict (target) do update set execution = excluded.execution, since = now()`,
      [target],
    )
  }
  release(): Promise<unknown> {
    return this.#scene.sql('update target_lock set execution = null, since = null')
  }

  async rowOf(id: string): Promise<Row> {
    const [row] = await this.#scene.sql('select document from change where id = $1', [id])
    return new Row((row?.['document'] ?? {}) as Loose)
  }

  /** Approved by ops1, and kept from starting by a lock. */
  async approvedAndHeld(content: string): Promise<Row> {
    const sealed = await this.#scene.sealed('dev', content)
    await this.hold()
    const approved = await this.#scene.approve('ops1', sealed.id)
    if (approved.body.state !== 'approved') throw new Error(approved.text)
    return this.rowOf(sealed.id)
  }

  /** The refusal's sentences, or what is wrong with them. */
  sentences(code: string | undefined, detail: Loose): string | undefined {
    const words = ERROR_WORDS[(code ?? '') as ErrorCode]
    if (words === undefined) return `no sentence for ${code}`
    for (const language of ['ja', 'en'] as const) {
      const { what, why } = words[language](reader(detail as never))
      for (const text of [what, why ?? 'x'])
        if (text.trim() === '' || /undefined|\[object|…/.test(text)) return `${code} ${language}: ${text}`
    }
    return undefined
  }

  async view(id: string): Promise<ChangeView> {
    return (await this.#scene.call<ChangeView>('ops1', 'GET', `/changes/${id}`)).body
  }
}
