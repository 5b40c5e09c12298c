// The rehearsal of a declared call: the deployed release runs in the room on a clone of its data, the call is sent to it, what it says is read back, and its
// inverse is sent. What the call changes and what the inverse leaves behind is found by looking at files and tables, and never by what the service answers.
import { setTimeout as pause } from 'node:timers/promises'
import type { Digest } from '../base/hash.ts'
import type { RequestMethod, Sent } from '../plans/actions/request.ts'
import { type ReadBack, readBackFound } from '../plans/read-back.ts'
import type { NotCompared, PathDifference, Receipt, RehearsalFault, RehearsalStep } from '../plans/receipt.ts'
import { environmentDigest } from './environment.ts'
import { Found, faultOf, isUnknown } from './findings.ts'
import { type FurnishedRoom, inTurn, type RehearsalPorts, withRehearsalRoom } from './in-room.ts'
import { ofSameShape } from './made-values.ts'
import type { OrderAnswer } from './protocol.ts'
import type { RoomSpec } from './spec.ts'
import { type Differing, differing, type State, stateOf, type TableState } from './state.ts'

export interface CallSpec extends RoomSpec {
  readonly call: Sent
  readonly read: string
  /** Absent: nothing but a restore takes it back. */
  readonly inverse?: Sent
  readonly withinMs: number
  readonly headers: Readonly<Record<string, string>>
  /** The real one, and the name under which the rules know it. The room gets what stands for it there. */
  readonly credential?: { readonly key: string; readonly value: string }
  /** Fields of records and columns of tables that the service writes anew with each change: they are listed, and are no difference. */
  readonly differs: readonly string[]
  /** Of the clone of the database. */
  readonly tables?: () => Promise<readonly TableState[]>
}

interface CallAnswer {
  readonly status: number
  readonly body: Buffer
}
/** What the rehearsal of a call found. `unknown`: nothing was learned of the call. */
export interface CallReceipt {
  readonly verdict: 'green' | 'red' | 'unknown'
  readonly fault?: RehearsalFault
  readonly environment: Digest
  readonly bootMs?: number
  readonly callMs?: number
  readonly status?: number
  readonly readBack?: ReadBack['found']
  /** Paths and tables that the call changed. Absent: it was not sent. */
  readonly changed?: readonly string[]
  readonly backMs?: number
  /** Absent: the inverse was not sent. */
  readonly differences?: readonly PathDifference[]
  /** Fields and columns that the rules let differ, and that did. */
  readonly differed: readonly string[]
  /** JSON that holds the same and is written otherwise. */
  readonly rewritten: readonly string[]
  readonly compared: number
  readonly tables: number
  readonly notCompared: readonly NotCompared[]
  readonly cloned: Receipt['cloned']
  readonly stayed: readonly string[]
}

/** What a service writes after it has answered comes within that. */
const SETTLE_MS = 250
const LATE_MS = 3_000
const AGAIN_MS = 500

type Growing = { -readonly [Key in keyof CallReceipt]: CallReceipt[Key] }

/** Always a receipt: a room that could not be had is one that says `unknown` and why. */
export function rehearseCall(
  ports: RehearsalPorts,
  spec: CallSpec,
): Promise<{ readonly receipt: CallReceipt; readonly output: string }> {
  return inTurn(async () => {
    const found: Growing = {
      verdict: 'unknown',
      environment: environmentDigest(spec.unit),
      differed: [],
      rewritten: [],
      compared: 0,
      tables: 0,
      notCompared: spec.unit.notApplied.map((what) => ({ what, why: 'unit_setting' })),
      cloned: [],
      stayed: [],
    }
    let output = ''
    let step: RehearsalStep = 'clone'
    try {
      const limitedBy = await withRehearsalRoom(ports, spec, {
        furnished: ({ cloned, notCompared, stayed }) => {
          found.cloned = cloned
          found.stayed = stayed
          // The tables of the database are compared here: it is no live data.
          const own = notCompared.filter(
            ({ what }) => spec.tables === undefined || what !== spec.database?.name,
          )
          found.notCompared = [
            { what: 'acl', why: 'acl' },
            { what: 'xattr', why: 'attributes' },
            ...found.notCompared,
            ...own,
          ]
        },
        said: (text) => {
          output = text
        },
        work: async (room) => {
          const at = (now: RehearsalStep) => {
            step = now
          }
          await new Call(room, spec, ports, found, at).all()
          return room.session.limitedBy
        },
      })
      found.verdict = 'green'
      if (limitedBy === 'watcher') throw new Found({ step: 'clone', code: 'unavailable', what: 'cgroup' })
    } catch (cause) {
      found.fault = faultOf(cause, step)
      found.verdict = isUnknown(found.fault) ? 'unknown' : 'red'
    }
    return { receipt: found, output }
  })
}

class Call {
  readonly #room: FurnishedRoom
  readonly #spec: CallSpec
  readonly #found: Growing
  readonly #at: (step: RehearsalStep) => void
  readonly #headers: Readonly<Record<string, string>>
  /** Nothing in the room is known to take what we send as credential. */
  readonly #isGuessed: boolean

  constructor(
    room: FurnishedRoom,
    spec: CallSpec,
    ports: Pick<RehearsalPorts, 'random'>,
    found: Growing,
    at: (step: RehearsalStep) => void,
  ) {
    this.#room = room
    this.#spec = spec
    this.#found = found
    this.#at = at
    const { credential } = spec
    const { madeFor, given } = room.furnished
    const made = credential === undefined ? undefined : madeFor.get(credential.value)
    const isReal = credential !== undefined && given.includes(credential.key)
    this.#isGuessed = credential !== undefined && made === undefined && !isReal
    this.#headers =
      credential === undefined
        ? spec.headers
        : {
            ...spec.headers,
            authorization: `Bearer ${isReal ? credential.value : (made ?? ofSameShape(credential.value, ports.random))}`,
          }
  }

  async all(): Promise<void> {
    const { call, inverse, read } = this.#spec
    const { service } = this.#room
    this.#at('boot')
    const booting = performance.now()
    await service.prepare()
    await service.start('boot')
    await service.healthy('boot')
    this.#found.bootMs = Math.round(performance.now() - booting)
    await this.#get('boot', read)
    const first = await this.#look()
    // What changes without a call is the service's own: it says nothing of the call.
    await service.healthy('boot')
    await this.#get('boot', read)
    const before = await this.#look()
    const noise = new Set(differing(first, before, []).map(({ path }) => path))
    this.#found.notCompared = [
      ...this.#found.notCompared,
      ...[...noise].map((what) => ({ what, why: 'live' }) as const),
    ]
    this.#found.compared = before.files.size
    this.#found.tables = before.tables.size
    this.#at('call')
    const sent = performance.now()
    this.#found.status = await this.#send('call', call)
    this.#found.callMs = Math.round(performance.now() - sent)
    this.#at('read')
    const answer = await this.#get('read', read)
    const back = readBackFound(call.method, call.body, answer)
    this.#found.readBack = back.found
    const others = (now: State) => differing(before, now, []).filter(({ path }) => !noise.has(path))
    await pause(SETTLE_MS)
    this.#found.changed = others(await this.#look()).map(({ path }) => path)
    if ('field' in back) throw new Found({ step: 'read', code: 'different', what: back.field })
    if (inverse === undefined) return
    this.#at('inverse')
    const returning = performance.now()
    await this.#send('inverse', inverse)
    this.#found.backMs = Math.round(performance.now() - returning)
    this.#at('back-health')
    await service.healthy('back-health')
    this.#at('compare')
    await this.#compare(before, noise)
  }

  /** What is written late is waited for; what is still different then is a difference. */
  async #compare(before: State, noise: ReadonlySet<string>): Promise<void> {
    const until = performance.now() + LATE_MS
    for (;;) {
      await pause(AGAIN_MS)
      const all = differing(before, await this.#look(), this.#spec.differs).filter(
        ({ path }) => !noise.has(path),
      )
      const left = all.filter(({ how }) => how !== 'declared' && how !== 'rewritten')
      if (left.length > 0 && performance.now() < until) continue
      this.#found.differed = [...new Set(all.flatMap(({ declared }) => declared))].sort()
      this.#found.rewritten = all.flatMap(({ how, path }) => (how === 'rewritten' ? [path] : []))
      this.#found.differences = left.map(pathDifference)
      const [first] = left
      if (first === undefined) return
      throw new Found({ step: 'compare', code: 'different', what: first.path })
    }
  }

  async #send(step: RehearsalStep, sent: Sent): Promise<number> {
    const { body } = sent
    const answer = await this.#ask(step, sent, {
      ...(body === undefined ? {} : { body }),
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...this.#headers },
    })
    if (answer.status < 200 || answer.status >= 300)
      throw new Found({ step, code: 'refused', what: `${sent.method} ${pathOf(sent.url)} ${answer.status}` })
    return answer.status
  }

  /** Whatever it says: who asks for something that is not there yet is told so. */
  #get(step: RehearsalStep, url: string): Promise<CallAnswer> {
    return this.#ask(step, { method: 'GET', url }, { headers: this.#headers })
  }

  async #ask(
    step: RehearsalStep,
    { method, url }: { readonly method: RequestMethod | 'GET'; readonly url: string },
    more: { readonly body?: string; readonly headers: Readonly<Record<string, string>> },
  ): Promise<CallAnswer> {
    const { withinMs } = this.#spec
    const answer: OrderAnswer = await this.#room.session.order({
      do: 'request',
      method,
      url,
      withinMs,
      ...more,
    })
    const { status, body } = answer
    if (status === undefined || body === undefined)
      throw new Found({
        step,
        code: answer.why === 'timeout' ? 'time' : 'no_answer',
        what: `${method} ${pathOf(url)}`,
      })
    if (this.#isGuessed && (status === 401 || status === 403))
      throw new Found({ step: 'boot', code: 'credential', what: this.#spec.credential?.key ?? '' })
    return { status, body: Buffer.from(body, 'base64') }
  }

  async #look(): Promise<State> {
    const { live, tables } = this.#spec
    const { furnished, baseUid } = this.#room
    return stateOf(furnished.compared, live, baseUid, await tables?.())
  }
}

const pathOf = (url: string): string => new URL(url).pathname

function pathDifference({ path, field, at }: Differing): PathDifference {
  return { path: at === undefined ? path : `${path} ${at}`, field, after: 'back' }
}
