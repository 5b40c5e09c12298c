import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { PLANS } from '../../tests/vectors/seal/sample.ts'
import { type Digest, sha256 } from '../base/hash.ts'
import { canonical, type JsonObject } from '../base/json.ts'
import type { Instant } from '../base/time.ts'
import type { Entry } from '../ledger/entry.ts'
import { CHANGE_WORDS } from '../words/change.ts'
import { impactAfterTrial } from './impact.ts'
import { impactText } from './impact-text.ts'
import { renderRecord } from './record.ts'

const AT = '2026-11-25T14:10:00.000Z' as Instant
const blobs = new Map<Digest, string>()
const blob = (text: string): Digest => {
  const digest = sha256(text)
  blobs.set(digest, text)
  return digest
}
const entry = (seq: number, kind: string, payload: JsonObject): Entry => ({
  v: 1,
  seq,
  prev: '0'.repeat(64) as Digest,
  at: AT,
  kind,
  subject: 'CHG-2026-0042',
  actor: 'claude',
  payload,
})
const plan = {
  v: 1,
  change: 'CHG-2026-0042',
  revision: 1,
  host: 'web1',
  service: 'mirai',
  pattern: 'config',
  playbook: 'config/1',
  targets: ['web1/file:/etc/x'],
  actions: [
    {
      id: '1',
      action: {
        kind: 'replaceFiles',
        files: [
          {
            path: '/etc/x',
            real: '/etc/x',
            links: [],
            before: { kind: 'absent' },
            after: { kind: 'absent' },
          },
        ],
      },
      undo: [{ kind: 'putBack' }],
      timeoutMs: 1000,
    },
  ],
  pre: [],
  proof: [{ kind: 'files' }],
  diagnostics: false,
  keep: { by: 'proof', seconds: 60 },
}
const envelope = sha256('envelope')
const ENTRIES: readonly Entry[] = [
  entry(1, 'change.created', {
    pattern: 'config',
    service: 'mirai',
    instruction: {
      digest: blob('アップロードの上限を20MBにして'),
      by: 'ops1',
      channel: 'claude-code',
      mode: 'quoted',
      at: AT,
    },
    author: 'claude',
    model: 'model-1',
    explanation: { impact: '大きな添付が通る', risk: 'ディスク\u202e' },
  }),
  entry(2, 'change.planned', {
    plan: sha256('p'),
    planBlob: blob(canonical(plan)),
    diff: blob('-a\n+b\n'),
    impact: { serverNames: ['mirai.example.jp'], units: [], listeners: [], downtime: 'none' },
  }),
  entry(3, 'change.checked', {
    checks: [
      { check: 'trial', verdict: 'green', collector: 'runner' },
      { check: 'undo', verdict: 'green', collector: 'runner', facts: { milliseconds: 400 } },
      { check: 'conflict', verdict: 'green', collector: 'gate' },
    ],
  }),
  entry(4, 'change.sealed', { envelope, parts: { notification: 'not_needed' } }),
  entry(5, 'change.approved', {
    envelope,
    approver: 'ops1',
    at: AT,
    keyClass: 'file',
    solo: true,
    demo: true,
  }),
  entry(6, 'execution.closed', { outcome: 'kept', journal: blob('') }),
]
const names: Readonly<Record<string, string>> = { ops1: '運用 花子', claude: 'Claude Code' }
const record = (language: 'ja' | 'en', entries = ENTRIES) =>
  renderRecord(
    { entries, blob: (digest) => blobs.get(digest), name: (id) => names[id] ?? id, zone: 'Asia/Tokyo' },
    language,
  )

describe('part of S51: the record in the guide’s form', () => {
  test('title and eight headings in the guide’s order', () => {
    const text = record('ja')
    expect(text.split('\n')[0]).toBe('# 変更記録: 2026-11-25')
    expect(text.match(/^## .*$/gm)).toEqual([
      '## 変更概要',
      '## 変更理由',
      '## 変更内容',
      '## 影響範囲',
      '## テスト結果',
      '## ロールバック手順',
      '## 実施者',
      '## 承認',
    ])
    expect(record('en').match(/^## .*$/gm)).toHaveLength(8)
  })
  test('part of S52: the one who carried it out is the agent, instructed by a person', () => {
    expect(record('ja')).toContain('Claude Code (model-1)（指示: 運用 花子）')
  })
  test('part of N33: where another person approved, the record says that nobody has signed who wrote it', () => {
    const together = ENTRIES.map((one) =>
      one.kind === 'change.approved' ? { ...one, payload: { ...one.payload, solo: false } } : one,
    )
    expect(record('ja', together)).toMatch(/（指示: 運用 花子）\n- 作成者の名前は関所の申告（署名なし）/)
    expect(record('en', together)).toContain('- who wrote it is gate-asserted, not signed')
    expect(record('en')).not.toContain('who wrote it')
  })
  test('part of S53: the time of approval with its zone, stamped', () => {
    expect(record('ja')).toMatch(
      /運用 花子 {2}2026-11-25 23:10:00 JST {2}封 .* {2}単独承認、DEMO、鍵: ファイル/,
    )
  })
  test('part of S13: the instruction verbatim, and an erased one says so', () => {
    expect(record('ja')).toContain(
      '「アップロードの上限を20MBにして」（運用 花子、Claude Code による引用、2026-11-25 23:10:00 JST、claude-code）',
    )
    const without = renderRecord(
      { entries: ENTRIES, blob: () => undefined, name: (id) => id, zone: 'UTC' },
      'en',
    )
    expect(without).toContain('(erased; the proof stays whole)')
  })
  test('what people wrote is shown, not obeyed', () => {
    expect(record('ja')).toContain('ディスク<U+202E>')
  })
  test('what is not there reads as not recorded, never as a blank', () => {
    expect(record('ja', [ENTRIES[0] as Entry])).toContain('記録なし')
  })
  test('what never ran does not read as if it had changed anything', () => {
    const unrun = ENTRIES.slice(0, 5)
    expect(record('en', unrun)).toContain('Files it would have changed: ')
    expect(record('en', unrun)).toContain('In production: it did not run; nothing was changed')
    expect(record('ja', unrun)).not.toContain('変更したファイル')
    expect(record('ja')).toContain('変更したファイル')
  })
  test('every proof has a name in both languages', () => {
    const folder = new URL('../plans/proofs/', import.meta.url)
    const kinds = readdirSync(folder).flatMap(
      (file) => /kind: literal\('(\w+)'\)/.exec(readFileSync(new URL(file, folder), 'utf8'))?.[1] ?? [],
    )
    expect(kinds).toContain('deployed')
    for (const kind of kinds)
      for (const language of ['ja', 'en'] as const)
        expect(CHANGE_WORDS[language].proof[kind], kind).toBeTypeOf('string')
  })
  test('the way back of code is told in the language of the reader', () => {
    const planBlob = blob(canonical(PLANS['codeInPlace'] as unknown as JsonObject))
    const planned = ENTRIES.map((one) =>
      one.kind === 'change.planned' ? { ...one, payload: { ...one.payload, planBlob } } : one,
    )
    const wayBack = (language: 'ja' | 'en') =>
      record(language, planned)
        .split('\n')
        .filter((line) => /元のものと入れ替える|with the originals/.test(line))
        .join()
    expect(wayBack('ja')).toContain('個のファイルを元のものと入れ替える')
    expect(wayBack('en')).toContain('again with the originals')
  })
  test('what the gate asserts is labelled as such', () => {
    expect(record('ja')).toContain('実行中の他の変更なし: 通過（関所の申告）')
  })
})

test('what an nginx proof asked of the sites, and what it did not, stands below it', () => {
  const facts = {
    asked: [{ url: 'https://a.test/', before: '200', after: '200' }],
    notAsked: [{ where: 'a.test ~ x', why: 'regex' }],
  }
  const line = {
    key: 'CHG-2026-0042/1',
    body: { kind: 'proof', proof: { kind: 'nginx' }, verdict: 'green', facts, milliseconds: 4000 },
  }
  const closed = entry(6, 'execution.closed', { outcome: 'kept', journal: blob(`${canonical(line)}\n`) })
  expect(record('en', [...ENTRIES.slice(0, -1), closed])).toMatch(
    / {2}- .*nginx.*\n {4}- GET before and after the change, same status: https:\/\/a\.test\/ \(200\)\n {4}- not asked: a\.test ~ x \(regular expression\)\n/,
  )
})

test('files that no validator reads are named beside the check', () => {
  const unread = { noValidator: ['/etc/logrotate.d/app'] }
  const said = (verdict: string, facts: JsonObject = unread) => {
    const checks = [{ check: 'validation', verdict, collector: 'runner', facts }]
    return record('en', [...ENTRIES, entry(7, 'change.checked', { checks })])
  }
  expect(said('green')).toContain('validated (sandbox): passed (no validator for /etc/logrotate.d/app)\n')
  expect(said('no_validator')).toContain('validated (sandbox): no validator for this kind\n')
  const own = said('green', { ownReading: ['crontab'], validator: 'crontab' })
  expect(own).toContain('syntax (read by Sekisho): passed (time, user and command of each line')
})

test('the record lists the impact that the card listed, with what the trial showed', () => {
  const facts = {
    serverNames: ['new.example.jp'],
    listeners: [{ proto: 'tcp', address: '0.0.0.0', port: 8443 }],
  }
  const details = blob(JSON.stringify([{ check: 'validation', facts }]))
  const impact = {
    files: ['/etc/x'],
    units: ['nginx.service'],
    serverNames: ['mirai.example.jp'],
    listeners: ['*:443', '[::]:443'],
    downtime: 'none' as const,
  }
  const [created, planned, checked, ...rest] = ENTRIES as [Entry, Entry, Entry]
  const entries = [
    created,
    { ...planned, payload: { ...planned.payload, impact } },
    { ...checked, payload: { ...checked.payload, details } },
    ...rest,
  ]
  const listed = 'mirai.example.jp, new.example.jp, nginx, port 443, 8443'
  expect(record('en', entries)).toContain(`: ${listed}\n`)
  const seen = impactAfterTrial(impact, [{ check: 'validation', facts }])
  expect(impactText(seen, 'en')).toBe(listed)
})

test('the way back of a new file is its removal', () => {
  expect(record('en')).toContain('- remove /etc/x, which was not there before\n')
  expect(record('ja')).toContain('- /etc/x を削除（変更前はなかった）\n')
})
