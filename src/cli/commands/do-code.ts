// `sekisho do code`: hands a commit to the gate, waits while it is built, tested and rehearsed, makes its change and shows the card with what was measured.
// `--to` goes back to a commit that was deployed before.
import { resolve } from 'node:path'
import { failureOf, SekishoError } from '../../base/error.ts'
import { type ErrorCode, EXIT, type ExitCode } from '../../base/error-codes.ts'
import { sha256 } from '../../base/hash.ts'
import type { StageView, StageWish } from '../../contract/backup.ts'
import type { ChangeView, NewChange } from '../../contract/change.ts'
import { run as runProgram } from '../../sys/process.ts'
import { CODE_PROGRESS, codeStep } from '../../words/code-progress.ts'
import { bundleOf } from '../bundle.ts'
import { newCodeFrom, notificationFrom } from '../change-input.ts'
import { type Call, option } from '../command.ts'
import { propose } from '../propose.ts'
import { wrongValue } from '../usage.ts'
import { askToApprove } from './ask-to-approve.ts'
import { present } from './change-after.ts'

const POLL_MS = 400

export async function doCode(call: Call): Promise<ExitCode> {
  const asked = await newCodeFrom(call)
  const to = option(call, 'to')
  if (to === 'previous') return takeCodeBack(call, await lastKept(call, asked.service))
  const wish = to === undefined ? await candidate(call, asked.service) : given(call, to)
  return stageAndPropose(call, asked.service, wish, asked, (stage) => ({ ...asked, stage }))
}

/** The commit that was deployed before a kept change comes back, by a change of its own. */
export async function takeCodeBack(
  call: Call,
  before: Pick<ChangeView, 'id' | 'service' | 'notification'>,
): Promise<ExitCode> {
  const stage = await staged(call, before.service, { kind: 'rollback', change: before.id })
  if (stage === undefined) return EXIT.interrupted
  const [text, by] = [option(call, 'instruction'), option(call, 'by')]
  const [impact, risk] = [option(call, 'impact'), option(call, 'risk')]
  const view = await propose(
    call,
    (client) =>
      client.call('changeRollback', {
        id: before.id,
        stage,
        // As it was decided when the code came, unless somebody decides otherwise.
        ...decided(call, before),
        ...(text === undefined ? {} : { instruction: { text, ...(by === undefined ? {} : { by }) } }),
        ...(impact === undefined ? {} : { impact }),
        ...(risk === undefined ? {} : { risk }),
      }),
    CODE_PROGRESS.trying,
  )
  return (await askToApprove(view, call)) ?? (await present(view, call))
}

/** `change revise ID --commit C`: another commit is built, tested and rehearsed for the same change. Undefined after Ctrl-C, which ends nothing. */
export async function stageAgain(
  call: Call,
  { service }: Pick<ChangeView, 'service'>,
): Promise<string | undefined> {
  return staged(call, service, await candidate(call, service))
}

function decided(call: Call, { notification }: Pick<ChangeView, 'notification'>) {
  return { ...(notification === undefined ? {} : { notification }), ...notificationFrom(call) }
}

async function stageAndPropose(
  call: Call,
  service: string,
  wish: StageWish,
  asked: NewChange,
  withStage: (stage: string) => NewChange,
): Promise<ExitCode> {
  const stage = await staged(call, service, wish)
  if (stage === undefined) return EXIT.interrupted
  const change = withStage(stage)
  const view = await propose(
    call,
    (client) => client.call('changeCreate', change),
    CODE_PROGRESS.trying,
    { ...asked, stage },
    wish,
  )
  return (await askToApprove(view, call)) ?? (await present(view, call))
}

async function candidate(call: Call, service: string): Promise<StageWish> {
  const directory = resolve(option(call, 'repository') ?? '.')
  const { code } = await call.loggedIn().call('serviceShow', { name: service })
  if (code === undefined) throw new SekishoError('deploy.not_declared', { service })
  const { commit, bytes } = await bundleOf(runProgram, directory, option(call, 'commit') ?? 'HEAD', code)
  return { kind: 'code', commit, bundle: await sent(call, service, bytes) }
}

const PIECE = 4_000_000

/** Piece by piece, from where a transfer of the same commit broke. Answers the digest of the whole. */
async function sent(call: Call, name: string, bytes: Buffer): Promise<string> {
  const { terminal } = call
  const [digest, size] = [sha256(bytes), bytes.length]
  for (let offset = 0; offset < size; ) {
    const base64 = bytes.subarray(offset, offset + PIECE).toString('base64')
    const { stored, had } = await call.loggedIn().call('bundlePut', { name, digest, size, offset, base64 })
    if (stored) break
    if (had <= offset) throw new SekishoError('runner.chunk_wrong', { expected: had, offset })
    offset = had
    terminal.moving(terminal.pick(CODE_PROGRESS.sends(offset, size)))
  }
  terminal.settle()
  return digest
}

function given(call: Call, to: string): StageWish {
  if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(to)) throw wrongValue(call, '--to', to, ['previous', 'COMMIT'])
  return { kind: 'code', commit: to }
}

/** The newest change of code of the service that is in effect. Throws deploy.nothing_before. */
async function lastKept(call: Call, service: string): Promise<ChangeView> {
  const { changes } = await call.loggedIn().call('changeList', { service })
  for (const { id, kind, state } of changes) {
    if (kind !== 'code' || state !== 'closed') continue
    const view = await call.loggedIn().call('changeShow', { id })
    if (view.execution?.outcome === 'kept' && view.takenBackBy === undefined) return view
  }
  throw new SekishoError('deploy.nothing_before', { service })
}

/** Undefined after Ctrl-C, which ends nothing. */
async function staged(call: Call, service: string, wish: StageWish): Promise<string | undefined> {
  const { terminal } = call
  const { stage } = await call.loggedIn().call('stageStart', { name: service, ...wish })
  const ready = await watch(call, service, stage)
  if (ready === undefined) {
    terminal.note(terminal.pick(CODE_PROGRESS.goesOn(service)))
    return undefined
  }
  if (ready.state === 'failed')
    throw failureOf({ code: ready.code as ErrorCode, detail: ready.detail as never })
  if (ready.state !== 'ready') throw new SekishoError('deploy.stage_gone', { stage })
  return stage
}

async function watch(call: Call, name: string, stage: string): Promise<StageView | undefined> {
  const { terminal } = call
  const client = call.loggedIn()
  for (;;) {
    const now = await client.call('stageShow', { name, stage })
    if (now.state !== 'working' || call.interrupted.aborted) {
      terminal.settle()
      return now.state === 'working' ? undefined : now
    }
    terminal.moving(codeStep(now.progress.step, terminal.language))
    await new Promise((resolved) => setTimeout(resolved, POLL_MS))
  }
}
