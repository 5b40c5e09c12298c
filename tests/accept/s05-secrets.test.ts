// Sixty secrets of a service: the step that needs them has them, and tells them in every way it can; nothing that leaves the runner holds one of them, and the
// account of the agent cannot read them. Searched with tools that share no code with ours.
import { createHash } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { describeWith } from '../host/describe.ts'
import { until } from '../until.ts'
import { type CodeStory, codeStory, redChecks } from './code-story.ts'
import { greeting, greetingTest, ROOT } from './notes.ts'

const COUNT = 60
const ENV = `${ROOT}/shared/.env`
const LOG = '/var/log/notes/error.log'
const CANARY = (i: number) => {
  const random = createHash('sha256')
    .update(`canary ${i}`)
    .digest('base64url')
    .slice(0, 16 + (i % 20))
  return i % 3 === 0 ? `c${i}-${random}+/&="%` : `c${i}-${random}`
}
const CANARIES = Array.from({ length: COUNT }, (_, i) => CANARY(i))
const SUM = createHash('sha256').update(CANARIES.join('\n')).digest('hex')

/** As they are, in JSON, percent-encoded, in base64: which of them stand in a text. */
const spellings = (value: string) => [
  value,
  JSON.stringify(value).slice(1, -1),
  encodeURIComponent(value),
  Buffer.from(value).toString('base64').replace(/=+$/, '').slice(0, -2),
]
const found = (text: string) => CANARIES.filter((one) => spellings(one).some((form) => text.includes(form)))

/** Reads the variables as the service does, and proves it by their sum; then it tells them: byte by byte, whole, spelled otherwise, on both streams. */
const smoke = (more: string) => `import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'

const values = Array.from({ length: ${COUNT} }, (_, i) => process.env['SECRET_' + i] ?? '')
const sum = createHash('sha256').update(values.join('\\n')).digest('hex')
for (const value of values) {
  // Split at every byte.
  for (const byte of Buffer.from(value)) writeSync(1, Buffer.from([byte]))
  writeSync(1, '\\n')
}
for (const value of values.slice(0, 20)) writeSync(2, 'Error: refused ' + JSON.stringify({ value }) + ' ' + encodeURIComponent(value) + '\\n')
writeSync(1, values.map((value) => Buffer.from(value).toString('base64')).slice(0, 10).join(' ') + '\\n')
writeSync(1, 'sum ' + sum + '\\n')
${more}
`
/** In the room every value is a made one: it fails where the values are those of production. */
const FAILS = `if (sum === '${SUM}') throw new Error('refused with ' + values.slice(0, 30).join(' '))`
const SERVER = `import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { greeting } from './greeting.js'

const values = Array.from({ length: ${COUNT} }, (_, i) => process.env['SECRET_' + i] ?? '')
const sum = createHash('sha256').update(values.join('\\n')).digest('hex')
for (const value of values) console.error('ERROR connecting with ' + value)
createServer((request, response) => {
  if (request.url === '/health') response.end(JSON.stringify({ status: 'ok' }))
  else response.end(request.url === '/sum' ? sum : greeting('notes'))
}).listen(9100, '127.0.0.1')
`

describeWith('host', 'secrets of a service', () => {
  let story: CodeStory
  const host = () => story.here.host
  const text = async (script: string) =>
    (await host().exec(['bash', '-c', script], { timeoutMs: 120_000 })).stdout

  beforeAll(async () => {
    story = await codeStory({
      deploy: 'releases',
      files: { 'server.js': SERVER },
      service: `    configs: [{ path: ${ENV}, kind: dotenv, activation: none }]
    logs: { error: ${LOG} }
`,
      policy: (yaml) =>
        yaml
          .replace(/smoke: .*\n/, 'smoke: { argv: [node, smoke.js] }\n')
          .replace('deploy: releases }', 'deploy: releases, shared: [.env] }'),
      prepare: async (one) => {
        const lines = CANARIES.map((value, i) => `SECRET_${i}='${value}'\n`).join('')
        await one.put(ENV, lines, 0o600)
        await one.ok(['chown', 'notes:notes', ENV])
        await one.ok([
          'bash',
          '-ec',
          `install -d /var/log/notes && cd /etc/systemd/system
sed -i '/^WorkingDirectory/a EnvironmentFile=${ENV}' notes.service
systemctl daemon-reload && systemctl restart notes`,
        ])
        await one.put(
          LOG,
          CANARIES.map((value) => `2026-01-01T00:00:00Z ERROR refused: ${value}\n`).join(''),
          0o644,
        )
      },
    })
  })

  /** Every row of every table of both databases of the gate, and every blob in its own bytes: by the program of PostgreSQL. */
  const dump = () =>
    text(`cd /var/lib/sekisho/pg && export PGHOST=$PWD/socket
as() { PGPASSWORD=$(cat $1.password) psql -XAtq -U sk_$1 "$2" -c "$3"; }
for of in 'owner sekisho' 'gate sekisho_engine'; do set -- $of
  as $1 $2 "SELECT format('SELECT row_to_json(t) FROM %I.%I t', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')" |
    while read -r all; do as $1 $2 "$all"; done
done
as owner sekisho "SELECT encode(bytes, 'escape') FROM blob"`)
  const both = async (...argv: readonly string[]) =>
    (await story.here.sekisho('ops1', argv, { together: true })).stdout +
    (await story.here.sekisho('claude', argv, { together: true })).stdout

  /** A change whose smoke test tells all that it has. Answers what was printed until its end, and the change. */
  async function told(more: string, word: string) {
    await story.here.host.put('/home/claude/notes/smoke.js', smoke(more))
    await story.here.host.put('/home/claude/notes/greeting.js', greeting(word))
    await story.here.host.put('/home/claude/notes/test/greeting.test.js', greetingTest(word))
    await story.commit('true')
    const view = await story.propose()
    expect(redChecks(view)).toEqual([])
    const card = await story.must('ops1', ['change', 'show', view.id])
    const { stdout: stream } = await story.here.sekisho('ops1', ['change', 'approve', view.id, '--yes'], {
      together: true,
      timeoutMs: 300_000,
    })
    return { id: view.id, card, stream }
  }

  test('S05 sixty canary secrets: the step has them and tells them in every way; 0 are found in eight channels, and the account of the agent cannot read them', async () => {
    const read = await host().exec(['cat', ENV], { user: 'claude' })
    expect([read.code, read.stdout]).toEqual([1, ''])
    expect(await text('curl -s http://127.0.0.1:9100/sum')).toBe(SUM)
    // One whose smoke test fails with the values of production in its error, and one that is kept.
    const failed = await told(FAILS, 'Broken')
    expect(failed.stream).not.toContain('✓ done')
    await story.reset()
    const kept = await told('', 'Welcome')
    await until('the record to name the commit', 60_000, async () =>
      (await story.must('ops1', ['record', 'show', kept.id])).includes('commit ') ? true : undefined,
    )
    // The step saw the values of production: it tells their sum.
    const journal = await text('cat $(find /var/lib/sekisho/runner/journal -type f)')
    expect(journal.split(`sum ${SUM}`).length - 1).toBeGreaterThan(0)

    await host().ok(['install', '-d', '-o', 'ops1', '/home/ops1/out'])
    await story.must('ops1', ['ledger', 'export', '--out', '/home/ops1/out/ledger'])
    const of = async (...argv: readonly string[]) =>
      (await both(...argv, failed.id)) +
      (await both(...argv, kept.id)) +
      (await both(...argv, kept.id, '--json'))
    const channels: Readonly<Record<string, string>> = {
      'what the step printed, split at every byte': journal,
      'errors of the step': await of('change', 'show'),
      'the stream of progress': failed.stream + kept.stream,
      'card and difference': failed.card + kept.card + (await of('change', 'diff')),
      'the record': await of('record', 'show'),
      'the export of the ledger': await text('cat /home/ops1/out/ledger'),
      'a dump of the store': await dump(),
      'logs and states': `${await text('journalctl -u sekisho-up.service -o cat')}${await both('status')}${await both('doctor')}${await both('check', 'list')}${await both('change', 'list')}`,
    }
    for (const [name, all] of Object.entries(channels)) {
      expect(all.length, name).toBeGreaterThan(500)
      expect([name, found(all)]).toEqual([name, []])
    }
    // What is there is found by the same search; and the dump is one that holds the change.
    expect(found(await text(`cat ${ENV}`)).length).toBe(COUNT)
    expect(found(await text('journalctl -u notes -o cat')).length).toBe(COUNT)
    expect(channels['a dump of the store']).toContain(`sum ${SUM}`)
    expect(channels['a dump of the store']).toContain(kept.id)
  })
})
