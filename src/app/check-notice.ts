// What is told when a finding is opened, changes, ends, is acknowledged or muted: people hear of it in the same transaction.
import type { Detail } from '../base/error-values.ts'
import { instant, milliseconds } from '../base/time.ts'
import type { CheckChange } from '../checks/check-change.ts'
import { familyOf } from '../checks/result.ts'
import type { NoticeText } from '../notify/notice.ts'
import { CHECK_WORDS, checkItemName } from '../words/check.ts'
import { reader } from '../words/errors.ts'
import { CHECK_NOTICE } from '../words/notice.ts'
import type { Language } from '../words/words.ts'
import { type Act, plain } from './gate.ts'
import { acknowledgeTopic, LATE_CAUSE, muteTopic, raiseNotice, resolveNotice } from './notices.ts'

const topicOf = ({ check }: CheckChange) => `check:${check}`

export async function noticeCheckChange(step: Act, change: CheckChange): Promise<void> {
  await step.tell({ kind: 'check.changed', values: plain(change) })
  const topic = topicOf(change)
  switch (change.kind) {
    case 'opened':
    case 'changed':
      // That nobody could look is over: what was found then is told by itself, as red as it is.
      if (change.kind === 'changed' && change.from === 'late') await resolveNotice(step, topic)
      await raise(step, change)
      return
    case 'resolved':
      await resolveNotice(step, topic)
      return
    case 'acknowledged':
      await acknowledgeTopic(step, topic, change.by ?? 'system', change.reason)
      return
    case 'muted':
    case 'unmuted':
      await muteTopic(step, topic, change.mutedUntil, change.by ?? 'system', change.reason)
  }
}

/** What goes late within ten minutes is told as one. */
const LATE_MS = 600_000
const lateCause = ({ at }: Act) => `${LATE_CAUSE}${instant(Math.floor(milliseconds(at) / LATE_MS) * LATE_MS)}`

/** What follows from another finding joins its notice. */
async function raise(step: Act, change: CheckChange): Promise<void> {
  const { check, service, to, causedBy, mutedUntil } = change
  const topic = topicOf(change)
  await raiseNotice(step, {
    kind: 'check',
    topic,
    cause: to === 'late' && causedBy === undefined ? lateCause(step) : `check:${causedBy ?? check}`,
    severity: to === 'red' || to === 'late' ? 'red' : 'warning',
    ...(service === undefined ? {} : { service }),
    subject: change.finding,
    text: { ja: textIn('ja', change), en: textIn('en', change) },
    ...(mutedUntil === undefined ? {} : { mutedUntil }),
  })
}

function textIn(
  language: Language,
  { check, item, service, code, values, since, to }: CheckChange,
): NoticeText {
  const said = CHECK_WORDS[code]?.[language](reader(values as Detail)) ?? { what: code }
  const words = CHECK_NOTICE[language]
  // What was seen names its part itself; of what was not seen nothing else tells it apart.
  const part = to === 'late' || to === 'no_data' ? check.slice(familyOf(check).length).replace(':', ' ') : ''
  return {
    title: `${service ?? words.host} ${checkItemName(item, language)}${part}: ${said.what}`.slice(0, 300),
    lines: [
      ...(said.why === undefined ? [] : [said.why]),
      words.since(since, words.states[to]),
      words.users(item, service),
      ...(said.next ?? []),
      `sekisho check show ${check}`,
    ],
  }
}
