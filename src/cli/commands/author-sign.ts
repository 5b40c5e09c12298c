// The author's own signature over a plan: where another person must approve, who wrote it decides who that may be, and the gate is not
// believed about it.
import { SekishoError } from '../../base/error.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import type { StageWish } from '../../contract/backup.ts'
import type { ChangeView, NewChange } from '../../contract/change.ts'
import { NAMESPACE } from '../../seal/statement.ts'
import { systemClock } from '../../sys/clock.ts'
import { CHANGE_PROGRESS } from '../../words/change-progress.ts'
import { ERROR_WORDS, reader } from '../../words/errors.ts'
import { doesWhatWasAsked } from '../asked-plan.ts'
import { checkStatement } from '../check-statement.ts'
import { GateRefusal } from '../client.ts'
import { type Call, flag, option } from '../command.ts'
import { readSealed, type Sealed, sealedView } from '../sealed.ts'
import { card, zoneHere } from '../show.ts'
import { findKey, signText } from '../sign.ts'
import { showAfter } from './change-after.ts'
import { enrolledKeys } from './enrolled-keys.ts'

/** `change sign ID`: the card of what is sealed, one question at a terminal, and the signature. */
export async function signAuthored(call: Call, id: string): Promise<ExitCode> {
  const { terminal } = call
  const client = call.loggedIn()
  const told = await client.call('changeShow', { id })
  if (told.envelope === undefined)
    throw new SekishoError('change.wrong_state', { state: told.state, event: 'author', change: id })
  const sealed = await readSealed(client, id)
  if (!terminal.json && terminal.streams.interactive && !flag(call, 'yes')) {
    terminal.say(card(sealedView(told, sealed), call, zoneHere()))
    const question = terminal.pick(CHANGE_PROGRESS.askAuthor)
    if (!(await terminal.agrees(question))) return EXIT.waiting
  }
  return showAfter(call, await signOver(call, id, sealed))
}

/**
 * Signs what was just asked for, where the author's signature is wanted and the plan does nothing else. Where that cannot be done the
 * change stays as it is, and what can be typed next says so.
 */
export async function signAsked(
  call: Call,
  view: ChangeView,
  wish: NewChange,
  restore: StageWish | undefined,
): Promise<ChangeView> {
  const { terminal } = call
  if (view.state !== 'awaiting_approval' || view.authorship !== 'unsigned') return view
  try {
    const sealed = await readSealed(call.loggedIn(), view.id)
    if (!doesWhatWasAsked(sealed.plan, wish, restore)) return view
    return await signOver(call, view.id, sealed)
  } catch (error) {
    const why =
      error instanceof GateRefusal
        ? error.problem.title
        : error instanceof SekishoError
          ? ERROR_WORDS[error.code][terminal.language](reader(error.detail)).what
          : undefined
    if (why === undefined) throw error
    if (!terminal.json)
      terminal.sentence('!', {
        what: terminal.pick(CHANGE_PROGRESS.notSigned),
        why,
      })
    return view
  }
}

async function signOver(call: Call, id: string, { plan, envelope }: Sealed): Promise<ChangeView> {
  const client = call.loggedIn()
  const me = await client.call('who')
  const key = await findKey(call.environment, option(call, 'key'), await enrolledKeys(call))
  const asked = await client.call('changeStatement', { id, type: 'author' })
  checkStatement(
    asked.text,
    { type: 'author', approver: me.id, fields: { change: plan.change, plan: envelope.plan } },
    systemClock.now(),
  )
  const signature = await signText(asked.text, key, NAMESPACE, call.environment)
  return client.call('changeDecision', { id, signed: { text: asked.text, signature } })
}
