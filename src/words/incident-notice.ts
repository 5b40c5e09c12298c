// What people are told of an incident: what, since when, what it means, what to type.
import { INCIDENT_WORDS } from './incident.ts'
import { visibleLine } from './layout.ts'
import type { Both } from './words.ts'

export interface IncidentTold {
  readonly id: string
  readonly level: number
  readonly service: string
  readonly because: string
  readonly since: string
  readonly why: 'opened' | 'unacknowledged' | 'relapsed' | 'status_due' | 'review_due'
  readonly step: number
  readonly people: readonly string[]
}
interface Text {
  readonly title: string
  readonly lines: readonly string[]
}

const AFTER: Both<readonly string[]> = {
  ja: ['', '15 分', '1 時間', '4 時間'],
  en: ['', '15 minutes', '1 hour', '4 hours'],
}

export function incidentNotice(of: IncidentTold): { readonly ja: Text; readonly en: Text } {
  return { ja: JA(of), en: EN(of) }
}

const JA = ({ id, level, service, because, since, why, step, people }: IncidentTold): Text => {
  const head = `${id} ${INCIDENT_WORDS.level.ja(level)} ${service}`
  const title = {
    opened: `障害: ${head}`,
    unacknowledged: `${AFTER.ja[step] ?? ''}応答がありません: ${head}`,
    relapsed: `障害が再発しました: ${head}`,
    status_due: `状況報告の時刻です: ${head}`,
    review_due: `事後レビューの期限です: ${head}`,
  }[why]
  const type = {
    opened: `sekisho incident acknowledge ${id}`,
    unacknowledged: `sekisho incident acknowledge ${id}`,
    relapsed: `sekisho incident show ${id}`,
    status_due: `sekisho incident note ${id} "…" --status`,
    review_due: `sekisho incident close ${id} --cause "…"`,
  }[why]
  return {
    title,
    lines: [
      `きっかけ「${visibleLine(because)}」、${since} から`,
      `連絡先: ${people.join('、') || 'いません'}`,
      `次に: ${type}`,
    ],
  }
}

const EN = ({ id, level, service, because, since, why, step, people }: IncidentTold): Text => {
  const head = `${id} ${INCIDENT_WORDS.level.en(level)} ${service}`
  const title = {
    opened: `Incident: ${head}`,
    unacknowledged: `Nobody has answered for ${AFTER.en[step] ?? ''}: ${head}`,
    relapsed: `It is back: ${head}`,
    status_due: `A status is due: ${head}`,
    review_due: `The review is due: ${head}`,
  }[why]
  const type = {
    opened: `sekisho incident acknowledge ${id}`,
    unacknowledged: `sekisho incident acknowledge ${id}`,
    relapsed: `sekisho incident show ${id}`,
    status_due: `sekisho incident note ${id} "…" --status`,
    review_due: `sekisho incident close ${id} --cause "…"`,
  }[why]
  return {
    title,
    lines: [
      `because "${visibleLine(because)}", since ${since}`,
      `told: ${people.join(', ') || 'nobody'}`,
      `next: ${type}`,
    ],
  }
}

export interface GlassTold {
  readonly glass: string
  readonly person: string
  readonly verbs: readonly string[]
  readonly services: readonly string[]
  readonly reason: string
  readonly at: string
}

/** Somebody has acted without an approval. */
export function glassNotice(of: GlassTold): { readonly ja: Text; readonly en: Text } {
  const { glass, person, verbs, services, reason, at } = of
  const what = visibleLine(`${verbs.join(', ')} (${services.join(', ')})`)
  const type = `sudo sekisho glass review ${glass} --text "…"`
  return {
    ja: {
      title: `緊急解錠: ${person}、${what}`,
      lines: [
        `理由「${visibleLine(reason)}」、${at}`,
        '承認なしの操作です。レビューが要ります',
        `次に: ${type}`,
      ],
    },
    en: {
      title: `Break-glass by ${person}: ${what}`,
      lines: [
        `because "${visibleLine(reason)}", ${at}`,
        'it was done without an approval and is to be reviewed',
        `next: ${type}`,
      ],
    },
  }
}
