// A notice as it reaches somebody: subject and text in the language of the channel, and the JSON of a webhook.

import type { Due } from '../notify/next.ts'
import type { Notice } from '../notify/notice.ts'
import type { ChannelLanguage } from '../notify/rules.ts'
import { NOTICE_WORDS } from '../words/notice.ts'
import type { Language } from '../words/words.ts'

export interface Message {
  /** The same each time that this is sent: whoever gets it twice can tell. */
  readonly id: string
  readonly title: string
  readonly text: string
  readonly severity: Notice['severity']
  /** For programs. */
  readonly json: string
}

export interface Sending {
  readonly notice: Notice
  readonly due: Due
  /** Name of this installation. */
  readonly from: string
}

export function messageOf({ notice, due, from }: Sending, language: ChannelLanguage): Message {
  const languages: readonly Language[] = language === 'both' ? ['ja', 'en'] : [language]
  const [first = 'ja'] = languages
  const id = `${notice.id}/${due.track}`
  return {
    id,
    title: `[${from}] ${titleIn(first, notice, due)}`,
    text: `${languages.map((one) => textIn(one, notice, due)).join(`\n${'-'.repeat(20)}\n`)}\n`,
    severity: due.tells === 'over' ? 'info' : notice.severity,
    json: JSON.stringify({
      v: 1,
      id,
      notice: notice.id,
      from,
      tells: due.tells,
      kind: notice.kind,
      topic: notice.topic,
      severity: notice.severity,
      ...(notice.service === undefined ? {} : { service: notice.service }),
      ...(notice.subject === undefined ? {} : { subject: notice.subject }),
      at: notice.at,
      items: notice.items,
      text: notice.text,
    }),
  }
}

function titleIn(language: Language, { text, severity }: Notice, { tells }: Due): string {
  return NOTICE_WORDS.title[language](tells, severity, text[language].title)
}

function textIn(language: Language, notice: Notice, due: Due): string {
  const { title, lines } = notice.text[language]
  const words = NOTICE_WORDS
  return [
    ...(due.tells === 'over' ? [(notice.kind === 'users' ? words.usersOver : words.over)[language]] : []),
    ...(due.tells === 'escalation' ? [words.escalated[language]] : []),
    title,
    ...lines,
    ...(notice.items > 1 ? [words.items[language](notice.items)] : []),
    '',
    ...(due.tells !== 'over' && notice.kind !== 'users' && notice.kind !== 'test'
      ? [words.acknowledge[language](notice.id)]
      : []),
    words.noAuthority[language],
  ].join('\n')
}
