// The commands of incidents and their evidence, in the order of `sekisho help`.
import { INCIDENT_HELP } from '../words/incident-help.ts'
import type { Command, OptionSpec } from './command.ts'

const text: OptionSpec = { type: 'string' }
const many: OptionSpec = { type: 'string', multiple: true }
const yes: OptionSpec = { type: 'boolean' }

const incident = (
  word: keyof typeof INCIDENT_HELP & `incident ${string}`,
  usage: string,
  takes: readonly [number, number],
  options: Readonly<Record<string, OptionSpec>> = {},
  examples?: readonly string[],
): Command => ({
  words: word,
  usage,
  help: INCIDENT_HELP[word],
  options,
  takes,
  group: 'incident',
  ...(examples === undefined ? {} : { examples }),
  load: () => import('./commands/incident.ts'),
})

const evidence = (word: 'export' | 'hold' | 'release', usage: string): Command => ({
  words: `evidence ${word}`,
  usage,
  help: INCIDENT_HELP[`evidence ${word}`],
  options: word === 'export' ? { out: text, item: text } : {},
  takes: [1, 1],
  group: 'incident',
  load: () => import('./commands/evidence.ts'),
})

const glass = (
  word: 'run' | 'list' | 'review',
  usage: string,
  takes: readonly [number, number],
  options: Readonly<Record<string, OptionSpec>>,
): Command => ({
  words: `glass ${word}`,
  usage,
  help: INCIDENT_HELP[`glass ${word}`],
  options,
  takes,
  group: 'incident',
  load: () => import('./commands/glass.ts'),
})

export const INCIDENT_COMMANDS: readonly Command[] = [
  incident(
    'incident open',
    '--service S [--level 1|2|3] [--because "…"] [--since TIME] [--no-wait]',
    [0, 0],
    { service: text, level: text, because: text, since: text, 'no-wait': yes },
    ['sekisho incident open --service mirai --because "503 for all users"'],
  ),
  incident('incident list', '[--all]', [0, 0], { all: yes }),
  incident('incident show', 'ID', [1, 1]),
  incident('incident next', 'ID [--no-wait]', [1, 1], { 'no-wait': yes }),
  incident('incident acknowledge', 'ID', [1, 1]),
  incident('incident note', 'ID "TEXT" [--status]', [2, 2], { status: yes }),
  incident('incident role', 'ID commander|operations|communication PERSON', [3, 3]),
  incident('incident handover', 'ID PERSON --note "…"', [2, 2], { note: text }),
  incident('incident recover', 'ID CHANGE', [2, 2]),
  incident('incident skip', 'ID --reason "…"', [1, 1], { reason: text }),
  incident('incident dismiss', 'ID --reason "…"', [1, 1], { reason: text }),
  incident('incident close', 'ID [--cause "…"] [--action "WHO: WHAT"]… [--without-soak "…"]', [1, 1], {
    cause: text,
    action: many,
    'without-soak': text,
  }),
  incident('incident verify', 'ID', [1, 1]),
  incident('incident report', 'ID', [1, 1]),
  incident('incident evidence', 'ID ITEM', [2, 2]),
  evidence('export', 'ID [--item ITEM] [--out DIR]'),
  evidence('hold', 'ID'),
  evidence('release', 'ID'),
  glass(
    'run',
    'restart|reload|start|stop --service S --reason "…" [--incident ID] [--minutes N] [--key FILE]',
    [1, 1],
    { service: text, reason: text, incident: text, minutes: text, key: text },
  ),
  glass('list', '', [0, 0], {}),
  glass('review', 'DIGEST --text "…" [--key FILE]', [1, 1], { text, key: text }),
]
