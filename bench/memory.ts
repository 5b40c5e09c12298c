// What gate, store and runner hold in memory while they work: `sekisho up` as it is delivered, and over its HTTP door proposals, trials,
// seals, approvals, executions, `status`, `doctor` and verifications of the ledger, for SEKISHO_MINUTES (30). Prints the PSS of each one's
// process tree before, every minute and at the end. PSS counts a shared page by its share, so the sum is what the machine has less of.
// node bench/memory.ts. As root each part runs as its own account; else all as this user.
import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sha256 } from '../src/base/hash.ts'
import type { ChangeView } from '../src/contract/change.ts'
import { systemClock } from '../src/sys/clock.ts'
import { environment } from '../src/sys/config.ts'
import { run } from '../src/sys/process.ts'
import { bundle } from '../tests/bundle.ts'
import { hear } from '../tests/heard.ts'

const MINUTES = Number(environment['SEKISHO_MINUTES'] ?? 30)
/** Changes in work at once, each on a file of its own, and the rest between two of them: a load that two cores carry beside other work. */
const LANES = 2
const REST_MS = 500
/** Of so many changes one is withdrawn after its trial, and one is rejected. */
const ONE_IN = 5
/** The first so many are an agent's, which may not propose more in an hour; then a person proposes. */
const OF_AGENT = 100
const VERIFY_EVERY_MS = 10_000
const LOOK_EVERY_MS = 1000
const CHECKOUT = fileURLToPath(new URL('..', import.meta.url))
const CLI = join(CHECKOUT, 'bin/sekisho')

await bundle()
const directory = await mkdtemp(join(tmpdir(), 'sekisho-memory-'))
await chmod(directory, 0o755)
const data = join(directory, 'data')
const files = Array.from({ length: LANES }, (_, i) => join(directory, `app${i}.conf`))
for (const one of files) await writeFile(one, 'limit = 10\n', { mode: 0o640 })

/** Says `ok`, so that a change is proven. */
const service = createServer((_, response) => response.end('{"ok":"true"}'))
await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
const probe = `{ url: 'http://127.0.0.1:${(service.address() as AddressInfo).port}/', json: { ok: true }, good: 1, of: 1 }`

const counts = new Map<string, number>()
const did = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1)

const keyOf = (person: string) => join(directory, `${person}.key`)
async function must(argv: readonly string[], input?: string): Promise<string> {
  const done = await run(argv, { timeoutMs: 60_000, ...(input === undefined ? {} : { input }) })
  if (done.code !== 0) throw new Error(`${argv.join(' ')}: ${done.stderr}${done.stdout}`)
  return done.stdout
}
const sign = (person: string, text: string, namespace = 'sekisho') =>
  must(['ssh-keygen', '-Y', 'sign', '-n', namespace, '-f', keyOf(person)], text)

/** The agent signs what it proposes by a key of its own. */
const PEOPLE = ['ops1', 'ops2', 'dev', 'claude']
const keys: string[] = []
for (const person of PEOPLE) {
  await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', person, '-f', keyOf(person)])
  keys.push((await readFile(`${keyOf(person)}.pub`, 'utf8')).trim())
}
await mkdir(join(data, 'etc'), { recursive: true })
await writeFile(
  join(data, 'etc', 'sekisho.yaml'),
  [
    'lang: en',
    'name: memory',
    'services:',
    '  app:',
    '    host: local',
    '    configs:',
    ...files.map((path) => `      - { path: ${path}, kind: file, activation: none, probe: ${probe} }`),
    'people:',
    `  ops1: { name: Hanako, roles: [owner], keys: ['${keys[0]}'] }`,
    `  ops2: { name: Jiro, roles: [approver, operator], keys: ['${keys[1]}'] }`,
    `  dev: { name: Dev, roles: [requester], keys: ['${keys[2]}'] }`,
    'agents:',
    `  claude: { name: Claude Code, model: opus, sponsor: ops1, keys: ['${keys[3]}'] }`,
    '',
  ].join('\n'),
)

const up = hear(
  spawn(
    process.execPath,
    [join(CHECKOUT, 'dist/server.mjs'), 'up', '--data', data, '--port', '0', '--lang', 'en'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  ),
)
const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
try {
  const address = await up.until(
    'the gate',
    () => /gate {4}(http:\/\/127\.0\.0\.1:\d+)/.exec(up.out())?.[1],
    120_000,
  )
  await must([CLI, '--data', data, 'config', 'apply'])
  await load(`${address}/api/v1`)
} finally {
  up.child.kill('SIGTERM')
  await up.ended(120_000)
  service.close()
  await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}
process.exit(0)

type Call = <T>(method: string, path: string, body?: unknown) => Promise<T>

async function load(door: string): Promise<void> {
  const as =
    (token: string | undefined): Call =>
    async <T>(method: string, path: string, body?: unknown) => {
      const answer = await fetch(door + path, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
      did('requests')
      return JSON.parse(text) as T
    }
  const login = async (person: string) => {
    const { challenge } = await as(undefined)<{ challenge: string }>('POST', '/login/start', { person })
    const signature = await sign(person, challenge, 'sekisho-login')
    const { token } = await as(undefined)<{ token: string }>('POST', '/login/finish', {
      challenge,
      signature,
    })
    return as(token)
  }
  const ops1 = await login('ops1')
  const ops2 = await login('ops2')
  const dev = await login('dev')
  const claude = as((await ops1<{ token: string }>('POST', '/agents/token', { agent: 'claude' })).token)

  await print(0)
  const end = performance.now() + MINUTES * 60_000
  const goesOn = () => performance.now() < end && !stop.signal.aborted
  const every = async (milliseconds: number, act: () => Promise<unknown>) => {
    while (goesOn()) {
      // One call that was refused or late does not end half an hour: it is counted, and said.
      await act().catch((error: unknown) => {
        did('failed')
        console.log(String(error).slice(0, 300))
      })
      await systemClock.sleep(milliseconds)
    }
  }
  let made = 0
  await Promise.all([
    ...files.map((path) =>
      every(REST_MS, async () => {
        const number = ++made
        await oneChange({ path, number, author: number <= OF_AGENT ? claude : dev, ops1, ops2 })
      }),
    ),
    every(LOOK_EVERY_MS, async () => {
      await ops1('GET', '/status')
      did('status')
    }),
    every(VERIFY_EVERY_MS, async () => {
      await ops1('GET', '/doctor')
      did('doctor')
      const { sound, why } = await ops1<{ sound: boolean; why?: string }>('POST', '/ledger/verify')
      if (!sound) throw new Error(`the ledger is not sound: ${why}`)
      did('ledger verify')
    }),
    (async () => {
      for (let minute = 1; minute < MINUTES && goesOn(); minute++) {
        await systemClock.sleep(60_000)
        await print(minute)
      }
    })(),
  ])
  await print(MINUTES)
}

interface OneChange {
  readonly path: string
  readonly number: number
  readonly author: Call
  readonly ops1: Call
  readonly ops2: Call
}

/** An agent or a requester proposes and tries; a person waives what cannot be tried here, approves and sees it carried out, or it ends before. */
async function oneChange({ path, number, author, ops1, ops2 }: OneChange): Promise<void> {
  const { id } = await author<ChangeView>('POST', '/changes', {
    pattern: 'config',
    service: 'app',
    instruction: { text: 'アップロードの上限を変えて' },
    impact: 'larger uploads pass',
    risk: 'the disk fills sooner',
    files: [
      { kind: 'write', path, base64: Buffer.from(`limit = ${11 + (number % 1000)}\n`).toString('base64') },
    ],
  })
  did('proposals')
  const tried = await author<ChangeView>('POST', `/changes/${id}/try`)
  for (const { verdict, check } of tried.checks ?? [])
    if (verdict === 'not_tried') await decide(ops2, 'ops2', id, { type: 'waive', check, reason: 'bench' })
  if (number % ONE_IN === 0) {
    await author('POST', `/changes/${id}/withdraw`)
    did('withdrawn')
    return
  }
  const sealed = await author<ChangeView>('POST', `/changes/${id}/seal`)
  await decide(author, sealed.author.id, id, { type: 'author' })
  did('seals')
  const card = await ops1<{ text: string }>('GET', `/changes/${id}/card?language=en`)
  const shown = { shown: sha256(card.text) }
  if (number % ONE_IN === 1) {
    await decide(ops1, 'ops1', id, { type: 'reject', reason: 'bench', ...shown })
    did('rejected')
    return
  }
  await decide(ops1, 'ops1', id, { type: 'approve', ...shown }, card.text)
  did('approvals')
  const ended = await ops1<ChangeView>('GET', `/changes/${id}/wait?state=closed,failed,stuck,void&seconds=55`)
  // On a loaded machine a proof may come too late, or a check be too old: that is an answer too, and counted.
  did(ended.state === 'closed' ? (ended.execution?.outcome ?? 'closed') : reasonOf(ended))
  await ops1('GET', `/changes/${id}/record?language=en`)
}

function reasonOf({ state, moved, execution }: ChangeView): string {
  return `${state} (${moved?.map(({ code }) => code).join(', ') ?? execution?.because?.code ?? 'no reason'})`
}

async function decide(
  call: Call,
  person: string,
  id: string,
  wish: object,
  shownText?: string,
): Promise<void> {
  const { text } = await call<{ text: string }>('POST', `/changes/${id}/statement`, wish)
  const signed = { text, signature: await sign(person, text) }
  await call('POST', `/changes/${id}/decision`, {
    signed,
    ...(shownText === undefined ? {} : { shownText }),
  })
}

/** Each part's first process, and what it started. The database is the store's child, or on its own after it was taken over. */
async function print(minute: number): Promise<void> {
  const held = JSON.parse(await readFile(join(data, 'up.json'), 'utf8')) as { pid: number; runner: number }
  const gate = JSON.parse(await readFile(join(data, 'gate.json'), 'utf8')) as { pid: number }
  const postmaster = Number(
    (await readFile(join(data, 'pg/cluster/postmaster.pid'), 'utf8')).split('\n', 1)[0],
  )
  const children = await childrenOf()
  const tree = (first: number): number[] => [
    first,
    ...(children.get(first) ?? []).flatMap((child) => tree(child)),
  ]
  const named = new Map<string, number[]>([
    ['gate', tree(gate.pid)],
    ['runner', tree(held.runner)],
  ])
  const counted = new Set([...named.values()].flat())
  // What is left below `up` is the store's own process and the database; `up` itself is counted apart.
  const store = [...tree(held.pid), ...tree(postmaster)].filter(
    (pid) => pid !== held.pid && !counted.has(pid),
  )
  named.set('store', [...new Set(store)])
  named.set('up', [held.pid])
  const figures: string[] = []
  for (const [name, pids] of named) {
    const sum = (await Promise.all(pids.map(pssOf))).reduce((all, one) => all + one, 0)
    figures.push(`${name} ${sum.toFixed(0).padStart(4)} MiB (${pids.length})`)
  }
  const done = [...counts].map(([what, count]) => `${what} ${count}`).join(', ')
  console.log(`minute ${String(minute).padStart(2)}  PSS ${figures.join('  ')}   ${done}`)
}

async function childrenOf(): Promise<ReadonlyMap<number, readonly number[]>> {
  const children = new Map<number, number[]>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const line = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    // The name in parentheses may hold anything; the parent is the second field after it.
    const parent = Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[1])
    if (parent > 0) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  return children
}

/** In MiB. A process that has just ended has nothing. */
async function pssOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024
}
