// The service as it is started, asked and stopped in a room: what its unit says, by the orders that our own child there obeys.
import { join } from 'node:path'
import type { RehearsalFault, RehearsalStep } from '../plans/receipt.ts'
import type { Account } from './accounts.ts'
import { Found } from './findings.ts'
import { INSIDE_REHEARSAL } from './play.ts'
import type { Order, OrderAnswer } from './protocol.ts'
import type { Session } from './session.ts'
import type { RoomSpec } from './spec.ts'
import { expandWords } from './unit.ts'
import { environmentOf } from './variables.ts'

const GIVE_MS = 30_000
/** The name of the socket to the clone of the database, in the room's own directory. */
export const DOOR = 'database'

export class Booted {
  readonly #session: Session
  readonly #spec: RoomSpec
  readonly #account: Account
  readonly #read: (path: string) => Uint8Array | undefined

  constructor(
    session: Session,
    spec: RoomSpec,
    account: Account,
    read: (path: string) => Uint8Array | undefined,
  ) {
    this.#session = session
    this.#spec = spec
    this.#account = account
    this.#read = read
  }

  /** Before the first start: the sockets that PID 1 holds, and the way to the clone of the database. */
  async prepare(): Promise<void> {
    const { database, unit } = this.#spec
    const { sockets = [] } = unit
    if (sockets.length > 0) await this.must('boot', { do: 'listen', sockets })
    if (database !== undefined)
      await this.must('boot', { do: 'relay', port: database.port, socket: join(INSIDE_REHEARSAL, DOOR) })
  }

  async restart(step: RehearsalStep): Promise<void> {
    await this.stop(step)
    await this.start(step)
  }

  async exec(step: RehearsalStep, argv: readonly string[], cwd: string, withinMs: number): Promise<void> {
    await this.must(step, { do: 'run', program: this.#program(step, argv, cwd), withinMs })
  }

  #program(step: RehearsalStep, argv: readonly string[], cwd: string) {
    const { env, missing } = environmentOf(this.#spec.unit, this.#account, this.#read)
    if (missing !== undefined) throw new Found({ step, code: 'not_started', what: missing })
    const { uid, gid } = this.#account
    return { argv, env, cwd: cwd === '' || cwd === '~' ? '/' : cwd, as: { uid, gid } }
  }

  async start(step: RehearsalStep): Promise<void> {
    const { unit } = this.#spec
    const { env } = environmentOf(unit, this.#account, this.#read)
    for (const one of unit.before) {
      const program = this.#program(step, expandWords(one, env), unit.workingDirectory)
      const answer = await this.#session.order({ do: 'run', program, withinMs: unit.startMs })
      if (!answer.ok && !one.mayFail) throw new Found(this.#red(step, 'not_started', answer, one.path))
    }
    const isOneshot = unit.type === 'oneshot'
    for (const one of unit.start) {
      const program = this.#program(step, expandWords(one, env), unit.workingDirectory)
      if (isOneshot) await this.must(step, { do: 'run', program, withinMs: unit.startMs })
      else await this.must(step, { do: 'start', program, mayEnd: unit.type === 'forking' })
    }
  }

  async stop(step: RehearsalStep): Promise<void> {
    const { unit } = this.#spec
    const { uid, gid } = this.#account
    const graceMs = Math.min(unit.stopMs, GIVE_MS)
    await this.must(step, { do: 'stop', signal: unit.stopSignal, graceMs, as: { uid, gid } })
  }

  async healthy(step: RehearsalStep, withinMs = this.#spec.unit.startMs): Promise<void> {
    const { health } = this.#spec
    const answer = await this.#session.order({ do: 'healthy', health, withinMs })
    if (answer.ok) return
    throw new Found(this.#red(step, answer.why === 'ended' ? 'ended' : 'unhealthy', answer, answer.why))
  }

  async must(step: RehearsalStep, order: Order): Promise<OrderAnswer> {
    const answer = await this.#session.order(order)
    if (answer.ok) return answer
    const program = order.do === 'run' ? order.program.argv[0] : answer.why
    throw new Found(this.#red(step, answer.why === 'time' ? 'time' : 'failed', answer, program))
  }

  #red(
    step: RehearsalStep,
    code: RehearsalFault['code'],
    answer: OrderAnswer,
    named?: string,
  ): RehearsalFault {
    return {
      step,
      code,
      ...(named === undefined || named === 'ended' ? {} : { what: named }),
      ...(answer.exit === undefined ? {} : { exit: answer.exit }),
    }
  }
}
