// One incident on the terminal: what can be typed with it is to be seen on it.
import { expect, test } from 'vitest'
import { type IncidentView, incidentView } from '../contract/incident.ts'
import { incidentLines } from './incident-picture.ts'
import { Terminal } from './terminal.ts'
import { written } from './test-streams.ts'

const digest = 'a'.repeat(64)
const AT = '2026-12-01T15:02:36.000Z'
const VIEW: IncidentView = incidentView.parse({
  id: 'INC-2026-0004',
  level: 1,
  state: 'mitigating',
  service: 'mirai',
  because: '503',
  openedAt: AT,
  acknowledged: true,
  next: { what: 'look', kind: 'does' },
  openedBy: 'ops1',
  sources: [],
  roles: { commander: 'ops1' },
  evidence: [
    {
      set: 'level1',
      at: AT,
      items: ['disk', 'errorLog', 'errorLog nginx', 'health', 'journal', 'memory'].map((name, i) => ({
        item: `E0${i + 1}`,
        name,
        digest,
        size: 1,
      })),
      gaps: [],
      milliseconds: 300,
      by: 'ops1',
    },
  ],
  suspects: [],
  recoveries: [],
  causes: {
    causes: [{ kind: 'disk', code: 'disk.full', values: { path: '/', free: 1, total: 100 } }],
    seen: [
      {
        kind: 'answer',
        code: 'answer.health',
        values: { url: 'https://localhost/health', seen: 'timeout ETIMEDOUT', ms: 3000 },
      },
    ],
    notLooked: [],
    clear: [],
  },
  edited: [{ path: '/srv/mirai/.env', since: AT }],
  notes: [],
})

test.each([
  ['ja', '証拠を読む', '関所の外の変更', 'ほかに見えたこと', '3 秒以内に応答がありません'],
  ['en', 'read evidence', 'outside change', 'also seen', 'does not answer within 3 s'],
] as const)(
  '%s: each item of evidence with its name, files changed outside, and what follows from a cause',
  (language, read, outside, seen, answer) => {
    const terminal = new Terminal({ language, json: false, ascii: false, streams: written().streams })
    const lines = incidentLines(VIEW, terminal, 'UTC')
    const text = lines.join('\n')
    for (const item of ['E01 disk', 'E03 errorLog nginx', 'E06 memory']) expect(text).toContain(item)
    const row = (label: string) => lines.find((line) => line.startsWith(label)) ?? text
    expect(row(read)).toContain('sekisho incident evidence INC-2026-0004 ITEM')
    expect(row(outside)).toContain('/srv/mirai/.env')
    expect(row(outside)).toContain('2026-12-01 15:02:36 UTC')
    expect(
      lines
        .slice(lines.indexOf(row(seen)))
        .slice(0, 2)
        .join('')
        .replace(/ +/g, ' '),
    ).toContain(answer)
  },
)
