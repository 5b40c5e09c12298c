// Requests of users while the code of a service is replaced and taken back, counted by a client, by the record, and before by the rehearsal: behind a proxy without a
// socket unit, then with one. The data of the room comes from a backup.
import { spawn } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { type BlockDisk, openBlockDisk } from '../host/block-disk.ts'
import { describeWith } from '../host/describe.ts'
import { CHECKOUT_IN_HOST, type Host, NODE_IN_HOST } from '../host/host.ts'
import { limitTree } from '../host/limit-tree.ts'
import { until } from '../until.ts'
import { type World, world } from '../world/world.ts'
import { commitGreeting, makeNotes, notesPolicy, ROOT, says, WORK } from './notes.ts'
import { proposal } from './proposal.ts'

const RATE = 200
const DATA = '/var/lib/notes/data'
const LOG = '/var/log/nginx/notes.access.log'
/** Its start takes longer than what else the machine does makes it vary. */
const SERVER = `import { createServer } from 'node:http'
import { existsSync, readFileSync } from 'node:fs'
import { greeting } from './greeting.js'

const word = greeting('').trim()
const articles = JSON.parse(readFileSync('${DATA}/articles.json', 'utf8'))
const server = createServer((request, response) => {
  response.statusCode = request.url === '/health' && word !== 'Hello' && existsSync('${DATA}/sick') ? 500 : 200
  if (request.url === '/health') response.end(JSON.stringify({ status: 'ok', articles: articles.length }))
  else response.end(greeting('notes'))
})
process.on('SIGTERM', () => server.close(() => process.exit(0)))
if (process.env.LISTEN_FDS === '1') server.listen({ fd: 3 })
else setTimeout(() => server.listen(9100, '127.0.0.1'), 2000)
`
const SITE = `server {
    listen 8095;
    access_log ${LOG};
    location / { proxy_pass http://127.0.0.1:9100; proxy_set_header Connection close; }
}
`
const SOCKET = `[Unit]
Description=Notes
[Socket]
ListenStream=127.0.0.1:9100
[Install]
WantedBy=sockets.target
`

interface Counts {
  readonly sent: number
  readonly ok: number
  readonly lost: number
  readonly other: number
  /** The longest time between two answers, how long the request took that ended it, and how long the client itself stood still at most. */
  readonly longestMs: number
  readonly tookMs: number
  readonly pauseMs: number
}

async function prepare(host: Host): Promise<void> {
  await makeNotes(host, 'releases')
  await host.ok(['install', '-d', '-o', 'notes', '-g', 'notes', '-m', '750', DATA])
  await host.put(`${DATA}/articles.json`, '[{"id":1},{"id":2}]\n')
  await host.ok(['chown', 'notes:notes', `${DATA}/articles.json`])
  await host.ok(['install', '-d', '-m', '755', '/backup/notes'])
  await host.put(`${WORK}/server.js`, SERVER)
  await host.put('/etc/nginx/sites-available/notes', SITE)
  await host.ok([
    'bash',
    '-ec',
    `chown -R root:root ${WORK} && cd ${WORK} && git add . && git -c user.name=seed -c user.email=seed@example.jp commit -qm data
git -C ${ROOT}/repository.git fetch -q ${WORK} main:main
cp ${WORK}/server.js ${ROOT}/releases/first/server.js
chown -R claude:claude ${WORK}
ln -s /etc/nginx/sites-available/notes /etc/nginx/sites-enabled/notes && systemctl reload nginx && systemctl restart notes`,
  ])
  await until('the notes to answer', 20_000, async () =>
    (await says(host)) === 'Hello notes' ? true : undefined,
  )
}

describeWith('disks', 'requests while code is replaced', () => {
  let here: World
  const disks: BlockDisk[] = []
  const must = async (who: 'ops1' | 'claude', argv: readonly string[], code = 0) => {
    const said = await here.sekisho(who, argv, { together: true, timeoutMs: 300_000 })
    expect(said.code, `${argv.join(' ')}\n${said.stdout}`).toBe(code)
    return said.stdout
  }

  beforeAll(async () => {
    const [data, copies] = [await openBlockDisk(128), await openBlockDisk(128)]
    disks.push(data, copies)
    here = await world({
      binds: [
        ...limitTree(),
        { from: data.path, to: '/var/lib/notes', access: 'rw' },
        { from: copies.path, to: '/backup', access: 'rw' },
      ],
      policy: (host) =>
        notesPolicy(
          host,
          'releases',
          `    logs: { access: ${LOG} }
    data: [{ dir: ${DATA}, format: json }]
    backup: { every: 6h, copies: [{ name: local, to: /backup/notes }], timezone: UTC }
`,
        ),
      prepare,
    })
    await must('ops1', ['standing', 'sign', 'notes', 'backup', '--yes'])
    await must('ops1', ['backup', 'run', '--service', 'notes'])
    // After the backup: the room has it not, production has.
    await here.host.put(`${DATA}/new.json`, '[]\n')
  })

  afterAll(async () => {
    // The disks can be given back once no process of the host holds it.
    await (here as World | undefined)?.host.crash()
    for (const disk of disks) await disk.close()
  })

  async function counted(url: string, work: () => Promise<unknown>): Promise<Counts> {
    const [program = '', ...args] = here.host.argv([
      NODE_IN_HOST,
      `${CHECKOUT_IN_HOST}/tests/accept/requests-load.ts`,
      url,
      String(RATE),
    ])
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    let text = ''
    const started = Promise.withResolvers<void>()
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes('started')) started.resolve()
    })
    const ended = new Promise((resolve) => child.on('close', resolve))
    try {
      await started.promise
      await work()
    } finally {
      child.stdin.end()
      await ended
    }
    return JSON.parse(text.slice(text.indexOf('{'))) as Counts
  }

  const propose = async (word: string) => {
    await commitGreeting(here.host, word)
    return here.json<ChangeView>(
      'claude',
      proposal({ service: 'notes', work: WORK, instruction: `Say ${word}` }),
      { timeoutMs: 300_000 },
    )
  }
  const approve = (id: string) => must('ops1', ['change', 'approve', id, '--yes'])
  const goBack = async () => {
    const card = await must(
      'ops1',
      ['do', 'code', '--service', 'notes', '--to', 'previous', '--instruction', 'Back'],
      3,
    )
    return { id: /CHG-\d{4}-\d{4}/.exec(card)?.[0] ?? '', card }
  }
  const facts = (view: ChangeView) => view.checks.find(({ check }) => check === 'rehearsal')?.facts ?? {}
  const recorded = async (id: string) => {
    const record = await must('ops1', ['record', 'show', id])
    return {
      record,
      lost: Number(/Requests without an answer: (\d+) of/.exec(record)?.[1] ?? Number.NaN),
      awayMs: 1000 * Number(/Downtime: .*actual at most ([\d.]+) s/.exec(record)?.[1] ?? Number.NaN),
    }
  }

  test('N22: the card says which backup the data of the room was, how old it is, and what differed from production', async () => {
    const view = await propose('Welcome')
    expect(view.checks.filter(({ verdict }) => verdict !== 'green' && verdict !== 'not_applicable')).toEqual(
      [],
    )
    const card = await must('ops1', ['change', 'show', view.id])
    expect(card.replace(/\s+/g, ' ')).toMatch(
      /data of \/var\/lib\/notes\/data from backup \d{8}_\d{6}Z \(local\), 0\.\d h old; 1 file differs now/,
    )
    expect(card).toContain('not compared')
  })

  let deployed = ''
  /** Without a socket unit: of the client, of the record, and of the card. */
  let plain: { client: number; record: number; least: number; most: number } | undefined
  test('part of N25 and N04: behind a proxy the record counts what the client lost, and the card said how many', async () => {
    const { changes } = await here.json<{ changes: { id: string }[] }>('ops1', ['change', 'list'])
    deployed = changes[0]?.id ?? ''
    const view = await here.json<ChangeView>('ops1', ['change', 'show', deployed])
    const client = await counted('http://127.0.0.1:8095/', () => approve(deployed))
    expect(await says(here.host)).toBe('Welcome notes')
    expect(client.lost).toBeGreaterThan(0)
    const { record, lost, awayMs } = await recorded(deployed)
    expect(lost, `${record}\n${JSON.stringify(client)}`).toBe(client.lost)
    asLong(awayMs, client)
    const [least = 0, most = 0] = facts(view)['lostDeploy'] as readonly number[]
    expect(facts(view)['perSecond']).toBe(RATE)
    const card = await must('ops1', ['change', 'show', deployed])
    // N04: the figures are the receipt's own.
    expect(card.replace(/\s+/g, ' ')).toContain(
      `requests without an answer: ${least === most ? most : `${least}–${most}`} in the deploy`,
    )
    within(client.lost, least, most)
    plain = { client: client.lost, record: lost, least, most }
  })

  test('S36: a sick release goes back to the one before: stop, release, dependencies, start, health; its seconds are printed and recorded', async () => {
    // What ran well has become sick.
    await here.host.ok(['touch', `${DATA}/sick`])
    await until('the service to be sick', 20_000, async () => {
      const { stdout } = await here.host.exec([
        'curl',
        '-s',
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        'http://127.0.0.1:9100/health',
      ])
      return stdout === '500' ? true : undefined
    })
    const { id, card } = await goBack()
    expect(card).toMatch(/way back|rehearsed/)
    let said = ''
    const client = await counted('http://127.0.0.1:8095/', async () => {
      said = await approve(id)
    })
    await here.host.ok(['rm', `${DATA}/sick`])
    expect(await says(here.host)).toBe('Hello notes')
    expect(said).toMatch(/\d+(\.\d+)? s/)
    const { record, lost, awayMs } = await recorded(id)
    expect(record).toMatch(/Downtime: .*actual at most [\d.]+ s/)
    expect(lost).toBe(client.lost)
    asLong(awayMs, client)
  })

  test('part of N24: the card says that the release of the way back was started and healthy', async () => {
    const card = await must('ops1', ['change', 'show', deployed])
    expect(card.replace(/\s+/g, ' ')).toContain(
      'the release that the way back names was started in the room and was healthy',
    )
  })

  test('N25: with a socket unit nobody is without an answer, there and back; without one it was the number on the card', async () => {
    expect(plain?.record).toBe(plain?.client)
    within(plain?.client ?? 0, plain?.least ?? 0, plain?.most ?? 0)
    await here.host.put('/etc/systemd/system/notes.socket', SOCKET)
    await here.host.ok([
      'bash',
      '-ec',
      'systemctl stop notes; systemctl daemon-reload; systemctl enable -q --now notes.socket; systemctl start notes',
    ])
    const view = await propose('Good day')
    expect(facts(view)).toMatchObject({ sockets: ['notes.socket'], lostDeploy: [0, 0], lostBack: [0, 0] })
    const there = await counted('http://127.0.0.1:9100/', () => approve(view.id))
    expect(await says(here.host)).toBe('Good day notes')
    expect(there).toMatchObject({ lost: 0, other: 0 })
    expect(there.ok).toBeGreaterThan(100)
    const { id } = await goBack()
    const back = await counted('http://127.0.0.1:9100/', () => approve(id))
    expect(await says(here.host)).toBe('Hello notes')
    expect(back).toMatchObject({ lost: 0, other: 0 })
  })
})

/** The range of the rehearsals, a fifth more to either side. */
function within(lost: number, least: number, most: number): void {
  expect(lost).toBeGreaterThanOrEqual(Math.floor(least * 0.8))
  expect(lost).toBeLessThanOrEqual(Math.ceil(most * 1.2))
}

/** What `at most` may be more than the time of the client: the order of the restart and its line in the journal before, the runner's next look after. */
const BEYOND_MS = 5000

/**
 * The record's *at most* holds against the client's own clock. The client asks once a period: its last answer may be a period older than the stop, and its first one
 * comes as much later as that request took. Where the client itself stood still it saw neither in time. The record is written in tenths of a second.
 */
function asLong(awayMs: number, { longestMs, tookMs, pauseMs }: Counts): void {
  const said = JSON.stringify({ awayMs, longestMs, tookMs, pauseMs })
  expect(awayMs, said).toBeGreaterThanOrEqual(longestMs - 1000 / RATE - tookMs - 2 * pauseMs - 50)
  expect(awayMs, said).toBeLessThanOrEqual(2 * longestMs + BEYOND_MS)
}
