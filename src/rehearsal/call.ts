// The rehearsal of a declared call: the deployed release runs in the room on a clone of its data, the call is sent to it, what it says is read back, and its
// inverse is sent. What the call changes and what the inverse leaves behind is found by looking at files and tables, and never by what the service answers.
import { setTimeout as pause } from 'node:timers/promises'
import type { RequestMethod, Sent } from '../plans/actions/request.ts'
import { type ReadBack, readBackFound } from '../plans/read-back.ts'
import type { RehearsalStep } from '../plans/receipt.ts'
import {
  type AtStep,
  type BesideReceipt,
  type BesideSpec,
  begunReceipt,
  bootedBefore,
  type Growing,
  rehearseBeside,
  requireAsBefore,
  SETTLE_MS,
} from './beside.ts'
import { Found } from './findings.ts'
import type { FurnishedRoom, RehearsalPorts } from './in-room.ts'
import { ofSameShape } from './made-values.ts'
import type { OrderAnswer } from './protocol.ts'

export interface CallSpec extends BesideSpec {
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
}

interface CallAnswer {
  readonly status: number
  readonly body: Buffer
}
/** What the rehearsal of a call found. */
export interface CallReceipt extends BesideReceipt {
  readonly callMs?: number
  readonly status?: number
  readonly readBack?: ReadBack['found']
  /** Fields and columns that the rules let differ, and that did. */
  readonly differed: readonly string[]
}

/** Always a receipt: a room that could not be had is one that says `unknown` and why. */
export async function rehearseCall(
  ports: RehearsalPorts,
  spec: CallSpec,
): Promise<{ readonly receipt: CallReceipt; readonly output: string }> {
  const receipt: Growing<CallReceipt> = { ...begunReceipt(spec), differed: [] }
  const output = await rehearseBeside(ports, spec, receipt, (room, at) =>
    new Call(room, spec, ports, receipt, at).all(),
  )
  return { receipt, output }
}

class Call {
  readonly #room: FurnishedRoom
  readonly #spec: CallSpec
  readonly #found: Growing<CallReceipt>
  readonly #at: AtStep
  readonly #headers: Readonly<Record<string, string>>
  /** Nothing in the room is known to take what we send as credential. */
  readonly #isGuessed: boolean

  constructor(
    room: FurnishedRoom,
    spec: CallSpec,
    ports: Pick<RehearsalPorts, 'random'>,
    found: Growing<CallReceipt>,
    at: AtStep,
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
    const { call, inverse, read, differs } = this.#spec
    const found = this.#found
    const before = await bootedBefore(this.#room, this.#spec, found, this.#at, () => this.#get('boot', read))
    this.#at('call')
    const sent = performance.now()
    found.status = await this.#send('call', call)
    found.callMs = Math.round(performance.now() - sent)
    this.#at('read')
    const answer = await this.#get('read', read)
    const back = readBackFound(call.method, call.body, answer)
    found.readBack = back.found
    await pause(SETTLE_MS)
    found.changed = (await before.since()).map(({ path }) => path)
    if ('field' in back) throw new Found({ step: 'read', code: 'different', what: back.field })
    if (inverse === undefined) return
    this.#at('inverse')
    const returning = performance.now()
    await this.#send('inverse', inverse)
    found.backMs = Math.round(performance.now() - returning)
    this.#at('back-health')
    await this.#room.service.healthy('back-health')
    await requireAsBefore(before, found, this.#at, {
      differs,
      seen: (all) => {
        found.differed = [...new Set(all.flatMap(({ declared }) => declared))].sort()
      },
    })
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
}

const pathOf = (url: string): string => new URL(url).pathname
