// Whether notices get through, by channel: the last answer of each is kept, and a channel that does not take its notices is a warning of
// status, doctor and the checks. Of a channel that nothing was sent by nothing is said but that.
import { isObject } from '../base/json.ts'
import { type Instant, milliseconds } from '../base/time.ts'
import type { DoctorFact } from '../contract/gate.ts'
import type { Attempt } from '../notify/notice.ts'
import type { NotifyRules } from '../notify/rules.ts'
import type { Act } from './gate.ts'
import { readSetting, settingValue, writeSetting } from './store.ts'

const SETTING = 'channel_answers'

interface Answered {
  readonly at: Instant
  readonly answer: string
  /** Since when each attempt has failed, and how many there were. */
  readonly failing?: { readonly since: Instant; readonly count: number; readonly final: boolean }
}
type Answers = Readonly<Record<string, Answered>>

/** A part of a larger statement; `channelsSeen` reads it. */
export const CHANNEL_ANSWERS = settingValue(SETTING)
export const readChannelAnswers = (db: Act['tx']): Promise<unknown> => readSetting(db, SETTING)

/** Written by `keepAnswers` alone. */
const answersOf = (value: unknown): Answers => (isObject(value) ? (value as unknown as Answers) : {})

/** Attempts that were not known before, of whichever notice. */
export async function keepAnswers(tx: Act['tx'], attempts: readonly Attempt[]): Promise<void> {
  if (attempts.length === 0) return
  const answers: Record<string, Answered> = { ...answersOf(await readSetting(tx, SETTING)) }
  for (const one of attempts.toSorted((a, b) => (a.at < b.at ? -1 : 1))) {
    const { channel, at, accepted, final, answer } = one
    const before = answers[channel]
    if (before !== undefined && before.at > at) continue
    const since = before?.failing?.since ?? at
    const count = (before?.failing?.count ?? 0) + 1
    answers[channel] = accepted
      ? { at, answer }
      : { at, answer, failing: { since, count, final: final === true } }
  }
  await writeSetting(tx, SETTING, answers)
}

/** One failure may be a moment's; a second one, or one that no repetition mends, is the channel's. */
const FAILURES = 2

export interface ChannelsSeen {
  readonly failing: readonly { readonly channel: string; readonly answer: string; readonly since: Instant }[]
  readonly took: readonly string[]
  readonly untried: readonly string[]
}

/** Of the channels that are declared now. */
export function channelsSeen(rules: NotifyRules | undefined, found: unknown): ChannelsSeen {
  const answers = answersOf(found)
  const names = (rules?.channels ?? []).map(({ name }) => name)
  const isFailing = ({ failing }: Answered) =>
    failing !== undefined && (failing.final || failing.count >= FAILURES)
  return {
    failing: names.flatMap((channel) => {
      const one = answers[channel]
      return one?.failing === undefined || !isFailing(one)
        ? []
        : [{ channel, answer: one.answer, since: one.failing.since }]
    }),
    took: names.filter((name) => answers[name] !== undefined && !isFailing(answers[name])),
    untried: names.filter((name) => answers[name] === undefined),
  }
}

/** One fact for each channel that fails, else one for all; none where no channel is declared. */
export function channelFacts(
  rules: NotifyRules | undefined,
  found: unknown,
  at: Instant,
): readonly DoctorFact[] {
  const { failing, took, untried } = channelsSeen(rules, found)
  const fact = (state: DoctorFact['state'], code: string, values: DoctorFact['values']): DoctorFact => ({
    name: 'channels',
    state,
    code,
    values,
  })
  return [
    ...failing.map(({ channel, answer, since }) =>
      fact('warn', 'doctor.channel_failing', {
        channel,
        answer,
        sinceMs: Math.max(0, milliseconds(at) - milliseconds(since)),
      }),
    ),
    ...(took.length === 0 ? [] : [fact('good', 'doctor.channels', { took: took.join(', ') })]),
    ...(untried.length === 0
      ? []
      : [fact('none', 'doctor.channels_untried', { untried: untried.join(', ') })]),
  ]
}
